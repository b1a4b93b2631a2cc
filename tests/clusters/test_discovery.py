"""API discovery: resources by both forms, cached and shared only with users whom the cluster accepted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clusters import discovery
from clusters.api import errors, groups
from clusters.api.client import Client
from clusters.api.connection import Connection, Identity
from clusters.discovery import drop, fetch_catalog, refresh
from tests.clusters.api.calls import connect_as, make_connection
from tests.clusters.api.faults import FaultServer, Wire, respond_with, wait_until
from tests.controlplane.controlplane import ControlPlane

VERBS = ["create", "delete", "get", "list", "watch"]


def build_resource(plural: str, kind: str, **more: Any) -> dict[str, Any]:
    held = {
        "resource": plural,
        "responseKind": {"group": "", "version": "", "kind": kind},
        "scope": "Namespaced",
    }
    return held | {"singularResource": "", "verbs": VERBS} | more


def build_group(name: str, *versions: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": name} if name else {}, "versions": list(versions)}


def build_version(name: str, *resources: dict[str, Any], freshness: str = "Current") -> dict[str, Any]:
    return {"version": name, "resources": list(resources) or None, "freshness": freshness}


POD = build_resource(
    "pods", "Pod", shortNames=["po"], subresources=[{"subresource": "log", "verbs": ["get"]}]
)
CORE = [build_group("", build_version("v1", POD, build_resource("nodes", "Node", scope="Cluster")))]
METRICS = build_group("metrics.k8s.io", build_version("v1beta1", build_resource("pods", "PodMetrics")))
DEAD_METRICS = build_group("metrics.k8s.io", build_version("v1beta1", freshness="Stale"))
WIDGETS = build_group(
    "example.com",
    build_version("v1", build_resource("widgets", "Widget")),
    build_version("v1beta1", build_resource("widgets", "Widget"), build_resource("gears", "Gear")),
)


class DiscoveryServer:
    """A server with aggregated discovery that a test can change, and that knows one bad token."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Any]] = {"/api": CORE, "/apis": [WIDGETS, METRICS]}
        self.gate: threading.Event | None = None
        self.server = FaultServer(self._answer)

    def _answer(self, wire: Wire) -> None:
        if self.gate is not None:
            self.gate.wait(10)
        if wire.request.headers.get("authorization") == "Bearer refused":
            wire.respond(401, b'{"kind":"Status","code":401,"reason":"Unauthorized"}')
            return
        body = json.dumps(
            {"kind": "APIGroupDiscoveryList", "items": self.parts[wire.request.target]}
        ).encode()
        etag = f'"{hash(body)}"'
        if wire.request.headers.get("if-none-match") == etag:
            wire.respond(304, b"", "application/json", f"ETag: {etag}")
        else:
            wire.respond(200, body, "application/json", f"ETag: {etag}")

    def client(self, person: str = "dana", token: str = "good") -> Client:
        return Client(make_connection(self.server, token, person))

    def take_requests(self) -> list[tuple[str, bool]]:
        """What was requested since the last time: the path, and whether it was conditional."""
        found = [(one.target, "if-none-match" in one.headers) for one in self.server.requests]
        self.server.requests.clear()
        return found


@pytest.fixture
def discovery_server() -> Iterator[DiscoveryServer]:
    made = DiscoveryServer()
    with made.server:
        yield made


def test_it_reads_what_is_served(discovery_server: DiscoveryServer) -> None:
    found = fetch_catalog(discovery_server.client())
    pods = found.find("pods")
    assert pods is not None
    assert (pods.kind, pods.group, pods.version, pods.namespaced) == ("Pod", "", "v1", True)
    assert (pods.short_names, pods.subresources, pods.singular) == (("po",), ("log",), "pod")
    assert pods.verbs == frozenset(VERBS)
    assert found.groups() == ("", "example.com", "metrics.k8s.io")
    assert found.stale_groups == ()
    nodes = found.find("nodes")
    assert nodes is not None
    assert (nodes.list_path("shop"), nodes.object_path("shop", "n1")) == (
        "/api/v1/nodes",
        "/api/v1/nodes/n1",
    )
    assert (pods.list_path(), pods.object_path("shop", "web")) == (
        "/api/v1/pods",
        "/api/v1/namespaces/shop/pods/web",
    )


