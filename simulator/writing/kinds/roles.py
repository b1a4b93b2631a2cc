"""Admission of Roles and bindings: privilege escalation prevention, and an immutable roleRef.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from simulator.cluster import Cluster
from simulator.requests.authentication import User
from simulator.requests.rbac import GROUP, MASTERS, Attributes, Rule, find_missing_rules
from simulator.requests.statuses import Cause, StatusError, forbidden_error, not_found_error
from simulator.schemas.resources import Object, Resource
from simulator.writing.names import bad_value, required_value
from simulator.writing.options import WriteOptions


def admit_role(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    rules = thing.get("rules") or []
    if was is not None and (was.get("rules") or []) == rules and not thing.get("aggregationRule"):
        return
    if MASTERS in options.user.groups or _is_allowed(cluster, options.user, "escalate", resource, thing):
        return
    if thing.get("aggregationRule"):
        rules = [*rules, {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    _check_escalation(cluster, resource, thing, options.user, rules)


def admit_binding(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    reference = thing.get("roleRef") or {}
    kind, name = reference.get("kind", ""), reference.get("name", "")
    if MASTERS in options.user.groups:
        return
    if kind not in ("Role", "ClusterRole"):
        raise StatusError(500, f'unsupported role reference kind: "{kind}"', "InternalError")
    if was is not None and was.get("subjects") == thing.get("subjects") and was.get("roleRef") == reference:
        return
    namespace = thing["metadata"].get("namespace", "")
    plural = "clusterroles" if kind == "ClusterRole" else "roles"
    attributes = Attributes("bind", GROUP, plural, namespace=namespace, name=name)
    if cluster.rbac.decide(options.user, attributes).is_allowed:
        return
    rules = cluster.rbac.role_rules(kind, name, namespace)
    if rules is None:
        raise not_found_error(resource, name)
    _check_escalation(cluster, resource, thing, options.user, rules)


def role_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    is_namespaced = thing["kind"] == "Role"
    for number, rule in enumerate(thing.get("rules") or ()):
        yield from _rule_causes(rule, f"rules[{number}]", is_namespaced)


def binding_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    reference = thing.get("roleRef") or {}
    known = ("ClusterRole",) if thing["kind"] == "ClusterRoleBinding" else ("Role", "ClusterRole")
    if reference.get("kind") not in known:
        shown = ", ".join(f'"{one}"' for one in known)
        message = f'Unsupported value: "{reference.get("kind") or ""}": supported values: {shown}'
        yield Cause("FieldValueNotSupported", message, "roleRef.kind")
    if not reference.get("name"):
        yield required_value("roleRef.name")
    if was is not None and was.get("roleRef") != reference:
        parts = {key: reference.get(key[0].lower() + key[1:], "") for key in ("Kind", "Name")}
        given = json.dumps({"APIGroup": reference.get("apiGroup", "")} | parts, separators=(",", ":"))
        yield bad_value("roleRef", given, "cannot change roleRef")
    for number, subject in enumerate(thing.get("subjects") or ()):
        yield from _subject_causes(subject, f"subjects[{number}]", thing["metadata"].get("namespace", ""))


def _rule_causes(rule: Rule, path: str, is_namespaced: bool) -> Iterator[Cause]:
    paths = rule.get("nonResourceURLs") or []
    shown = json.dumps(paths, separators=(",", ":"))
    if not rule.get("verbs"):
        yield required_value(f"{path}.verbs", "verbs must contain at least one value")
    if paths:
        if is_namespaced:
            yield bad_value(
                f"{path}.nonResourceURLs", shown, "namespaced rules cannot apply to non-resource URLs"
            )
        elif any(rule.get(name) for name in ("apiGroups", "resources", "resourceNames")):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            yield bad_value(f"{path}.nonResourceURLs", shown, why)
        return
    if not rule.get("apiGroups"):
        yield required_value(f"{path}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield required_value(f"{path}.resources", "resource rules must supply at least one resource")


def _subject_causes(subject: dict[str, Any], path: str, namespace: str) -> Iterator[Cause]:
    if not subject.get("name"):
        yield required_value(f"{path}.name")
    kind = subject.get("kind", "")
    if kind == "ServiceAccount" and not subject.get("namespace") and not namespace:
        yield required_value(f"{path}.namespace")
    elif kind not in ("ServiceAccount", "User", "Group"):
        known = '"ServiceAccount", "User", "Group"'
        yield Cause(
            "FieldValueNotSupported",
            f'Unsupported value: "{kind}": supported values: {known}',
            f"{path}.kind",
        )


def _is_allowed(cluster: Cluster, user: User, verb: str, resource: Resource, thing: Object) -> bool:
    metadata = thing["metadata"]
    attributes = Attributes(
        verb, GROUP, resource.plural, namespace=metadata.get("namespace", ""), name=metadata.get("name", "")
    )
    return cluster.rbac.decide(user, attributes).is_allowed


def _check_escalation(
    cluster: Cluster, resource: Resource, thing: Object, user: User, requested: Sequence[Rule]
) -> None:
    metadata = thing["metadata"]
    missing = find_missing_rules(cluster.rbac.rules(user, metadata.get("namespace", "")), requested)
    if not missing:
        return
    groups = " ".join(f'"{one}"' for one in user.groups)
    lines = "\n".join(sorted(_format_rule(one) for one in _merge_verbs(missing)))
    why = f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n{lines}'
    raise forbidden_error(resource, metadata.get("name", ""), why)


def _merge_verbs(parts: list[Rule]) -> list[Rule]:
    """Rules of one verb each that differ in it alone become one."""
    found: dict[str, Rule] = {}
    for part in parts:
        key = json.dumps({name: value for name, value in part.items() if name != "verbs"})
        if key in found:
            found[key]["verbs"] = [*found[key]["verbs"], *part["verbs"]]
        else:
            found[key] = dict(part)
    return list(found.values())


def _format_rule(rule: Rule) -> str:
    names = (
        ("apiGroups", "APIGroups"),
        ("resources", "Resources"),
        ("resourceNames", "ResourceNames"),
        ("nonResourceURLs", "NonResourceURLs"),
        ("verbs", "Verbs"),
    )
    parts = [
        f"{title}:[{' '.join(json.dumps(one) for one in rule[name])}]"
        for name, title in names
        if rule.get(name)
    ]
    return "{" + ", ".join(parts) + "}"
