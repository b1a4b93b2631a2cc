"""OpenAPI documents: captured for built-in kinds, generated for CustomResourceDefinitions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from simulator.schemas import openapi_protobuf
from simulator.schemas.catalog import Catalog
from simulator.schemas.resources import Object, Resource

META = "io.k8s.apimachinery.pkg.apis.meta.v1"
PREFIX = "#/components/schemas/"
# The kinds whose paths are the pattern for custom ones: everything that a custom one may have.
PATTERN = {
    True: ("apps/v1", "AppsV1", "deployments", "Deployment"),
    False: ("storage.k8s.io/v1", "StorageV1", "volumeattachments", "VolumeAttachment"),
}


class OpenApi:
    """The documents of one cluster, rebuilt after its kinds changed."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._archive = catalog.archive
        self._revision = -1
        self._custom: dict[str, tuple[Any, str]] = {}
        self._v2: tuple[Any, str] | None = None
        self._v2_protobuf = ("", b"")

    def index(self) -> dict[str, Any]:
        """Path -> {serverRelativeURL}."""
        self._renew()
        digests = {path: one["hash"] for path, one in self._archive.openapi_v3["documents"].items()}
        digests |= {path: digest for path, (_, digest) in self._custom.items()}
        return {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={digests[path]}"}
            for path in sorted(digests)
        }

    def digest(self, path: str) -> str | None:
        self._renew()
        if path in self._custom:
            return self._custom[path][1]
        found = self._archive.openapi_v3["documents"].get(path)
        return found["hash"] if found else None

    def document(self, path: str) -> Any:
        """Of a path that has a digest."""
        if path in self._custom:
            return self._custom[path][0]
        body = self._archive.openapi_v3["documents"][path]["body"]
        numbers = (body or {}).get("components", {}).get("schemas")
        if not numbers:
            return body
        variants = self._archive.openapi_v3["schemas"]
        schemas = {name: variants[name][number] for name, number in numbers.items()}
        return body | {"components": body["components"] | {"schemas": schemas}}

    def v2(self) -> tuple[Any, str]:
        """With the definitions of custom kinds; and its ETag."""
        self._renew()
        if self._v2 is None:
            captured = self._archive.openapi_v2
            own: dict[str, Any] = {}
            for one in self._custom_resources():
                own |= msgspec.json.decode(
                    msgspec.json.encode(_schemas(one)).replace(PREFIX.encode(), b"#/definitions/")
                )
            value = captured | {"definitions": captured["definitions"] | own}
            digest = hashlib.sha512("".join([*own, str(self._revision)]).encode()).hexdigest().upper()
            self._v2 = value, f'"{digest}"'
        return self._v2

    def v2_protobuf(self) -> bytes:
        """The same for those who read nothing else."""
        value, etag = self.v2()
        if self._v2_protobuf[0] != etag:
            self._v2_protobuf = etag, openapi_protobuf.encode_openapi(value)
        return self._v2_protobuf[1]

    def _renew(self) -> None:
        if self._revision != self._catalog.revision:
            self._revision = self._catalog.revision
            self._v2 = None
            self._custom = dict(self._custom_documents())

    def _custom_resources(self) -> Iterator[Resource]:
        return (one for one in self._catalog if one.definition is not None)

    def _custom_documents(self) -> Iterator[tuple[str, tuple[Any, str]]]:
        found: dict[str, list[Resource]] = {}
        for one in self._custom_resources():
            found.setdefault(f"apis/{one.api_version}", []).append(one)
        for path, resources in found.items():
            document = self._custom_document(resources)
            digest = hashlib.sha512(msgspec.json.encode(document)).hexdigest().upper()
            yield path, (document, digest)

    def _custom_document(self, resources: list[Resource]) -> Any:
        paths: dict[str, Any] = {}
        schemas: dict[str, Any] = {}
        for one in resources:
            paths |= self._paths(one)
            schemas |= _schemas(one)
        for name, variants in self._archive.openapi_v3["schemas"].items():
            if name.startswith((f"{META}.", "io.k8s.api.autoscaling.v1.Scale")):
                schemas[name] = variants[0]
        info = self._archive.openapi_v3["documents"]["apis/apps/v1"]["body"]["info"]
        ordered = {name: schemas[name] for name in sorted(schemas)}
        head = {"openapi": "3.0.0", "info": info, "paths": {path: paths[path] for path in sorted(paths)}}
        return head | {"components": {"schemas": ordered}}

    def _paths(self, one: Resource) -> dict[str, Any]:
        """Those of the pattern with other names, without what no custom kind has."""
        group, stem, plural, kind = PATTERN[one.is_namespaced]
        body = self._archive.openapi_v3["documents"][f"apis/{group}"]["body"]
        text = json.dumps({path: item for path, item in body["paths"].items() if _is_of(path, plural)})
        own_group, own_version = json.dumps(one.group), json.dumps(one.version)
        old_group, old_version = (json.dumps(part) for part in group.split("/"))
        schema = f"{PREFIX}io.k8s.api.{'apps' if one.is_namespaced else 'storage'}.v1.{kind}"
        for old, new in (
            (f"/apis/{group}/", f"/apis/{one.api_version}/"),
            (
                f'"group": {old_group}, "version": {old_version}',
                f'"group": {own_group}, "version": {own_version}',
            ),
            (schema, f"{PREFIX}{schema_name(one)}"),
            (f"/{plural}", f"/{one.plural}"),
            (f'"kind": "{kind}"', f'"kind": "{one.kind}"'),
            (stem, _camel(one.group, one.version)),
            (kind, one.kind),
            (f'"{group.partition(".")[0].replace("/", "_")}', f'"{_tag(one)}'),
        ):
            text = text.replace(old, new)
        found = json.loads(text)
        included = {path: item for path, item in found.items() if _is_included(path, one)}
        for path, item in included.items():
            if path.endswith("/scale"):
                _name_kind(item, one)
        return {path: _strip_builtin_parts(item) for path, item in included.items()}


