"""Permissions: every verb of a resource as allowed, denied or unknown, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from django.utils.translation import gettext as _

from clusters.access.reviews import ResourceAttributes, ReviewResult
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession
from dashboard.kinds.table import find_resource

ORDER = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
NAMEABLE_VERBS = frozenset(
    {"get", "update", "patch", "delete"}
)  # never create or deletecollection (observed.md 1)


@dataclass(frozen=True)
class Permission:
    """One verb. `reason` is a sentence: the grant, what the team role takes away, or that nothing grants it."""

    verb: str
    state: Literal["allowed", "denied", "unknown"]
    reason: str


def review_permissions(
    cluster_session: ClusterSession, resource: Resource, namespace: str, name: str = ""
) -> Sequence[Permission]:
    """The verbs that the kind has, in one namespace. Reviewed without the name; by name only where that is denied."""
    verbs = [verb for verb in ORDER if verb in resource.verbs and (not name or verb != "deletecollection")]
    checks = {verb: build_attributes(resource, verb, namespace, name) for verb in verbs}
    results = cluster_session.review_access(list(checks.values()))
    named_checks = {
        verb: replace(check, name=name)
        for verb, check in checks.items()
        if name and verb in NAMEABLE_VERBS and not check.name and _is_denied_by_kubernetes(results[check])
    }
    named_results = cluster_session.review_access(list(named_checks.values())) if named_checks else {}
    return [
        Permission(verb, result.state, explain_result(resource, verb, namespace, result))
        for verb in verbs
        for result in [named_results[named_checks[verb]] if verb in named_checks else results[checks[verb]]]
    ]


def build_all_attributes(resource: Resource, namespace: str) -> list[ResourceAttributes]:
    """What `review_permissions` reviews of a kind in one namespace."""
    return [build_attributes(resource, verb, namespace) for verb in ORDER if verb in resource.verbs]


def build_attributes(
    resource: Resource, verb: str, namespace: str = "", name: str = ""
) -> ResourceAttributes:
    """The review for a verb: no namespace for cluster-scoped kinds, but both names for one Namespace."""
    names_namespace = find_resource(resource.group, resource.plural).names_namespace
    is_one_namespace = bool(name) and names_namespace and verb in NAMEABLE_VERBS
    return ResourceAttributes(
        verb=verb,
        group=resource.group,
        version=resource.version,
        resource=resource.plural,
        namespace=name if is_one_namespace else namespace if resource.namespaced else "",
        name=name if is_one_namespace else "",
    )


def _is_denied_by_kubernetes(result: ReviewResult) -> bool:
    """By Kubernetes: what the role takes away, a name does not give back."""
    return result.state == "denied" and result.source == "kubernetes"


def explain_result(resource: Resource, verb: str, namespace: str, result: ReviewResult) -> str:
    """A sentence for a result: Kubernetes' own reason, or what its absence means."""
    if result.state == "allowed":
        return result.reason or _("Allowed by Kubernetes.")
    if result.state == "unknown":
        return result.reason or _("The access review gave no clear answer; Kubernetes decides when you try.")
    if result.reason:
        return result.reason
    words = {"verb": verb, "kind": resource.slug, "namespace": namespace}
    if namespace and resource.namespaced:
        return _("No role grants you “%(verb)s” on %(kind)s in namespace %(namespace)s.") % words
    return _("No role grants you “%(verb)s” on %(kind)s cluster-wide.") % words
