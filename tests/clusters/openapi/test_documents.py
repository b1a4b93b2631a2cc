"""OpenAPI documents: v2 where v3 is not served, and a search that is bounded whatever a server says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest

from clusters.api.client import Client
from clusters.api.errors import ApiError
from clusters.discovery import fetch_catalog
from clusters.openapi.documents import read_reference
from clusters.openapi.fields import MAX_DEPTH, SchemaTree
from clusters.openapi.kind_schemas import fetch_schema
from clusters.openapi.search import search_fields
from tests.attacks.recorder import Recorder
from tests.clusters.api.calls import make_connection
from tests.clusters.api.faults import FaultServer, Wire
from tests.controlplane.controlplane import ControlPlane


class WithoutV3(Recorder):
    """An API server before OpenAPI v3 (Kubernetes 1.22 and older): everything else is the real one's."""

    def _forward(self, wire: Wire) -> None:
        if wire.request.target.startswith("/openapi/v3"):
            wire.respond(404, b"404 page not found", "text/plain")
        else:
            super()._forward(wire)


@pytest.fixture(scope="module")
def old_server(controlplane: ControlPlane) -> Iterator[WithoutV3]:
    with WithoutV3(controlplane) as server:
        yield server


def connect(server: FaultServer, plane: ControlPlane) -> Client:
    return Client(make_connection(server, token=plane.token("dana")))


def test_without_v3_a_kind_is_read_from_v2_once_for_each_etag(
    old_server: WithoutV3, controlplane: ControlPlane
) -> None:
    client = connect(old_server, controlplane)
    deployment = fetch_catalog(client).kind("apps/v1", "Deployment")
    widget = fetch_catalog(client).kind("example.com/v1", "Widget")
    assert deployment is not None
    assert widget is not None
    with old_server.record() as seen:
        for resource in (deployment, deployment, widget):
            schema = msgspec.json.decode(fetch_schema(client, resource).content)
            tree = SchemaTree(schema["root"], schema["definitions"], lambda one: str(one.get("$ref") or ""))
            assert tree.explain(["spec"]).fields
    containers = SchemaTree(
        "io.k8s.api.apps.v1.Deployment",
        msgspec.json.decode(fetch_schema(client, deployment).content)["definitions"],
        lambda one: str(one.get("$ref") or ""),
    ).explain(["spec", "template", "spec", "containers"])
    assert containers.field.type == "[]Container"
    v2 = [one for one in seen.requests if one.target == "/openapi/v2"]
    assert v2
    conditional = [one for one in v2 if one.headers.get("if-none-match")]
    assert len(conditional) >= 2


def test_without_v3_the_whole_schema_is_searched_in_v2(
    old_server: WithoutV3, controlplane: ControlPlane
) -> None:
    client = connect(old_server, controlplane)
    result = search_fields(client, ["deployment", "livenessprobe"])
    assert not result.missing
    assert ("spec", "template", "spec", "containers", "livenessProbe") in [one.path for one in result.found]
    assert any(one.kind == "Widget" for one in search_fields(client, ["example.com"]).found)


def test_a_search_says_what_it_had_no_time_for(controlplane: ControlPlane) -> None:
    clock = iter([0.0, 5.0, *[100.0] * 1000])
    with Recorder(controlplane) as server:  # whose documents nobody has read
        client = connect(server, controlplane)
        cut = search_fields(client, ["namespace"], timer=lambda: next(clock))
        assert len(cut.missing) > 10
        assert not search_fields(client, ["namespace"]).missing


def test_circles_and_nonsense_end() -> None:
    kinds = [{"group": "example.com", "version": "v1", "kind": "Widget"}]
    reference = "#/components/schemas/W"
    nested: dict[str, object] = {"type": "string"}
    for _level in range(200):
        nested = {"properties": {"x": nested}}
    definitions = {
        "W": {
            "x-kubernetes-group-version-kind": kinds,
            "properties": {
                "metadata": {"type": "object"},
                "self": {"$ref": reference},
                "list": {"type": "array", "items": {"$ref": reference}},
                "map": {"additionalProperties": {"allOf": [{"$ref": reference}]}},
                "loop": {"$ref": "#/components/schemas/A"},
                "wrong": 7,
                "odd": {"type": ["x"], "description": 7, "required": "no", "properties": [], "enum": [{}]},
                "deep": nested,
            },
        },
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/A"},
    }
    index = {
        "paths": {"apis/example.com/v1": {"serverRelativeURL": "/openapi/v3/apis/example.com/v1?hash=1"}}
    }

    def respond(wire: Wire) -> None:
        body = index if wire.request.target == "/openapi/v3" else {"components": {"schemas": definitions}}
        wire.respond(200, json.dumps(body).encode())

    with FaultServer(respond) as server:
        found = search_fields(Client(make_connection(server)), ["widget"]).found
    paths = {one.path for one in found}
    assert {("self",), ("list",), ("map",), ("loop",), ("odd",)} <= paths
    assert ("wrong",) not in paths
    assert max(len(path) for path in paths) <= MAX_DEPTH + 1
    tree = SchemaTree("W", definitions, read_reference)
    assert [one.name for one in tree.explain(["self", "self", "list"]).fields] == sorted(
        name for name in definitions["W"]["properties"] if name != "wrong"
    )
    with pytest.raises(ApiError):
        tree.explain(["wrong"])
