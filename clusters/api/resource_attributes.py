"""Resource attributes: what Kubernetes authorizes of a request, read from its method, path and query.

Spelt as `ResourceAttributes` of authorization.k8s.io/v1; which request has which attributes is decided by
https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/request/requestinfo.go
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from clusters.api.errors import BadRequest

METHODS = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "deletecollection": "DELETE",
}
COLLECTION_VERBS = frozenset({"list", "watch", "deletecollection"})

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_RESOURCE = re.compile(r"/(?:api/(?P<core>[^/]+)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))/(?P<rest>.+)")
_BY_NAME = re.compile(r"(?:^|,)metadata\.name==?([^,]+)(?:,|$)")
_OF_NAMESPACES = frozenset({"status", "finalize"})  # what follows a namespace's own name and is no resource


@dataclass(frozen=True, slots=True)
class ResourceAttributes:
    """One verb on one thing. No `name` means all of them, no `namespace` all namespaces (or a cluster-scoped kind).

    `resource` is the plural, such as `pods`; `subresource` is one word, such as `log`, `exec` or `scale`. Kubernetes
    has no verb for a connection: exec, attach, port-forward and proxy are `create` or `get`, by their method. What a
    query adds to a request, such as `dryRun`, is not authorized and not among the attributes. One Namespace is in
    the namespace of its own name.
    """

    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def is_of_namespaces(self) -> bool:
        """Whether the resource is Namespaces themselves."""
        return (self.group, self.resource) == ("", "namespaces")

    @property
    def is_of_collection(self) -> bool:
        """Whether the request goes to a collection, not to one object: its path has no name."""
        return self.verb in COLLECTION_VERBS or (self.verb == "create" and not self.subresource)

    @property
    def method(self) -> str:
        """The HTTP method of the request; BadRequest for a verb that is only ever reviewed, such as `bind` or `*`."""
        if self.verb not in METHODS:
            raise BadRequest(f"There is no request with the verb “{self.verb}”.")
        return METHODS[self.verb]


def parse_attributes(method: str, path: str, query: Sequence[tuple[str, str]] = ()) -> ResourceAttributes:
    """The attributes of one request; `path` is encoded, as it is sent.

    A path that is no resource's has its path as `name`, and the method as `verb`.
    """
    found = _RESOURCE.fullmatch(path)
    if found is None:
        return ResourceAttributes(method.lower(), name=unquote(path))
    segments = [unquote(one) for one in found["rest"].split("/") if one]
    namespace, segments = _namespace(segments)
    resource, name, *further = [*segments, "", ""][: max(2, len(segments))]
    verb = _verb(method, name, dict(query))
    return ResourceAttributes(
        verb,
        found["group"] or "",
        found["core"] or found["version"],
        resource,
        "/".join(further[:1]),
        namespace,
        _selected_name(query) if verb in ("list", "watch") else name,
    )


def _namespace(segments: list[str]) -> tuple[str, list[str]]:
    """The namespace, and what follows it; a Namespace itself is in the one of its own name."""
    if len(segments) < 2 or segments[0] != "namespaces":
        return "", segments
    if len(segments) == 2 or segments[2] in _OF_NAMESPACES:
        return segments[1], segments
    return segments[1], segments[2:]


def _verb(method: str, name: str, query: dict[str, str]) -> str:
    """`name` is the path's; one that a selector picks makes no other verb of it."""
    if method in ("GET", "HEAD"):
        if name:
            return "get"
        return "watch" if query.get("watch", "").lower() in ("true", "1") else "list"
    if method == "DELETE" and not name:
        return "deletecollection"
    return _VERBS.get(method, method.lower())


def _selected_name(query: Sequence[tuple[str, str]]) -> str:
    """A list of one object by its name is a list of that name."""
    selector = dict(query).get("fieldSelector", "")
    found = _BY_NAME.search(selector)
    return found[1] if found else ""
