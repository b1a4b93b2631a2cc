"""RBAC authorizer: decisions from the cluster's Roles and bindings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from simulator.requests.authentication import ACCOUNT, User
from simulator.store import Event, Store

GROUP = "rbac.authorization.k8s.io"
ROLES, BINDINGS = (GROUP, "roles"), (GROUP, "rolebindings")
CLUSTER_ROLES, CLUSTER_BINDINGS = (GROUP, "clusterroles"), (GROUP, "clusterrolebindings")
MASTERS = "system:masters"
Rule = dict[str, Any]


@dataclass(frozen=True)
class Attributes:
    """Attributes of a request: a verb on a resource, or where `path` is set on a path that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    version: str = ""

    @property
    def resource_path(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True)
class Decision:
    """`reason` names the grant, or what is wrong with the roles (a binding of one that is not there)."""

    is_allowed: bool
    reason: str = ""


@dataclass(frozen=True)
class Grant:
    """One binding that holds for a user: its rules, and the sentence that names it."""

    rules: tuple[Rule, ...]
    sentence: str = ""
    error: str = ""  # the role is not there


class Rbac:
    """The authorizer of one cluster."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bindings_by_scope: dict[str, dict[tuple[str, str], list[tuple[Any, Any]]]] = {}
        store.listen(self._invalidate)

    def decide(self, user: User, attributes: Attributes) -> Decision:
        if MASTERS in user.groups:
            return Decision(True)
        problems = []
        for grant in self.grants(user, attributes.namespace):
            if grant.error:
                problems.append(grant.error)
            elif any(allows(rule, attributes) for rule in grant.rules):
                return Decision(True, f"RBAC: allowed by {grant.sentence}")
        if not problems:
            return Decision(False)
        return Decision(False, f"RBAC: {problems[0] if len(problems) == 1 else _join_errors(problems)}")

    def grants(self, user: User, namespace: str) -> Iterator[Grant]:
        """Of the whole cluster first, then of the namespace ("" has none)."""
        for scope in ("", namespace) if namespace else ("",):
            for binding, subject in self._bindings_of(user, scope):
                yield self._grant(binding, subject, scope)

    def rules(self, user: User, namespace: str) -> list[Rule]:
        """All rules of the user there, without system:masters."""
        return [rule for grant in self.grants(user, namespace) for rule in grant.rules]

    def role_rules(self, kind: str, name: str, namespace: str) -> tuple[Rule, ...] | None:
        """None where there is no such role."""
        storage = CLUSTER_ROLES if kind == "ClusterRole" else ROLES
        role = self._store.get(storage, "" if kind == "ClusterRole" else namespace, name)
        return None if role is None else tuple(role.get("rules") or ())

    def _grant(self, binding: Any, subject: Any, scope: str) -> Grant:
        role = binding["roleRef"]
        rules = self.role_rules(role["kind"], role["name"], scope)
        if rules is None:
            kind = f"{role['kind'].lower()}.{GROUP}"
            return Grant((), error=f'{kind} "{role["name"]}" not found')
        kind = "RoleBinding" if scope else "ClusterRoleBinding"
        name = binding["metadata"]["name"] + (f"/{scope}" if scope else "")
        about = f'{kind} "{name}" of {role["kind"]} "{role["name"]}"'
        return Grant(rules, f"{about} to {_describe_binding_subject(subject, scope)}")

    def _bindings_of(self, user: User, scope: str) -> list[tuple[Any, Any]]:
        """(binding, the first of its subjects that is the user) in the order of the bindings' names."""
        index = self._bindings_by_scope.get(scope)
        if index is None:
            index = self._bindings_by_scope[scope] = self._index_bindings(scope)
        keys = [("User", user.name), *(("Group", group) for group in user.groups)]
        found: dict[str, tuple[int, Any, Any]] = {}
        for key in keys:
            for binding, (position, subject) in index.get(key, ()):
                name = binding["metadata"]["name"]
                if name not in found or position < found[name][0]:
                    found[name] = (position, binding, subject)
        return [found[name][1:] for name in sorted(found)]

    def _index_bindings(self, scope: str) -> dict[tuple[str, str], list[tuple[Any, Any]]]:
        index: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
        for binding in self._store.items(BINDINGS if scope else CLUSTER_BINDINGS, scope):
            for position, subject in enumerate(binding.get("subjects") or ()):
                index.setdefault(_key(subject, scope), []).append((binding, (position, subject)))
        return index

    def _invalidate(self, event: Event) -> None:
        if event.storage == CLUSTER_BINDINGS:
            self._bindings_by_scope.pop("", None)
        elif event.storage == BINDINGS:
            self._bindings_by_scope.pop(event.key.partition("/")[0], None)


