"""Permissions: every verb of a resource as allowed, denied or unknown, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.access.reviews import ReviewResult
from clusters.access.rules import AccessDecision
from clusters.api.resource_attributes import ResourceAttributes
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession

ORDER = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
NAMEABLE_VERBS = frozenset(
    {"get", "update", "patch", "delete"}
)  # never create or deletecollection (observed.md 1)


@dataclass(frozen=True)
class Permission:
    """One verb. `reason` is a sentence: the grant, what the team role takes away, or that nothing grants it."""

    verb: str
    state: AccessDecision
    reason: str


def review_permissions(
    cluster_session: ClusterSession, resource: Resource, namespace: str, name: str = ""
) -> Sequence[Permission]:
    """The verbs that the kind has, in one namespace. Reviewed without the name; by name only where that is denied."""
    checks = {
        verb: resource.attributes(verb, namespace, name if verb in NAMEABLE_VERBS else "")
        for verb in ORDER
        if verb in resource.verbs and (not name or verb != "deletecollection")
    }
    results = cluster_session.review_access(list(checks.values()))
    return [
        Permission(verb, results[check].state, explain_result(resource, verb, namespace, results[check]))
        for verb, check in checks.items()
    ]


def build_all_attributes(resource: Resource, namespace: str) -> list[ResourceAttributes]:
    """What `review_permissions` reviews of a kind in one namespace."""
    return [resource.attributes(verb, namespace) for verb in ORDER if verb in resource.verbs]


def explain_result(
    resource: Resource, verb: str, namespace: str, result: ReviewResult, subresource: str = ""
) -> str:
    """A sentence for a result: Kubernetes' own reason, or what its absence means."""
    if result.state == "allowed":
        return result.reason or _("Allowed by Kubernetes.")
    if result.state == "unknown":
        return result.reason or _("The access review gave no clear answer; Kubernetes decides when you try.")
    if result.reason:
        return result.reason
    kind = f"{resource.slug}/{subresource}" if subresource else resource.slug
    words = {"verb": verb, "kind": kind, "namespace": namespace}
    if namespace and resource.namespaced:
        return _("No role grants you “%(verb)s” on %(kind)s in namespace %(namespace)s.") % words
    return _("No role grants you “%(verb)s” on %(kind)s cluster-wide.") % words
