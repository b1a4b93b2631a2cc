"""Kind schemas: pruned from a real cluster's OpenAPI v3, cached for each hash, bounded against a hostile one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from clusters.api.client import Client
from clusters.api.errors import NotFound, NotKubernetes
from clusters.discovery import Resource, fetch_catalog
from clusters.openapi import kind_schemas as schemas
from clusters.openapi.kind_schemas import MAX_DEFINITIONS, MAX_SCHEMA, fetch_schema
from tests.clusters.api.calls import connect_as, make_connection
from tests.clusters.api.faults import FaultServer, Wire
from tests.controlplane.controlplane import ControlPlane

WIDGETS = Resource("example.com", "v1", "widgets", "Widget", True, frozenset({"list"}))
LOCATION = "/openapi/v3/apis/example.com/v1?hash=AB%2F1"
NAME = "com.example.v1.Widget"


def build_index(location: Any = LOCATION) -> dict[str, Any]:
    return {"paths": {"apis/example.com/v1": {"serverRelativeURL": location}}}


def build_document(**properties: Any) -> dict[str, Any]:
    kinds = [{"group": "example.com", "version": "v1", "kind": "Widget"}]
    root = {"type": "object", "x-kubernetes-group-version-kind": kinds, "properties": properties}
    return {"components": {"schemas": {NAME: root}}}


class SchemaServer:
    """A server with an index and one document, both of the test's making; counts what is fetched."""

    def __init__(self, document: Any, index: Any = None) -> None:
        self.document, self.index = document, index or build_index()
        self.fetched: list[str] = []

    def __call__(self, wire: Wire) -> None:
        path = wire.request.target
        self.fetched.append(path)
        wire.respond(200, json.dumps(self.index if path == "/openapi/v3" else self.document).encode())


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Client, SchemaServer]]]:
    running: list[FaultServer] = []

    def start(document: Any, index: Any = None) -> tuple[Client, SchemaServer]:
        server = SchemaServer(document, index)
        running.append(FaultServer(server))
        running[-1].__enter__()
        return Client(make_connection(running[-1])), server

    yield start
    for one in running:
        one.__exit__()


def read(client: Client, resource: Resource = WIDGETS) -> Any:
    return msgspec.json.decode(fetch_schema(client, resource).content)


def follow(schema: Any, *path: str) -> Any:
    node = schema["definitions"][schema["root"]]
    for name in path:
        node = node["items"] if name == "[]" else node["properties"][name]
        while "$ref" in node:
            node = {**schema["definitions"][node["$ref"]], **{k: v for k, v in node.items() if k != "$ref"}}
    return node


def test_a_built_in_kind_is_described_down_to_its_leaves(controlplane: ControlPlane) -> None:
    client = Client(connect_as(controlplane, "dana"))
    deployment = fetch_catalog(client).kind("apps/v1", "Deployment")
    assert deployment is not None
    schema = read(client, deployment)
    port = follow(schema, "spec", "template", "spec", "containers", "[]", "ports", "[]", "containerPort")
    assert (port["type"], port["format"]) == ("integer", "int32")
    assert "Number of port to expose" in port["description"]
    assert set(follow(schema, "spec")["required"]) == {"selector", "template"}
    assert follow(schema, "spec", "template", "spec", "containers", "[]", "resources")["type"] == "object"
    assert "com.example" not in schema["root"]


def test_a_custom_resource_has_its_schema_too(controlplane: ControlPlane) -> None:
    client = Client(connect_as(controlplane, "ada"))
    custom = [
        one
        for one in fetch_catalog(client).resources
        if one.group and not one.group.endswith("k8s.io") and "." in one.group
    ]
    assert custom
    for resource in custom:
        schema = read(client, resource)
        assert "apiVersion" in follow(schema)["properties"], resource
        assert follow(schema, "metadata")["properties"]["labels"]["additionalProperties"]["type"] == "string"


def test_the_document_is_fetched_once_for_a_hash(serve: Callable[..., tuple[Client, SchemaServer]]) -> None:
    client, server = serve(build_document(size={"type": "integer"}))
    for _time in range(3):
        assert follow(read(client), "size") == {"type": "integer"}
    assert server.fetched.count("/openapi/v3") == 3
    assert server.fetched.count(LOCATION) == 1
    server.index = build_index("/openapi/v3/apis/example.com/v1?hash=2")
    server.document = build_document(size={"type": "string"})
    assert follow(read(client), "size") == {"type": "string"}


def test_what_another_cluster_says_of_the_same_hash_is_not_believed(
    serve: Callable[..., tuple[Client, SchemaServer]],
) -> None:
    first, _ = serve(build_document(size={"type": "integer"}))
    second, _ = serve(build_document(size={"type": "string"}))
    assert follow(read(first), "size") == {"type": "integer"}
    assert follow(read(second), "size") == {"type": "string"}


@pytest.mark.parametrize("location", ["https://elsewhere/openapi/v3/x", "/api/v1/secrets", 7, None])
def test_an_index_that_points_elsewhere_is_not_followed(
    serve: Callable[..., tuple[Client, SchemaServer]], location: Any
) -> None:
    client, server = serve(build_document(), build_index(location))
    with pytest.raises(NotKubernetes):
        read(client)
    assert server.fetched == ["/openapi/v3"]


@pytest.mark.parametrize(
    ("document", "index"),
    [
        (build_document(), {"paths": {}}),
        (build_document(), {"paths": 7}),
        ([], None),
        ({"components": {"schemas": []}}, None),
        ({"components": {"schemas": {NAME: 7}}}, None),
        ({"components": {"schemas": {NAME: {"x-kubernetes-group-version-kind": "Widget"}}}}, None),
    ],
)
def test_a_cluster_without_the_schema_says_so(
    serve: Callable[..., tuple[Client, SchemaServer]], document: Any, index: Any
) -> None:
    client, _ = serve(document, index)
    with pytest.raises(NotFound):
        read(client)


def test_circles_depth_and_size_are_bounded(serve: Callable[..., tuple[Client, SchemaServer]]) -> None:
    document = build_document(first={"$ref": f"#/components/schemas/{NAME}"})
    many = {
        f"n{number}": {"properties": {"next": {"$ref": f"#/components/schemas/n{number + 1}"}}}
        for number in range(MAX_DEFINITIONS + 50)
    }
    document["components"]["schemas"] |= many
    document["components"]["schemas"][NAME]["properties"]["many"] = {"$ref": "#/components/schemas/n0"}
    client, _ = serve(document)
    assert len(read(client)["definitions"]) == MAX_DEFINITIONS

    described = {f"f{number}": {"type": "string", "description": "x" * 1000} for number in range(5000)}
    client, _ = serve(build_document(**described))
    assert "description" not in follow(read(client), "f7")

    client, _ = serve(build_document(big={"type": "string", "default": "x" * MAX_SCHEMA}))
    with pytest.raises(NotFound, match="too large"):
        read(client)


def test_what_is_kept_is_bounded_by_bytes(serve: Callable[..., tuple[Client, SchemaServer]]) -> None:
    client, _ = serve(build_document(size={"type": "integer"}))
    read(client)
    assert 0 < schemas._cache.currsize <= schemas.MAX_CACHED
