"""Secrets in writes: no value of a request reaches the files of the audit trail."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest

from clusters.api.errors import ApiError
from clusters.gateway.connect import DeniedByRole
from clusters.gateway.hub import hub
from clusters.gateway.secret_reads import SECRETS
from people.audit.rate_limit import RateLimiter
from tests import canary
from tests.audit_trail import AuditTrail, check_for_secrets
from tests.clusters.gateway.conftest import OpenSession
from tests.clusters.gateway.kinds import CONFIGMAPS, build_config_map
from tests.dashboard_server import wait_for

VALUE = "canary-that-passes-the-door"
CODED = base64.b64encode(VALUE.encode()).decode()
BODY = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "door-canary", "annotations": {"note": VALUE}},
    "data": {"password": CODED},
}
MERGE, JSON = "application/merge-patch+json", "application/json-patch+json"


@pytest.fixture(autouse=True)
def reset_rate_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clusters.gateway.denials._rate_limiter", RateLimiter(60.0, 100))
    monkeypatch.setattr("clusters.gateway.secret_reads._rate_limiter", RateLimiter(60.0, 100))


def test_no_secret_is_in_the_bytes_of_the_audit_trail(
    session_at_controlplane: OpenSession, audit_trail: AuditTrail
) -> None:
    canary.plant("the value of the door's Secret", VALUE, is_shown=True)
    dana = session_at_controlplane("dana")
    dana.write(SECRETS.attributes("create", "shop"), body=BODY)
    update, patch, delete = (
        SECRETS.attributes(verb, "shop", "door-canary") for verb in ("update", "patch", "delete")
    )
    dana.write(patch, body={"stringData": {"password": VALUE}}, content_type=MERGE)
    operation = {"op": "replace", "path": "/data/password", "value": CODED}
    dana.write(patch, body=[operation], content_type=JSON)
    with suppress(ApiError):  # refused, in words that may repeat what was sent
        dana.write(update, body={**BODY, "data": {"password": VALUE}})
    with suppress(ApiError):
        dana.write(CONFIGMAPS.attributes("create", "pay"), body=build_config_map("x", password=VALUE))
    assert (
        VALUE in base64.b64decode(dana.reveal("shop", "door-canary", "password")["data"]["password"]).decode()
    )
    feed = dana.object(SECRETS, "shop", "door-canary")
    try:
        wait_for(lambda: audit_trail.list_rows(detail__values="hidden").exists())
    finally:
        hub.release(feed)
    with pytest.raises(DeniedByRole):
        session_at_controlplane("rene").reveal("shop", "door-canary", "password")
    dana.write(delete)
    assert audit_trail.list_rows().count() >= 14, [str(row) for row in audit_trail.list_rows()]
    check_for_secrets("the bytes of the audit trail")
    canary.assert_no_findings()