def test_it_names_kinds_by_slug(discovery_server: DiscoveryServer) -> None:
    found = fetch_catalog(discovery_server.client())
    slugs = [one.slug for one in found.resources]
    assert slugs == [
        "pods",
        "nodes",
        "widgets.example.com",
        "widgets.v1beta1.example.com",
        "gears.example.com",
        "pods.metrics.k8s.io",
    ]
    assert all(found.find(one.slug) is one for one in found.resources)
    assert found.find("widgets.v1.example.com") is found.find("widgets.example.com")
    assert found.find("pods.v1") is found.find("pods")
    for unknown in ("", "pod", "widgets", "widgets.v2.example.com", "pods.", ".", "Pods"):
        assert found.find(unknown) is None


def test_it_prefers_the_first_version_that_has_the_kind(discovery_server: DiscoveryServer) -> None:
    found = fetch_catalog(discovery_server.client())
    assert [one.version for one in found.resources if one.preferred and one.group == "example.com"] == [
        "v1",
        "v1beta1",
    ]


def test_it_finds_the_kind_that_an_object_names(discovery_server: DiscoveryServer) -> None:
    found = fetch_catalog(discovery_server.client())
    assert found.kind("v1", "Pod").slug == "pods"
    assert found.kind("", "Pod").slug == "pods"
    assert found.kind("metrics.k8s.io", "PodMetrics").slug == "pods.metrics.k8s.io"
    assert found.kind("example.com/v1beta1", "Widget").slug == "widgets.v1beta1.example.com"
    assert found.kind("example.com", "Widget").slug == "widgets.example.com"
    assert found.kind("example.com/v9", "Widget").slug == "widgets.example.com"
    assert found.kind("apps/v1", "Pod") is None


def test_it_keeps_what_it_knew_of_a_group_that_went_stale(discovery_server: DiscoveryServer) -> None:
    client = discovery_server.client()
    fetch_catalog(client)
    discovery_server.parts["/apis"] = [WIDGETS, DEAD_METRICS]
    drop("faults")
    found = fetch_catalog(client)
    assert found.stale_groups == ("metrics.k8s.io",)
    assert found.find("pods.metrics.k8s.io").stale
    assert not found.find("pods").stale
    drop("faults")
    discovery_server.parts["/apis"] = [WIDGETS, METRICS]
    assert not fetch_catalog(client).find("pods.metrics.k8s.io").stale
    drop("faults")
    discovery_server.parts["/apis"] = [WIDGETS]
    assert fetch_catalog(client).find("pods.metrics.k8s.io") is None


