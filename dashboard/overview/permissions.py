"""Permissions in words: Kubernetes access reviews restricted by the team role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.access.reviews import ReviewResult
from clusters.access.rules import AccessDecision
from clusters.counting.snapshot import NamespacePermissions, Permissions
from people.models import TeamRole

MAX_NAMESPACES = 3  # namespaces that are written out


@dataclass(frozen=True)
class Sentence:
    """`state` is Kubernetes' answer, `why` what it is drawn from (a tooltip)."""

    state: AccessDecision
    text: str
    why: str = ""


def sentences(permissions: Permissions, role: TeamRole) -> list[Sentence]:
    """The most telling first; nothing where Kubernetes was not asked yet."""
    if not permissions.is_known:
        return []
    edits = role == TeamRole.EDITOR
    if permissions.everything.state == "allowed":
        text = _("Full access") if edits else _("Read-only access to everything")
        return [Sentence("allowed", text, _why(_("All verbs on all resources"), permissions.everything))]
    return [
        *_describe_all_namespaces(permissions, edits=edits),
        *_describe_namespaces(permissions, edits=edits),
        *_describe_nodes(permissions),
    ]


def _describe_all_namespaces(permissions: Permissions, *, edits: bool) -> list[Sentence]:
    """About all namespaces together."""
    if edits and permissions.edit.state == "allowed":
        why = _why(_("Update Deployments in all namespaces"), permissions.edit)
        return [Sentence("allowed", _("Can edit in all namespaces"), why)]
    if permissions.pods.state == "allowed":
        why = _why(_("List Pods in all namespaces"), permissions.pods)
        return [Sentence("allowed", _("Can view all namespaces"), why)]
    if permissions.pods.state == "unknown":
        return [Sentence("unknown", _("Cluster-wide read access: unknown"), permissions.pods.reason)]
    return []


def _describe_namespaces(permissions: Permissions, *, edits: bool) -> list[Sentence]:
    """About single namespaces, where the answer for all of them was not yes."""
    if permissions.edit.state == "allowed" and edits:
        return []
    changing = [
        namespace for namespace in permissions.namespaces if edits and namespace.edit.state == "allowed"
    ]
    reading = [
        namespace
        for namespace in permissions.namespaces
        if permissions.pods.state != "allowed"
        and namespace.pods.state == "allowed"
        and namespace not in changing
    ]
    found = []
    if changing:
        why = _why(_("Update Deployments"), changing[0].edit)
        found.append(Sentence("allowed", _("Can edit in %(names)s") % {"names": _names(changing)}, why))
    if reading:
        why = _why(_("List Pods"), reading[0].pods)
        found.append(Sentence("allowed", _("Can view %(names)s") % {"names": _names(reading)}, why))
    unclear = [namespace for namespace in permissions.namespaces if namespace.pods.state == "unknown"]
    if unclear and permissions.pods.state != "allowed":
        text = _("%(names)s: access unknown") % {"names": _names(unclear)}
        found.append(Sentence("unknown", text, unclear[0].pods.reason))
    if not found and permissions.pods.state == "denied":
        text = _("No accessible namespaces known yet. Open the cluster to enter one.")
        found.append(Sentence("denied", text))
    return found


def _describe_nodes(permissions: Permissions) -> list[Sentence]:
    """What is missed where it is not allowed."""
    found = []
    if permissions.nodes.state == "denied":
        found.append(Sentence("denied", _("Cannot list nodes"), permissions.nodes.reason))
    elif permissions.nodes.state == "unknown":
        found.append(Sentence("unknown", _("Nodes: access unknown"), permissions.nodes.reason))
    return found


def _names(namespaces: Sequence[NamespacePermissions]) -> str:
    names = ", ".join(one.namespace for one in namespaces[:MAX_NAMESPACES])
    more = len(namespaces) - MAX_NAMESPACES
    return _("%(names)s and %(more)d more") % {"names": names, "more": more} if more > 0 else names


def _why(what: str, review: ReviewResult) -> str:
    """What was asked and, in Kubernetes' own words, which binding allows it."""
    return f"{what}. {review.reason}" if review.reason else what