def schema_name(one: Resource) -> str:
    """`com.example.v1.Widget`."""
    return ".".join([*reversed(one.group.split(".")), one.version, one.kind])


def custom_schema(one: Resource) -> Object:
    """The schema of a custom kind, with the parts that every object has."""
    schema: Object = dict(
        (one.custom_version.get("schema") or {}).get("openAPIV3Schema") or {"type": "object"}
    )
    metadata = {"allOf": [{"$ref": f"{PREFIX}{META}.ObjectMeta"}]}
    own = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": metadata}
    properties = own | {
        key: value for key, value in (schema.get("properties") or {}).items() if key not in own
    }
    kind = {"group": one.group, "kind": one.kind, "version": one.version}
    return schema | {"properties": properties, "x-kubernetes-group-version-kind": [kind]}


def _schemas(one: Resource) -> dict[str, Any]:
    name = schema_name(one)
    kind = {"group": one.group, "kind": one.list_kind, "version": one.version}
    items = {"type": "array", "items": {"$ref": f"{PREFIX}{name}"}, "description": f"List of {one.plural}."}
    listed = {
        "description": f"{one.list_kind} is a list of {one.kind}",
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "items": items,
            "kind": {"type": "string"},
            "metadata": {"allOf": [{"$ref": f"{PREFIX}{META}.ListMeta"}]},
        },
        "x-kubernetes-group-version-kind": [kind],
    }
    return {name: custom_schema(one), f"{name}List": listed}


def _is_of(path: str, plural: str) -> bool:
    return "/watch/" not in path and plural in path.split("/")


def _name_kind(item: Any, one: Resource) -> None:
    """The scale of a custom kind is called by that kind there."""
    for operation in item.values():
        if isinstance(operation, dict) and "x-kubernetes-group-version-kind" in operation:
            kind = {"group": one.group, "version": one.version, "kind": one.kind}
            operation["x-kubernetes-group-version-kind"] = kind


def _is_included(path: str, one: Resource) -> bool:
    last = path.rpartition("}/")[2] if "{name}/" in path else ""
    return not last or last in one.subresources


def _strip_builtin_parts(item: Any) -> Any:
    """No protobuf, no CBOR, no strategic merge."""
    if isinstance(item, dict):
        return {
            key: _strip_builtin_parts(value)
            for key, value in item.items()
            if "protobuf" not in key and "cbor" not in key and "strategic" not in key
        }
    return [_strip_builtin_parts(one) for one in item] if isinstance(item, list) else item


def _camel(group: str, version: str) -> str:
    return "".join(part.capitalize() for part in group.split(".")) + version.capitalize()


def _tag(one: Resource) -> str:
    first, *rest = one.group.split(".")
    return first + "".join(part.capitalize() for part in rest) + f"_{one.version}"
