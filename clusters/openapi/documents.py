"""OpenAPI documents: where a cluster's schemas are, by group version in OpenAPI v3, or all of them in OpenAPI v2.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3: `/openapi/v3` names a document for each group
version, under an address that carries its hash. A cluster without it has `/openapi/v2`, one document with an ETag.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from cachetools import LRUCache

from clusters.api.client import Client
from clusters.api.errors import NotFound, NotKubernetes
from clusters.api.memory import MEBIBYTE

INDEX = "/openapi/v3"
V2 = "/openapi/v2"
MAX_DOCUMENT = 32 * MEBIBYTE  # bytes of one document
MAX_DOCUMENTS = 2000  # of one cluster
_SECONDS = 10.0
_CLUSTERS = 64
_REFERENCES = ("#/components/schemas/", "#/definitions/")

Definitions = Mapping[str, Any]  # by name; what a server says, so each can be anything


@dataclass(frozen=True)
class DocumentAddress:
    """Where the document of one group version is (`apis/apps/v1`, `api/v1`); of OpenAPI v2 `part` is empty.

    `location` is path and query with a hash, so that a changed document has another one; of OpenAPI v2 it ends with
    the ETag.
    """

    part: str
    location: str


_etags: LRUCache[tuple[object, ...], str] = LRUCache(_CLUSTERS)
_lock = threading.Lock()


def name_part(group: str, version: str) -> str:
    """The name that the index has for a group version."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


def list_documents(client: Client) -> list[DocumentAddress]:
    """The documents of this cluster now, by the caller's own credential; ApiError where it does not answer."""
    try:
        index = client.get(INDEX, timeout=_SECONDS)
    except NotFound:
        return [_find_v2(client)]
    paths = index.get("paths") if isinstance(index, dict) else None
    return [
        DocumentAddress(part, _check_location(entry))
        for part, entry in list(paths.items() if isinstance(paths, dict) else ())[:MAX_DOCUMENTS]
        if isinstance(entry, dict) and "serverRelativeURL" in entry
    ]


def fetch_definitions(client: Client, address: DocumentAddress) -> Definitions:
    """All schemas of a document, by their names."""
    path, _, query = address.location.partition("?")
    if path == V2:
        document = client.request("GET", V2, timeout=_SECONDS, limit=MAX_DOCUMENT).json()
        found = document.get("definitions") if isinstance(document, dict) else None
    else:
        document = client.request(
            "GET", path, query=parse_qsl(query), timeout=_SECONDS, limit=MAX_DOCUMENT
        ).json()
        components = document.get("components") if isinstance(document, dict) else None
        found = components.get("schemas") if isinstance(components, dict) else None
    return found if isinstance(found, dict) else {}


def read_reference(schema: Mapping[str, Any]) -> str:
    """The definition that a schema names: itself, or as the one part of `allOf`, which is how defaults are added."""
    for one in (schema, *(part for part in schema.get("allOf") or () if isinstance(part, dict))):
        reference = one.get("$ref")
        for prefix in _REFERENCES:
            if isinstance(reference, str) and reference.startswith(prefix):
                return reference.removeprefix(prefix)
    return ""


def _find_v2(client: Client) -> DocumentAddress:
    """OpenAPI v2, by its ETag: what is known of it already is only asked about, not sent again."""
    key = (client.connection.cluster, client.connection.server)
    with _lock:
        known = _etags.get(key, "")
    answer = client.request("GET", V2, timeout=_SECONDS, limit=MAX_DOCUMENT, etag=known)
    etag = known if answer.status == 304 else answer.headers.get("etag", "")
    with _lock:
        _etags[key] = etag
    return DocumentAddress("", f"{V2}?{etag}")


def _check_location(entry: Mapping[str, Any]) -> str:
    """A path of this API server, whatever it says."""
    location = entry["serverRelativeURL"]
    if not isinstance(location, str) or not location.startswith(f"{INDEX}/"):
        raise NotKubernetes("The OpenAPI v3 index names an address outside of /openapi/v3.")
    return location
