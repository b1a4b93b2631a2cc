"""Explore pages over a real control plane: API groups, explain with its search, raw GET, deprecated versions in use."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for
from tests.passthrough.conftest import run_kubectl

EXPLAINED = (
    "deployments.spec",
    "deployments.spec.template.spec.containers",
    "pods.spec.containers.livenessProbe.httpGet",
    "services.spec.ports",
    "widgets.spec",
    "networkpolicies.spec.ingress.from",
    "customresourcedefinitions.spec.versions.schema",
)
_KUBECTL_FIELD = re.compile(r"^  ([A-Za-z$_][A-Za-z0-9$_]*)\t<([^>]*)>( -required-)?", re.MULTILINE)
_OUR_FIELD = re.compile(
    r'<li><a href="[^"]+">([^<]+)</a> <code class="hint">&lt;([^<]*)&gt;</code>( <span class="badge">)?'
)


def open_page(served: DashboardServer, name: str, path: str) -> requests.Response:
    return served.client(name).get(f"{served.url}/c/harbour/{path}")


def read_text(page: requests.Response) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page.text))


def get_raw(served: DashboardServer, name: str, path: str) -> requests.Response:
    return open_page(served, name, f"_raw?path={quote(path, safe='')}")


def list_rows(page: requests.Response) -> dict[str, str]:
    """The text of each row of the last table, by its link."""
    rows = {}
    for row in page.text.rpartition("<tbody>")[2].split("</tr>")[:-1]:
        href = re.search(r'href="([^"]+)"', row)
        if href:
            rows[href[1]] = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", row))).strip()
    return rows


def test_groups_have_versions_stability_and_who_serves_them(dashboard_server: DashboardServer) -> None:
    rows = list_rows(open_page(dashboard_server, "ada", "_api"))
    assert rows["/c/harbour/_api/core/v1"].startswith("core v1 Preferred Stable")
    assert "API server Available" in rows["/c/harbour/_api/apps/v1"]
    assert "Alpha" in rows["/c/harbour/_api/example.com/v1alpha1"]
    assert "Preferred" not in rows["/c/harbour/_api/example.com/v1alpha1"]
    denied = open_page(dashboard_server, "dana", "_api")  # who may not list APIServices
    assert "the APIServices could not be read" in denied.text
    assert "/c/harbour/_api/apps/v1" in list_rows(denied)


def test_a_version_says_of_its_resources_what_discovery_says(
    dashboard_server: DashboardServer, controlplane: ControlPlane
) -> None:
    page = open_page(dashboard_server, "dana", "_api/apps/v1")
    assert page.status_code == 200
    rows = [
        re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", row))).strip()
        for row in page.text.rpartition("<tbody>")[2].split("</tr>")[:-1]
    ]
    printed = controlplane.kubectl("api-resources", "--api-group=apps", "--no-headers", "-o", "wide")
    assert len(rows) == len(printed.splitlines()) > 3
    (deployments,) = [row for row in rows if row.startswith("deployments ")]
    assert deployments == (
        "deployments Deployment deploy Namespaced create, delete, deletecollection, get, list, patch, update, watch"
        " scale, status all"
    )
    assert open_page(dashboard_server, "dana", "_api/apps/v9").status_code == 404


@pytest.mark.parametrize("field", EXPLAINED)
def test_explain_has_the_fields_that_kubectl_has(
    dashboard_server: DashboardServer, controlplane: ControlPlane, field: str
) -> None:
    plural, _, path = field.partition(".")
    group = {
        "deployments": ".apps",
        "widgets": ".example.com",
        "networkpolicies": ".networking.k8s.io",
        "customresourcedefinitions": ".apiextensions.k8s.io",
    }.get(plural, "")
    page = open_page(dashboard_server, "dana", f"_explain/{plural}{group}?field={path}")
    ours = [
        (html.unescape(name), html.unescape(kind), bool(required))
        for name, kind, required in _OUR_FIELD.findall(page.text)
    ]
    explained = run_kubectl(controlplane, controlplane.kubeconfig("dana"), "explain", field).stdout
    theirs = [(name, kind, bool(required)) for name, kind, required in _KUBECTL_FIELD.findall(explained)]
    assert theirs
    assert sorted(ours) == sorted(theirs)


def test_explain_says_where_a_path_ends(dashboard_server: DashboardServer) -> None:
    page = open_page(dashboard_server, "dana", "_explain/deployments.apps?field=spec.nothing.there")
    assert page.status_code == 404
    assert "There is no field “nothing” in spec." in page.text
    leaf = open_page(dashboard_server, "dana", "_explain/deployments.apps?field=spec.replicas")
    assert "&lt;integer&gt;" in leaf.text
    assert "Number of desired pods" in leaf.text
    assert open_page(dashboard_server, "dana", "_explain/nothing").status_code == 404


def test_the_whole_schema_is_searched(dashboard_server: DashboardServer) -> None:
    def search(words: str) -> str:
        return open_page(dashboard_server, "dana", f"_explain?q={quote(words)}").text

    probe = search("deployment livenessprobe")
    assert "_explain/deployments.apps?field=spec.template.spec.containers.livenessProbe" in probe
    widgets = "/c/harbour/_explain/widgets.example.com?field=spec."
    wait_for(lambda: widgets in search("example.com spec"), message="no schema of it was fetched in time")
    by_description = search("reclaim policy released claim")
    assert "persistentVolumeReclaimPolicy" in by_description
    assert "No fields match." in search("there-is-no-such-word")
    hostile = search("<script>alert(1)</script>")
    assert "<script>alert" not in hostile
    assert "&lt;script&gt;alert(1)" in hostile


def test_a_raw_get_has_status_headers_and_body(dashboard_server: DashboardServer) -> None:
    page = get_raw(dashboard_server, "dana", "/api/v1/namespaces/shop/pods?limit=1")
    text = read_text(page)
    assert "HTTP 200" in text
    assert "audit-id" in text
    assert "application/json" in text
    assert '"kind": "PodList"' in text
    assert "[+]ping ok" in read_text(get_raw(dashboard_server, "dana", "/readyz?verbose"))
    refused = get_raw(dashboard_server, "dana", "/api/v1/nodes")
    assert "HTTP 403" in refused.text
    assert "cannot list resource" in read_text(refused)


def list_entries(served: DashboardServer, name: str) -> list[dict[str, Any]]:
    return [one for one in served.run_command("entries") if one["person"] == name]


def test_a_raw_get_masks_secrets_and_leaves_a_row(
    dashboard_server: DashboardServer, controlplane: ControlPlane
) -> None:
    data = controlplane.kubectl("get", "secrets", "-n", "shop", "-o", "jsonpath={.items[*].data}")
    values = [one for one in re.findall(r'":"([^"]+)"', data) if len(one) > 6]
    assert values
    for name in ("dana", "rene"):
        page = get_raw(dashboard_server, name, "/api/v1/namespaces/shop/secrets")
        text = read_text(page)
        if "HTTP 200" in text:
            assert "‹hidden:" in text
            assert not [one for one in values if one in text]
        else:
            assert name == "rene"
    audit = dashboard_server.client("dana").get(f"{dashboard_server.url}/people/audit/").text
    assert "secrets" in audit


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/shop/pods/web/exec?command=id",
        "/api/v1/namespaces/shop/services/web/proxy/",
        "/api/v1/nodes/node-1/proxy/pods",
        "/api/v1/proxy/namespaces/shop/services/web",
        "/logs/kube-apiserver.log",
        "/debug/pprof/",
        "/api/v1/namespaces/shop/pods?watch=1",
        "/api/v1/namespaces/shop/pods?watch=yes",
        "/api/v1/watch/namespaces/shop/secrets",
        "/api/v1/namespaces/shop/pods/web/log?follow=true",
        "/api/v1/namespaces/pay/../shop/secrets",
        "/api/v1/namespaces/%2e%2e/secrets",
        "/api/v1/namespaces/shop%2fsecrets",
        "/api//v1/secrets",
        "https://evil.example/",
        "//evil.example/",
        "/api/v1/näme",
        "/api/v1/<script>alert(1)</script>",
        "/version#x",
    ],
)
def test_a_raw_get_that_is_not_only_a_read_is_not_sent(dashboard_server: DashboardServer, path: str) -> None:
    for name in ("ada", "dana"):
        page = get_raw(dashboard_server, name, path)
        assert page.status_code == 422
        assert "HTTP 2" not in page.text
        assert 'id="path-problem"' in page.text
        assert "<script>alert" not in page.text


def test_deprecated_versions_in_use_are_listed_with_who_calls_them(dashboard_server: DashboardServer) -> None:
    get_raw(dashboard_server, "dana", "/apis/example.com/v1alpha1/namespaces/shop/widgets")
    for name, sees in (("dana", True), ("ada", True), ("aude", True), ("rita", False)):
        page = open_page(dashboard_server, name, "_api")
        assert page.status_code == 200
        assert ("example.com/v1alpha1 Widget is deprecated; use example.com/v1" in page.text) == sees, name
    assert "widgets.v1alpha1.example.com" in open_page(dashboard_server, "dana", "_api").text
