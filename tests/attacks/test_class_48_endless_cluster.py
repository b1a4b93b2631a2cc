"""An endless cluster: its list is bounded, its page says why it was closed, and nobody else's is closed (class 48)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.clusters.api.faults import FaultServer, Wire
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer

MEBIBYTE = 1024 * 1024
VERBS = ["get", "list", "watch"]
ENDLESS = "/c/endless/shop/configmaps"


class EndlessCluster(FaultServer):
    """An API server that allows everything and has ConfigMaps alone, the list of which has no end."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.pages = 0

    def _answer(self, wire: Wire) -> None:
        path, query = wire.request.target.partition("?")[0], urlsplit(wire.request.target).query
        if path.endswith("/configmaps"):
            self.pages += 1
            respond(wire, build_page(int(parse_qs(query).get("continue", ["0"])[0])))
        else:
            respond_small(wire)


def respond(wire: Wire, body: Any, status: int = 200) -> None:
    wire.respond(status, json.dumps(body).encode())


def respond_small(wire: Wire) -> None:
    """What an API server answers to everything but a list of ConfigMaps."""
    path = wire.request.target.partition("?")[0]
    if path.endswith("/selfsubjectaccessreviews"):
        respond(wire, {"kind": "SelfSubjectAccessReview", "status": {"allowed": True}}, 201)
    elif path in ("/api", "/apis"):
        respond(wire, build_discovery(path))
    elif path == "/version":
        respond(wire, {"gitVersion": "v1.36.0"})
    elif path == "/readyz":
        wire.respond(200, b"ok")
    elif path == "/api/v1/namespaces":
        respond(wire, {"kind": "NamespaceList", "metadata": {}, "items": [{"metadata": {"name": "shop"}}]})
    elif path == "/api/v1/namespaces/shop":
        respond(wire, {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "shop"}})
    else:
        respond(wire, {"kind": "Status", "code": 404, "reason": "NotFound", "message": "no"}, 404)


def build_discovery(path: str) -> dict[str, Any]:
    kind = {"group": "", "version": "v1", "kind": "ConfigMap"}
    resource = {"resource": "configmaps", "responseKind": kind, "scope": "Namespaced", "verbs": VERBS}
    group = {"metadata": {"name": ""}, "versions": [{"version": "v1", "resources": [resource]}]}
    items = [group] if path == "/api" else []
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}


def build_page(number: int) -> dict[str, Any]:
    """Rows with more labels than any object has."""
    columns = [{"name": "Name", "type": "string", "format": "name"}]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "1", "continue": str(number + 1)},
        "columnDefinitions": columns,
        "rows": [build_row(f"map-{number}-{n}") for n in range(20)],
    }


def build_row(name: str) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "1"}
    meta |= {"creationTimestamp": "2026-01-01T00:00:00Z", "labels": {name: "x" * 50_000}}
    return {"cells": [name], "object": {"kind": "x", "metadata": meta}}


@pytest.fixture(scope="module")
def endless_cluster() -> Iterator[EndlessCluster]:
    with EndlessCluster() as server:
        yield server


@pytest.fixture(scope="module")
def dashboard(
    controlplane: ControlPlane,
    endless_cluster: EndlessCluster,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DashboardServer]:
    """With a real cluster, and dana's credential for the endless one; one user can hold 32 MiB."""
    served = DashboardServer(tmp_path_factory.mktemp("endless"), QUARTERDECK_MAX_MEMORY="64").start()
    try:
        served.add_cluster(controlplane)
        served.run_command(
            "dead_cluster", slug="endless", name="dana", server=endless_cluster.url, ca=endless_cluster.ca
        )
        yield served
    finally:
        served.stop()


def open_page(dashboard: DashboardServer, new_page: Callable[..., Page], name: str, path: str) -> Page:
    page = new_page()
    dashboard.sign_in(page.context, name)
    page.goto(dashboard.url + path)
    return page


def test_its_list_is_closed_with_a_notice_and_others_go_on(
    dashboard: DashboardServer, endless_cluster: EndlessCluster, new_page: Callable[..., Page]
) -> None:
    other = open_page(dashboard, new_page, "rene", "/c/harbour/shop/pods")
    expect(other.locator("#live-state [data-state=live]")).to_be_visible(timeout=20_000)
    before = dashboard.read_memory()
    page = open_page(dashboard, new_page, "dana", ENDLESS)
    notice = page.locator("#list-notices .notice")
    expect(notice).to_contain_text("more cluster data than this server allows", timeout=60_000)
    expect(notice).to_contain_text("Narrow it down")
    expect(page.locator("#live-state [data-state=closed]")).to_be_visible()
    assert dashboard.read_memory() - before < 150 * MEBIBYTE
    assert endless_cluster.pages > 3
    requests, began = endless_cluster.pages, time.monotonic()
    expect(other.locator("#live-state [data-state=live]")).to_be_visible()
    assert dashboard.client("rene").get(dashboard.url + "/c/harbour/shop/pods").status_code == 200
    assert endless_cluster.pages == requests, f"it was listed again within {time.monotonic() - began:.1f} s"