def allows(rule: Rule, attributes: Attributes) -> bool:
    if attributes.path:
        return _has(rule.get("verbs"), attributes.verb) and _has_path(
            rule.get("nonResourceURLs") or (), attributes.path
        )
    return (
        _has(rule.get("verbs"), attributes.verb)
        and _has(rule.get("apiGroups"), attributes.group)
        and _has_resource(rule.get("resources") or (), attributes.resource_path, attributes.subresource)
        and (not rule.get("resourceNames") or attributes.name in rule["resourceNames"])
    )


def find_missing_rules(owned: Iterable[Rule], requested: Iterable[Rule]) -> list[Rule]:
    """The parts of `requested` (one verb, group, resource, name each) that no rule of `owned` holds."""
    have = list(owned)
    return [
        part for rule in requested for part in split_rule(rule) if not any(_covers(one, part) for one in have)
    ]


def split_rule(rule: Rule) -> Iterator[Rule]:
    """A rule for each verb, group, resource and name, in the API server's order."""
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in rule.get("verbs") or ():
                part = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                if rule.get("resourceNames"):
                    yield from (part | {"resourceNames": [name]} for name in rule["resourceNames"])
                else:
                    yield part
    for url in rule.get("nonResourceURLs") or ():
        yield from ({"nonResourceURLs": [url], "verbs": [verb]} for verb in rule.get("verbs") or ())


def attributes_with(attributes: Attributes, **changes: str) -> Attributes:
    return replace(attributes, **changes)


def _covers(owned: Rule, part: Rule) -> bool:
    if "nonResourceURLs" in part:
        url = part["nonResourceURLs"][0]
        return _has(owned.get("verbs"), part["verbs"][0]) and _has_path(
            owned.get("nonResourceURLs") or (), url
        )
    resource = part["resources"][0]
    names = part.get("resourceNames")
    return (
        _has(owned.get("verbs"), part["verbs"][0])
        and _has(owned.get("apiGroups"), part["apiGroups"][0])
        and _has_resource(owned.get("resources") or (), resource, resource.partition("/")[2])
        and (not owned.get("resourceNames") or bool(names and names[0] in owned["resourceNames"]))
    )


def _has(values: Iterable[str] | None, item: str) -> bool:
    return any(value in ("*", item) for value in values or ())


def _has_resource(values: Iterable[str], combined: str, subresource: str) -> bool:
    return any(value in ("*", combined) or (subresource and value == f"*/{subresource}") for value in values)


def _has_path(values: Iterable[str], path: str) -> bool:
    return any(
        value in ("*", path) or (value.endswith("*") and path.startswith(value.rstrip("*")))
        for value in values
    )


def _key(subject: Any, scope: str) -> tuple[str, str]:
    if subject["kind"] == "ServiceAccount":
        return "User", f"{ACCOUNT}{subject.get('namespace') or scope}:{subject['name']}"
    return subject["kind"], subject["name"]


def _describe_binding_subject(subject: Any, scope: str) -> str:
    if subject["kind"] == "ServiceAccount":
        return f'ServiceAccount "{subject["name"]}/{subject.get("namespace") or scope}"'
    return f'{subject["kind"]} "{subject["name"]}"'


def _join_errors(errors: list[str]) -> str:
    return f"[{', '.join(dict.fromkeys(errors))}]"
