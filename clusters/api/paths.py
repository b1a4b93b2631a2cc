"""API paths and URLs: builds, encodes and checks them, so that no name can escape its segment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote, urlencode

from clusters.api.connection import Server
from clusters.api.errors import BadRequest
from clusters.api.resource_attributes import ResourceAttributes

DNS_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"  # RFC 1123, as names of namespaces are
_DNS_LABEL = re.compile(DNS_LABEL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")


def is_dns_label(text: str) -> bool:
    """Whether the text is an RFC 1123 label of at most 63 characters, as names of namespaces and clusters are."""
    return _DNS_LABEL.fullmatch(text) is not None


def resource_path(attributes: ResourceAttributes) -> str:
    """The path that a request with these attributes goes to: of a collection, an object or a subresource.

    The name of what `create` makes is in its body, and that of a list in its selector: their path is the collection's.
    BadRequest for a segment that is none, and where the attributes fit no path: a verb for one object without a
    name would reach the whole collection, and so would `deletecollection` with one.
    """
    _check_name(attributes)
    parts = ["apis", attributes.group] if attributes.group else ["api"]
    parts.append(attributes.version)
    if attributes.namespace and not attributes.is_of_namespaces:
        parts += ["namespaces", attributes.namespace]
    parts.append(attributes.resource)
    if not attributes.is_of_collection:
        parts.append(attributes.name)
    if attributes.subresource:
        parts.append(attributes.subresource)
    return "/" + "/".join(_segment(part) for part in parts)


def _check_name(attributes: ResourceAttributes) -> None:
    if attributes.is_of_collection and attributes.subresource:
        raise BadRequest(f"A subresource belongs to one object, and “{attributes.verb}” is about many.")
    if not attributes.is_of_collection and not attributes.name:
        raise BadRequest(f"“{attributes.verb}” needs the name of an object, and none was given.")
    if attributes.verb == "deletecollection" and attributes.name:
        raise BadRequest("“deletecollection” deletes all objects: use “delete” for one with a name.")


def url(server: Server, path: str, query: Sequence[tuple[str, str]] = ()) -> str:
    """The whole URL, encoded: send exactly this. A raw `;` in a query would drop its pair silently."""
    pairs = urlencode(list(query), quote_via=quote, safe="")
    return server.url.rstrip("/") + checked_path(path) + (f"?{pairs}" if pairs else "")


def checked_path(path: str) -> str:
    """`path` itself, where it is absolute, encoded and canonical; BadRequest otherwise.

    Clients and servers disagree about dot segments, encoded or not, and double slashes: none is ever sent.
    """
    if not _PATH.fullmatch(path):
        raise BadRequest("The path contains characters that have to be encoded, or does not start with “/”.")
    for segment in path[1:].rstrip("/").split("/") if path.strip("/") else []:
        _unfold(segment)
    if path.startswith("//") or path.endswith("//"):
        raise BadRequest("The path contains an empty segment.")
    return path


def _segment(text: str) -> str:
    """`text` quoted, where Kubernetes takes it for a name in a path (IsValidPathSegmentName)."""
    if text in ("", ".", "..") or "/" in text or "%" in text or "\\" in text or _CONTROL.search(text):
        raise BadRequest(f"“{_CONTROL.sub('?', text)[:80]}” cannot be part of a path.")
    return quote(text, safe=":@~")


def _unfold(segment: str) -> None:
    try:
        plain = unquote(segment, errors="strict")
    except UnicodeDecodeError as broken:
        raise BadRequest("The path is not UTF-8.") from broken
    if plain in ("", ".", "..") or "/" in plain or "%" in plain or "\\" in plain or _CONTROL.search(plain):
        raise BadRequest("The path contains an empty, dot or doubly encoded segment.")
