"""Reading client: it refuses every request that needs an audit entry."""

from __future__ import annotations

import ast

import pytest

from clusters.api.errors import Forbidden
from clusters.api.reading_client import REVIEWS, MustBeRecorded, is_audit_exempt
from tests.architecture.architecture_map import ROOT
from tests.architecture.imports import list_imports, list_product_files
from tests.audit_trail import AuditTrail
from tests.clusters.gateway.conftest import OpenSession
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import wait_for

POD = "/api/v1/namespaces/shop/pods/web-0"


RECORDED = [
    ("POST", "/api/v1/namespaces/unsent/configmaps"),
    ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews"),
    ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x"),
    ("POST", "/apis/authentication.k8s.io/v1/tokenreviews"),
    ("POST", "/api/v1/namespaces/unsent/serviceaccounts/default/token"),
    ("PUT", "/api/v1/namespaces/unsent/configmaps/x"),
    ("PATCH", "/api/v1/nodes/unsent"),
    ("DELETE", "/api/v1/namespaces/unsent/pods/web-0"),
    ("CONNECT", "/api/v1/namespaces/unsent/pods/web-0"),
    ("GET", "/api/v1/namespaces/unsent/pods/web-0/exec"),
    ("GET", "/api/v1/namespaces/unsent/pods/web-0/attach"),
    ("GET", "/api/v1/namespaces/unsent/pods/web-0/portforward"),
    ("GET", "/api/v1/namespaces/unsent/pods/web-0/log"),
    ("GET", "/api/v1/namespaces/unsent/pods/web-0/proxy/metrics"),
    ("GET", "/api/v1/namespaces/unsent/services/web:80/proxy/"),
    ("GET", "/api/v1/nodes/unsent/proxy/logs/"),
    ("GET", "/api/v1/namespaces/unsent/secrets/web"),
    ("GET", "/api/v1/namespaces/unsent/secrets"),
    ("GET", "/api/v1/secrets"),
    ("GET", "/api/v1/secrets/"),
    ("GET", "/api/v1/namespaces/unsent/%73ecrets/web"),
    ("GET", "/%61pi/v1/secrets"),
    ("GET", "/api/v1/watch/namespaces/unsent/secrets"),
    ("GET", "/api/v1/namespaces/unsent/pods/web-0/%65xec"),
    ("GET", "/api/v1/namespaces/unsent/pods/web-0/log/"),
]


def test_it_sends_nothing_that_has_to_be_recorded(
    session_at_controlplane: OpenSession,
    controlplane: ControlPlane,
    audit_trail: AuditTrail,
    fresh_rate_limits: None,
) -> None:
    session = session_at_controlplane("ada")
    for method, path in RECORDED:
        with pytest.raises(MustBeRecorded):
            session.client.request(method, path, body={"kind": "x"} if method != "GET" else None)
    with pytest.raises(Forbidden):
        session_at_controlplane("dana").client.get("/api/v1/nodes")
    wait_for(lambda: '"requestURI":"/api/v1/nodes"' in controlplane.audit_log.read_text())
    assert "unsent" not in controlplane.audit_log.read_text()
    # The entry is written here and not after the test, when the database is blocked.
    wait_for(lambda: audit_trail.list_rows(result="denied").count() == 1)


@pytest.mark.parametrize("path", ["/version", POD, "/api/v1/namespaces/shop/pods", "/apis", "/openapi/v3"])
def test_it_reads(path: str) -> None:
    assert is_audit_exempt("GET", path)


def test_it_reviews_its_own_permissions_and_lists_secrets_without_their_values() -> None:
    assert all(is_audit_exempt("POST", path) for path in REVIEWS)
    assert is_audit_exempt(
        "GET", "/api/v1/secrets", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    )
    assert not is_audit_exempt("GET", "/api/v1/secrets", "application/json, application/json;as=Table")


def test_nothing_else_of_the_product_can_send_more_than_reads() -> None:
    """`Client` sends anything: only audited requests and the check of a credential before it is stored use it."""
    users = {
        file
        for file in list_product_files(ROOT)
        for one in list_imports(ROOT, file)
        if one.target == "clusters/api/client.py" and _builds_a_client(file)
    }
    assert users == {"clusters/gateway/audited_requests.py", "clusters/credentials/verification.py"}


def _builds_a_client(file: str) -> bool:
    calls = [node for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.Call)]
    return any(getattr(call.func, "id", "") == "Client" for call in calls)


def test_only_feeds_counts_and_reviews_use_streams() -> None:
    users = {
        file.rpartition("/")[0] or file
        for file in list_product_files(ROOT)
        for one in list_imports(ROOT, file)
        if one.target == "clusters/api/streams.py" and file != "clusters/access/reviews.py"
    }
    assert users <= {
        "clusters/feeds",
        "clusters/gateway",
        "clusters/counting",
        "clusters/tables",
        "clusters/logs",
        "clusters/exec",  # access reviews of what lasts
        "clusters/files",
        "clusters/terminal",
        "dashboard/passthrough",  # access reviews of what lasts
    }
