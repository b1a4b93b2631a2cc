"""Request info: verb, resource, namespace and name of an API request, read from its path.

https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/request/requestinfo.go
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_RESOURCE = re.compile(r"/(?:api/(?P<core>[^/]+)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))/(?P<rest>.+)")
_BY_NAME = re.compile(r"(?:^|,)metadata\.name==?([^,]+)(?:,|$)")
_OF_NAMESPACES = frozenset({"status", "finalize"})  # what follows a namespace's own name and is no resource


@dataclass(frozen=True)
class RequestInfo:
    """What is authorized. A path that is no resource's has its path as `name` and nothing else."""

    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


def parse_request_info(method: str, path: str, query: Sequence[tuple[str, str]] = ()) -> RequestInfo:
    """The attributes of one request; `path` is encoded, as it is sent."""
    found = _RESOURCE.fullmatch(path)
    if found is None:
        return RequestInfo(method.lower(), name=unquote(path))
    segments = [unquote(one) for one in found["rest"].split("/") if one]
    namespace, segments = _namespace(segments)
    resource, name, *further = [*segments, "", ""][: max(2, len(segments))]
    name = name or _selected_name(query)
    return RequestInfo(
        _verb(method, name, dict(query)),
        found["group"] or "",
        found["core"] or found["version"],
        resource,
        "/".join(further[:1]),
        namespace,
        name,
    )


def _namespace(segments: list[str]) -> tuple[str, list[str]]:
    """The namespace, and what follows it; a Namespace itself is in the one of its own name."""
    if len(segments) < 2 or segments[0] != "namespaces":
        return "", segments
    if len(segments) == 2 or segments[2] in _OF_NAMESPACES:
        return segments[1], segments
    return segments[1], segments[2:]


def _verb(method: str, name: str, query: dict[str, str]) -> str:
    if method in ("GET", "HEAD"):
        if query.get("watch", "").lower() in ("true", "1"):
            return "watch"
        return "get" if name else "list"
    if method == "DELETE" and not name:
        return "deletecollection"
    return _VERBS.get(method, method.lower())


def _selected_name(query: Sequence[tuple[str, str]]) -> str:
    """A list of one object by its name is a list of that name."""
    selector = dict(query).get("fieldSelector", "")
    found = _BY_NAME.search(selector)
    return found[1] if found else ""
