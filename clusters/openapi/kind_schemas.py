"""Kind schemas: the part of a cluster's OpenAPI that describes one kind, custom resources included, cached.

The index of `clusters.openapi.documents` is fetched with the caller's credential each time, the document once for each
address and cluster.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from cachetools import LRUCache

from clusters.api.client import Client
from clusters.api.errors import NotFound
from clusters.api.memory import MEBIBYTE
from clusters.discovery import Resource
from clusters.openapi.documents import (
    Definitions,
    DocumentAddress,
    fetch_definitions,
    list_documents,
    name_part,
    read_reference,
)

MAX_SCHEMA = 4 * MEBIBYTE  # bytes of what is handed on for one kind; beyond it without descriptions
MAX_DEFINITIONS = 2000  # schemas of one kind
MAX_CACHED = 64 * MEBIBYTE  # bytes, of all clusters
GROUP_VERSION_KIND = "x-kubernetes-group-version-kind"
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
    address = _find_address(list_documents(client), name_part(resource.group, resource.version))
    key = (
        client.connection.cluster,
        client.connection.server,
        address.location,
        resource.api_version,
        resource.kind,
    )
    with _lock:
        found = _cache.get(key)
    if found is None:
        found = KindSchema(_build_content(fetch_definitions(client, address), resource))
        with _lock:
            if len(found.content) <= _cache.maxsize:
                _cache[key] = found
    return found


def _find_address(addresses: list[DocumentAddress], part: str) -> DocumentAddress:
    """The document of a group version; OpenAPI v2 has all in one."""
    found = next((one for one in addresses if one.part in (part, "")), None)
    if found is None:
        raise NotFound(f"The cluster publishes no OpenAPI v3 schema for {part}.", status=404)
    return found


def _build_content(schemas: Definitions, resource: Resource) -> bytes:
    root = _find_root(schemas, resource)
    if not root:
        raise NotFound(f"The cluster publishes no OpenAPI schema for {resource.kind}.", status=404)
    for kept in (_KEPT, tuple(one for one in _KEPT if one != "description")):
        try:
            content = msgspec.json.encode({"root": root, "definitions": _collect(schemas, root, kept)})
        except RecursionError:
            break
        if len(content) <= MAX_SCHEMA:
            return content
    raise NotFound(f"The OpenAPI schema of {resource.kind} is too large to be shown.", status=404)


def _find_root(schemas: Mapping[str, Any], resource: Resource) -> str:
    wanted = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    for name, schema in schemas.items():
        kinds = schema.get(GROUP_VERSION_KIND) if isinstance(schema, dict) else None
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
        if reference := read_reference(one):
            into["$ref"] = reference
            named.append(reference)
        for key, inner, slot in _nested(one):
            place = into.setdefault(key, {}) if slot is not None else into
            child: dict[str, Any] = {}
            place[key if slot is None else slot] = child
            waiting.append((inner, child))
    return named


def _nested(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """The schemas inside: (field, schema, name of the property)."""
    for key in _NESTED:
        inner = schema.get(key)
        if key == "properties" and isinstance(inner, dict):
            yield from ((key, one, name) for name, one in inner.items() if isinstance(one, dict))
        elif isinstance(inner, dict):
            yield key, inner, None
