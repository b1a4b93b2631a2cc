"""Kind schemas: the part of a cluster's OpenAPI v3 that describes one kind, custom resources included, cached.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3: `/openapi/v3` names a document for each group
version, under an address that carries its hash. The index is fetched with the caller's credential each time, the
document once for each hash and cluster.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from cachetools import LRUCache

from clusters.api.client import Client
from clusters.api.errors import NotFound, NotKubernetes
from clusters.api.memory import MEBIBYTE
from clusters.discovery import Resource

INDEX = "/openapi/v3"
MAX_DOCUMENT = 32 * MEBIBYTE  # bytes of one group version
MAX_SCHEMA = 4 * MEBIBYTE  # bytes of what is handed on for one kind; beyond it without descriptions
MAX_DEFINITIONS = 2000  # schemas of one kind
MAX_CACHED = 64 * MEBIBYTE  # bytes, of all clusters
_SECONDS = 10.0
_REFERENCE = "#/components/schemas/"
_KINDS = "x-kubernetes-group-version-kind"
# What an editor or a reader needs of a schema; all else is left out.
_KEPT = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "required",
    "pattern",
    "minimum",
    "maximum",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
)
_NESTED = ("properties", "items", "additionalProperties")


@dataclass(frozen=True)
class KindSchema:
    """`content` is JSON: `{"root": name, "definitions": {name: schema}}`. A schema has the fields of OpenAPI, and
    `$ref` is the name of a definition."""

    content: bytes


_cache: LRUCache[tuple[object, ...], KindSchema] = LRUCache(
    MAX_CACHED, getsizeof=lambda one: len(one.content)
)
_lock = threading.Lock()


def fetch_schema(client: Client, resource: Resource) -> KindSchema:
    """The schema of a kind. NotFound where the cluster publishes none, ApiError where it does not answer."""
    part = f"apis/{resource.group}/{resource.version}" if resource.group else f"api/{resource.version}"
    location = _find_location(client.get(INDEX, timeout=_SECONDS), part)
    path, _, query = location.partition("?")
    key = (client.connection.cluster, client.connection.server, location, resource.kind)
    with _lock:
        found = _cache.get(key)
    if found is None:
        document = client.request(
            "GET", path, query=parse_qsl(query), timeout=_SECONDS, limit=MAX_DOCUMENT
        ).json()
        found = KindSchema(_build_content(document, resource))
        with _lock:
            if len(found.content) <= _cache.maxsize:
                _cache[key] = found
    return found


def _find_location(index: Any, part: str) -> str:
    """Where the document of a group version is: a path of this API server, whatever it says."""
    try:
        location = index["paths"][part]["serverRelativeURL"]
    except (KeyError, TypeError):
        raise NotFound(f"The cluster publishes no OpenAPI v3 schema for {part}.", status=404) from None
    if not isinstance(location, str) or not location.startswith(f"{INDEX}/"):
        raise NotKubernetes("The OpenAPI v3 index names an address outside of /openapi/v3.")
    return location


def _build_content(document: Any, resource: Resource) -> bytes:
    schemas = document.get("components", {}).get("schemas", {}) if isinstance(document, dict) else {}
    root = _find_root(schemas if isinstance(schemas, dict) else {}, resource)
    if not root:
        raise NotFound(f"The cluster publishes no OpenAPI v3 schema for {resource.kind}.", status=404)
    for kept in (_KEPT, tuple(one for one in _KEPT if one != "description")):
        try:
            content = msgspec.json.encode({"root": root, "definitions": _collect(schemas, root, kept)})
        except RecursionError:
            break
        if len(content) <= MAX_SCHEMA:
            return content
    raise NotFound(f"The OpenAPI v3 schema of {resource.kind} is too large to be shown.", status=404)


def _find_root(schemas: Mapping[str, Any], resource: Resource) -> str:
    wanted = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    for name, schema in schemas.items():
        kinds = schema.get(_KINDS) if isinstance(schema, dict) else None
        if isinstance(kinds, list) and wanted in kinds:
            return name
    return ""


def _collect(schemas: Mapping[str, Any], root: str, kept: tuple[str, ...]) -> dict[str, Any]:
    """Every definition that can be reached from `root`, pruned; bounded, and without recursion over foreign trees."""
    found: dict[str, Any] = {}
    waiting = [root]
    while waiting and len(found) < MAX_DEFINITIONS:
        name = waiting.pop()
        if name in found or not isinstance(schemas.get(name), dict):
            continue
        found[name] = {}
        waiting += _prune(schemas[name], found[name], kept)
    return found


def _prune(source: dict[str, Any], target: dict[str, Any], kept: tuple[str, ...]) -> list[str]:
    """Fill `target` with what is kept of `source`, and return the definitions that it names."""
    named: list[str] = []
    waiting = [(source, target)]
    while waiting:
        one, into = waiting.pop()
        into.update({key: one[key] for key in kept if key in one})
        if reference := _reference_of(one):
            into["$ref"] = reference
            named.append(reference)
        for key, inner, slot in _nested(one):
            place = into.setdefault(key, {}) if slot is not None else into
            child: dict[str, Any] = {}
            place[key if slot is None else slot] = child
            waiting.append((inner, child))
    return named


def _reference_of(schema: dict[str, Any]) -> str:
    """The definition that a schema names: itself, or as the one part of `allOf`, which is how defaults are added."""
    for one in (schema, *(part for part in schema.get("allOf") or () if isinstance(part, dict))):
        reference = one.get("$ref")
        if isinstance(reference, str) and reference.startswith(_REFERENCE):
            return reference.removeprefix(_REFERENCE)
    return ""


def _nested(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """The schemas inside: (field, schema, name of the property)."""
    for key in _NESTED:
        inner = schema.get(key)
        if key == "properties" and isinstance(inner, dict):
            yield from ((key, one, name) for name, one in inner.items() if isinstance(one, dict))
        elif isinstance(inner, dict):
            yield key, inner, None
