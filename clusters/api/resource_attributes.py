"""Resource attributes: what Kubernetes authorizes of a request, read from its method, path and query.

Spelt as `ResourceAttributes` of authorization.k8s.io/v1; which request has which attributes is decided by
https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/request/requestinfo.go
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from clusters.api.errors import BadRequest
from clusters.api.selectors import find_selected

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
INTERACTIVE_SUBRESOURCES = frozenset({"exec", "attach", "portforward", "proxy"})  # they reach into what runs

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
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
    segments = [one for one in unquote(path).split("/") if one]  # decoded first, as the API server does
    group, version, rest = _group(segments)
    if not rest:
        return ResourceAttributes(method.lower(), name=unquote(path))
    is_old_watch = rest[0] == "watch" and len(rest) > 1  # /api/v1/watch/pods: deprecated, and still served
    namespace, rest = _namespace(rest[1:] if is_old_watch else rest)
    resource, name, subresource = [*rest, "", ""][:3]
    verb = "watch" if is_old_watch else _verb(method, name, dict(query))
    name = name or (_selected_name(query) if verb in ("list", "watch") else "")
    return ResourceAttributes(verb, group, version, resource, subresource, namespace, name)


def _group(segments: list[str]) -> tuple[str, str, list[str]]:
    """API group, version, and what follows them; nothing follows where the path is no resource's."""
    if segments[:1] == ["api"]:
        return "", "".join(segments[1:2]), segments[2:]
    if segments[:1] == ["apis"]:
        return "".join(segments[1:2]), "".join(segments[2:3]), segments[3:]
    return "", "", []


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
    return find_selected(dict(query).get("fieldSelector", ""), "metadata.name")
