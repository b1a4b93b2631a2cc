"""Schema search: finds fields in a cluster's whole schema, by their path, their kind and their description.

The fields of each document are listed once for each address, and shared by the people of a cluster: the index that
names the addresses is fetched with the credential of whoever searches.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cachetools import LRUCache

from clusters.api.client import Client
from clusters.api.errors import ApiError
from clusters.openapi.documents import (
    Definitions,
    DocumentAddress,
    fetch_definitions,
    list_documents,
    read_reference,
)
from clusters.openapi.fields import SchemaTree
from clusters.openapi.kind_schemas import GROUP_VERSION_KIND

MAX_FIELDS = 100_000  # of one document
MAX_CACHED = 400_000  # of all clusters
MAX_FOUND = 200
SECONDS = 10.0  # for fetching what is not cached; what is missing then is found by the next search


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field of a kind, with its path from the object's root."""

    api_version: str
    kind: str
    path: tuple[str, ...]
    type: str
    description: str


@dataclass(frozen=True)
class SearchResult:
    """The best matches, how many there are of all, and the group versions that were not searched."""

    found: Sequence[SchemaField]
    total: int
    missing: Sequence[str]


_Fields = tuple[SchemaField, ...]
_cache: LRUCache[tuple[object, ...], _Fields] = LRUCache(MAX_CACHED, getsizeof=lambda one: len(one) + 1)
_lock = threading.Lock()


def search_fields(
    client: Client, words: Sequence[str], *, timer: Callable[[], float] = time.monotonic
) -> SearchResult:
    """Fields that have all of the words, in lower case, in their kind and path, else in their description."""
    until = timer() + SECONDS
    documents: list[_Fields] = []
    missing: list[str] = []
    for address in filter(_has_kinds, list_documents(client)):
        fields = _read_document(client, address, may_fetch=timer() < until)
        if fields is None:
            missing.append(address.part)
        else:
            documents.append(fields)
    ranked = sorted(
        ((rank, one) for fields in documents for one in fields if (rank := _rank(one, words)) is not None),
        key=lambda pair: (pair[0], len(pair[1].path), pair[1].kind, pair[1].path),
    )
    return SearchResult([one for _rank_of_it, one in ranked[:MAX_FOUND]], len(ranked), missing)


def _has_kinds(address: DocumentAddress) -> bool:
    """Whether a document is of a group version, or of all: those of `apis` and `version` have no kinds."""
    return not address.part or address.part.startswith("api/") or address.part.count("/") == 2


def _rank(field: SchemaField, words: Sequence[str]) -> int | None:
    """0 for the field's own name, 1 for a part of it, 2 for kind and path, 3 for the description; None for no match."""
    name = field.path[-1].lower()
    place = f"{field.api_version} {field.kind} {'.'.join(field.path)}".lower()
    if all(word in place for word in words):
        if name == words[-1] or place.endswith(words[-1]):
            return 0
        return 1 if any(word in name for word in words) else 2
    description = field.description.lower()
    return 3 if all(word in place or word in description for word in words) else None


def _read_document(client: Client, address: DocumentAddress, *, may_fetch: bool) -> _Fields | None:
    """The fields of a document; None where it does not answer, or there is no time left for it."""
    key = (client.connection.cluster, client.connection.server, address.location)
    with _lock:
        found = _cache.get(key)
    if found is not None or not may_fetch:
        return found
    try:
        definitions = fetch_definitions(client, address)
    except ApiError:
        return None
    found = tuple(islice(_list_fields(definitions), MAX_FIELDS))
    with _lock:
        if len(found) < _cache.maxsize:
            _cache[key] = found
    return found


def _list_fields(definitions: Definitions) -> Iterator[SchemaField]:
    for name, definition in definitions.items():
        kind = _read_kind(definition)
        if kind is None:
            continue
        api_version = "/".join(one for one in (kind["group"], kind["version"]) if one)
        for path, field in SchemaTree(name, definitions, read_reference).list_fields():
            yield SchemaField(api_version, kind["kind"], path, field.type, field.description)


def _read_kind(definition: Any) -> Mapping[str, str] | None:
    """Group, version and kind of what is an object with metadata: no list, and no options of all groups."""
    kinds = definition.get(GROUP_VERSION_KIND) if isinstance(definition, dict) else None
    properties = definition.get("properties") if isinstance(definition, dict) else None
    if not isinstance(kinds, list) or len(kinds) != 1 or not isinstance(properties, dict):
        return None
    kind = kinds[0]
    if not isinstance(kind, dict) or not all(
        isinstance(kind.get(key), str) for key in ("group", "version", "kind")
    ):
        return None
    is_list = kind["kind"].endswith("List") and "items" in properties
    return None if is_list or "metadata" not in properties else kind