def test_it_asks_again_only_when_it_is_time(
    discovery_server: DiscoveryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = discovery_server.client()
    first = fetch_catalog(client)
    assert discovery_server.take_requests() == [("/api", False), ("/apis", False)]
    assert fetch_catalog(client) is first
    assert discovery_server.take_requests() == []
    monkeypatch.setattr(discovery, "_FRESH_SECONDS", 0.0)
    assert fetch_catalog(client).resources is first.resources
    assert discovery_server.take_requests() == [("/api", True), ("/apis", True)]


def test_it_refreshes_for_a_name_that_is_missing_at_most_every_two_seconds(
    discovery_server: DiscoveryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = discovery_server.client()
    fetch_catalog(client)
    discovery_server.take_requests()
    refresh(client)
    assert discovery_server.take_requests() == []
    monkeypatch.setattr(discovery, "_REFRESH_SECONDS", 0.0)
    discovery_server.parts["/apis"] = [
        WIDGETS,
        METRICS,
        build_group("new.example", build_version("v1", build_resource("news", "News"))),
    ]
    assert refresh(client).find("news.new.example") is not None
    assert discovery_server.take_requests() == [("/api", True), ("/apis", True)]


def test_it_hands_nothing_to_a_credential_that_the_cluster_does_not_accept(
    discovery_server: DiscoveryServer,
) -> None:
    fetch_catalog(discovery_server.client())
    stranger = discovery_server.client("stranger", token="refused")
    for fetch in (fetch_catalog, fetch_catalog, refresh):
        with pytest.raises(errors.Unauthorized):
            fetch(stranger)


def test_it_lets_another_user_authenticate_by_one_small_get(discovery_server: DiscoveryServer) -> None:
    first = fetch_catalog(discovery_server.client())
    discovery_server.take_requests()
    assert fetch_catalog(discovery_server.client("rene")) is first
    assert discovery_server.take_requests() == [("/api", True)]
    assert fetch_catalog(discovery_server.client("rene")) is first
    assert discovery_server.take_requests() == []
    discovery.forget(discovery_server.client("rene").connection.fingerprint)
    assert fetch_catalog(discovery_server.client("rene")) is first
    assert discovery_server.take_requests() == [("/api", True)]


def test_it_learns_from_that_request_as_well(discovery_server: DiscoveryServer) -> None:
    fetch_catalog(discovery_server.client())
    discovery_server.parts["/api"] = [
        build_group("", build_version("v1", POD, build_resource("news", "News")))
    ]
    assert fetch_catalog(discovery_server.client("rene")).find("news") is not None
    assert fetch_catalog(discovery_server.client()).find("news") is not None


def test_one_fetch_serves_all_who_wait(discovery_server: DiscoveryServer) -> None:
    discovery_server.gate = threading.Event()
    with ThreadPoolExecutor(max_workers=6) as threads:
        waiting = [threads.submit(fetch_catalog, discovery_server.client()) for _ in range(6)]
        wait_until(lambda: len(discovery_server.server.requests) == 1)
        discovery_server.gate.set()
        found = [one.result(10) for one in waiting]
    assert len({id(one) for one in found}) == 1
    assert discovery_server.take_requests() == [("/api", False), ("/apis", False)]


def test_it_serves_the_earlier_copy_while_somebody_else_fetches(discovery_server: DiscoveryServer) -> None:
    first = fetch_catalog(discovery_server.client())
    discovery_server.take_requests()
    drop("faults")
    discovery_server.gate = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as threads:
        fetching = threads.submit(fetch_catalog, discovery_server.client())
        wait_until(lambda: len(discovery_server.server.requests) == 1)
        assert fetch_catalog(discovery_server.client()) is first
        discovery_server.gate.set()
        fetching.result(10)


def test_a_drop_during_a_fetch_is_not_lost(discovery_server: DiscoveryServer) -> None:
    discovery_server.gate = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as threads:
        fetching = threads.submit(fetch_catalog, discovery_server.client())
        wait_until(lambda: len(discovery_server.server.requests) == 1)
        drop("faults")
        discovery_server.gate.set()
        fetching.result(10)
    discovery_server.take_requests()
    fetch_catalog(discovery_server.client())
    assert discovery_server.take_requests() == [("/api", True), ("/apis", True)]


def test_it_does_not_share_between_servers_or_other_cas(discovery_server: DiscoveryServer) -> None:
    fetch_catalog(discovery_server.client())
    other = Client(make_connection(discovery_server.server, "good", "dana", system_cas=True))
    discovery_server.take_requests()
    fetch_catalog(other)
    assert discovery_server.take_requests() == [("/api", False), ("/apis", False)]


def test_it_says_that_a_server_without_discovery_is_no_api_server() -> None:
    for body in (b'{"kind":"Pod"}', b"{}", b"[]", b'{"kind":"APIGroupDiscoveryList","items":5}'):
        with FaultServer(respond_with(200, body)) as server, pytest.raises(errors.NotKubernetes):
            fetch_catalog(Client(make_connection(server)))


def respond_without_aggregation(wire: Wire) -> None:
    """Kubernetes before aggregated discovery, with one group whose server is down."""
    answers: dict[str, Any] = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {
            "kind": "APIGroupList",
            "groups": [
                {
                    "name": "example.com",
                    "versions": [
                        {"groupVersion": "example.com/v1beta1", "version": "v1beta1"},
                        {"version": "v1"},
                    ],
                    "preferredVersion": {"groupVersion": "example.com/v1", "version": "v1"},
                },
                {"name": "down.example", "versions": [{"groupVersion": "down.example/v1", "version": "v1"}]},
            ],
        },
        "/api/v1": {
            "kind": "APIResourceList",
            "resources": [
                {"name": "pods", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": VERBS},
                {"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]},
                {"name": "nodes", "namespaced": False, "kind": "Node", "verbs": VERBS, "shortNames": ["no"]},
            ],
        },
        "/apis/example.com/v1": {
            "resources": [{"name": "widgets", "namespaced": True, "kind": "Widget", "verbs": VERBS}]
        },
        "/apis/example.com/v1beta1": {
            "resources": [{"name": "widgets", "namespaced": True, "kind": "Widget"}]
        },
    }
    found = answers.get(wire.request.target)
    wire.respond(200 if found else 503, json.dumps(found).encode() if found else b"service unavailable")


def test_it_reads_the_old_form() -> None:
    with FaultServer(respond_without_aggregation) as server:
        found = fetch_catalog(Client(make_connection(server)))
        assert found.find("pods").subresources == ("log",)
        assert not found.find("nodes").namespaced
        assert found.find("widgets.example.com").version == "v1"
        assert found.find("widgets.v1beta1.example.com") is not None
        assert found.stale_groups == ("down.example",)
        assert fetch_catalog(Client(make_connection(server, person="rene"))).find("pods") is not None


def test_both_forms_of_a_real_server_say_the_same(
    controlplane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(connect_as(controlplane, "stan"))
    new = {path: groups.fetch_part(client, path).served for path in ("/api", "/apis")}
    monkeypatch.setattr(groups, "_AGGREGATED", "application/json")
    for path, served in new.items():
        old = {
            (one.group, one.version): one for one in groups.fetch_part(client, path).served if not one.stale
        }
        for one in served:
            if not one.stale:
                assert sorted(one.entries, key=lambda entry: entry.plural) == sorted(
                    old[one.group, one.version].entries, key=lambda entry: entry.plural
                )


def test_a_real_server_lists_every_kind_that_kubectl_does(controlplane: ControlPlane) -> None:
    found = fetch_catalog(Client(connect_as(controlplane, "stan")))
    listed = set(controlplane.kubectl("api-resources", "-o", "name").split())
    known = {one.slug for one in found.resources if one.preferred and not one.stale}
    assert listed <= known | {f"{group}" for group in found.stale_groups}


def test_a_real_server_refuses_who_is_nobody(controlplane: ControlPlane) -> None:
    accepted = connect_as(controlplane, "stan")
    fetch_catalog(Client(accepted))
    nobody = Connection(accepted.cluster, accepted.server, Identity(token="nobody"), "nobody")
    with pytest.raises(errors.Unauthorized):
        fetch_catalog(Client(nobody))


def test_it_sees_a_new_kind_after_a_drop(controlplane: ControlPlane) -> None:
    client = Client(connect_as(controlplane, "stan"))
    assert fetch_catalog(client).find("sprockets.discovery.example") is None
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "sprockets.discovery.example"},
        "spec": {
            "group": "discovery.example",
            "scope": "Namespaced",
            "names": {"plural": "sprockets", "kind": "Sprocket", "shortNames": ["spr"]},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    controlplane.apply([crd])
    try:
        wait_until(lambda: _fetch_again(client).find("sprockets.discovery.example") is not None, 20)
    finally:
        controlplane.kubectl("delete", "crd", "sprockets.discovery.example")
    wait_until(lambda: _fetch_again(client).find("sprockets.discovery.example") is None, 20)


def _fetch_again(client: Client) -> discovery.Catalog:
    drop(client.connection.cluster)
    return fetch_catalog(client)
