"""Request info: verb, group, version, resource and name from a path and a method."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
NAMESPACE_PARTS = {"status", "finalize"}


@dataclass(frozen=True)
class RequestInfo:
    """A resource request, or where `is_resource` is false a path like /version with `verb` get, post, ..."""

    is_resource: bool
    path: str
    verb: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    rest: tuple[str, ...] = ()  # what follows the subresource


@dataclass(frozen=True)
class Query:
    """The query's pairs in their order; `;` drops a pair, as in Go."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> "Query":
        usable = "&".join(part for part in text.split("&") if ";" not in part)
        return cls(tuple(parse_qsl(usable, keep_blank_values=True, encoding="utf-8", errors="replace")))

    def get(self, name: str, default: str = "") -> str:
        """The first value."""
        return next((value for key, value in self.pairs if key == name), default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.pairs)

    def flag(self, name: str) -> bool:
        """False only when it is absent, `false` or `0`."""
        return self.has(name) and self.get(name).lower() not in ("false", "0")

    def number(self, name: str) -> int | None:
        """None where it is absent; raises ValueError."""
        text = self.get(name)
        return int(text) if text else None


def read_path(method: str, path: str, query: Query) -> RequestInfo:
    """`path` is decoded."""
    parts = [part for part in path.split("/") if part]
    is_core = parts[:1] == ["api"]
    if parts[:1] not in (["api"], ["apis"]) or len(parts) < (3 if is_core else 4):
        return RequestInfo(False, path, method.lower())
    group, version = ("", parts[1]) if is_core else (parts[1], parts[2])
    return _resource(method, path, query, group, version, parts[2 if is_core else 3 :])


def _resource(
    method: str, path: str, query: Query, group: str, version: str, parts: list[str]
) -> RequestInfo:
    verb = VERBS.get(method, "get" if method in ("GET", "HEAD") else "")
    if parts[0] == "watch" and len(parts) > 1:
        parts, verb = parts[1:], "watch"
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in NAMESPACE_PARTS:
            parts = parts[2:]
    name = parts[1] if len(parts) > 1 else ""
    subresource = parts[2] if len(parts) > 2 else ""
    if not name:
        verb, name = _parse_collection_verb(verb, query)
    rest = tuple(parts[3:])
    return RequestInfo(True, path, verb, group, version, namespace, parts[0], subresource, name, rest)


def _parse_collection_verb(verb: str, query: Query) -> tuple[str, str]:
    """The verb, and the name that a field selector gives to a list or watch (RBAC's resourceNames ask it)."""
    if verb == "delete":
        verb = "deletecollection"
    if verb == "get":
        verb = "watch" if query.flag("watch") else "list"
    if verb not in ("list", "watch", "deletecollection"):
        return verb, ""
    for part in query.get("fieldSelector").split(","):
        field, sign, value = part.partition("=")
        if field == "metadata.name" and sign and not value.startswith(("!", "~")):
            return verb, value.removeprefix("=")
    return verb, ""
