"""Pieces of the rollout page: status, cause, and the pods by revision, each with its context and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds.fields import KubernetesObject, mappings, name_of, namespace_of, number, text
from dashboard.kinds.pod_status import has_condition, read_pod_status
from dashboard.kinds.rollout_status import RolloutStatus, read_rollout_status
from dashboard.kinds.rollouts.blockers import Evidence, find_blocker
from dashboard.kinds.rollouts.causes import Cause, is_complete, list_causes
from dashboard.kinds.rollouts.parts import PodGroup, RolloutParts, RolloutPods, group_pods
from dashboard.kinds.summary import Cell, SmallTable
from dashboard.kinds.table.pods import state
from dashboard.kinds.tones import Level
from dashboard.objects.opening import OpenObject
from dashboard.objects.rollout_feeds import RolloutFeeds
from dashboard.pieces.differ import digest
from dashboard.pieces.notice import Detail, Notice

MAX_ROWS = 50  # pods of one revision
# Partials of templates/rollouts/pieces.html, each inside the element #rollout-<name>, in the page's order.
PIECES = ("status", "cause", "pods", "gaps")
GROUPS: Mapping[str, str] = {
    "ReplicaSet": "apps",
    "ControllerRevision": "apps",
    "PodDisruptionBudget": "policy",
}
GROUPS = {**GROUPS, "Deployment": "apps", "StatefulSet": "apps", "DaemonSet": "apps"}


@dataclass(frozen=True)
class EvidenceRow:
    """Evidence as the page shows it; `url` is the page of the object that it is about."""

    evidence: Evidence
    url: str


@dataclass(frozen=True)
class RevisionPods:
    """The pods of one revision; `source` names its ReplicaSet or ControllerRevision."""

    revision: int | None
    source: str
    source_url: str
    images: Sequence[str]
    ready: int
    total: int
    table: SmallTable | None
    more: int


def render_pieces(opened: OpenObject, found: KubernetesObject) -> dict[str, SafeString]:
    """The HTML of each piece by its name."""
    context = build_context(opened, found)
    return {
        name: cast(SafeString, get_template(f"rollouts/pieces.html#{name}").render(context))
        for name in PIECES
    }


def window_digest(rendered_pieces: Mapping[str, SafeString]) -> str:
    """What a page tells the socket that it shows already."""
    return digest("".join(rendered_pieces[name] for name in PIECES))


def build_context(opened: OpenObject, found: KubernetesObject) -> dict[str, Any]:
    """The context of all pieces."""
    feeds = opened.rollout or RolloutFeeds()
    parts = feeds.read(found)
    pods = group_pods(parts)
    status = read_rollout_status(found)
    causes = list_causes(parts, pods, timezone.now())
    return {
        "sentence": status.sentence if status else "",
        "level": find_level(status, causes, parts, pods),
        "paused": text(found, "spec", "paused") == "true",
        "cause": causes[0] if causes else None,
        "evidence": _build_evidence(causes[0].evidence if causes else (), opened.links, namespace_of(found)),
        "others": causes[1:],
        "is_known": pods.is_known,
        "can_see_pods": parts.pods is not None,
        "new": _build_group(pods.new, parts, opened.links),
        "desired": _find_goal(found, pods),
        "old": [_build_group(one, parts, opened.links) for one in pods.old],
        "old_count": len(pods.old_pods),
        "gaps": _describe_gaps(feeds),
    }


def _find_goal(found: KubernetesObject, pods: RolloutPods) -> int | None:
    """Pods that there shall be of the new revision in the end; a ReplicaSet grows to it step by step."""
    if text(found, "kind") == "Deployment":
        return number(found, "spec", "replicas")
    return pods.new.desired


def find_level(
    status: RolloutStatus | None, causes: Sequence[Cause], parts: RolloutParts, pods: RolloutPods
) -> Level:
    """How good a rollout is: it is done, it failed, it is held up, or it goes on."""
    if status is None:
        return "unknown"
    if status.state == "failed":
        return "error"
    if is_complete(status, parts, pods):
        return "ok"
    return causes[0].level if causes else "progress"


def _build_evidence(evidence: Sequence[Evidence], links: Links, namespace: str) -> Sequence[EvidenceRow]:
    return [
        EvidenceRow(one, links.object(GROUPS.get(one.kind, ""), one.kind, one.name, namespace))
        for one in evidence
    ]


def _build_group(group: PodGroup, parts: RolloutParts, links: Links) -> RevisionPods:
    rows = sorted(
        (_build_row(pod, parts, links) for pod in group.pods), key=lambda row: (not row[0].note, row[0].text)
    )
    columns = [_("Name"), _("Status"), _("Ready"), _("Restarts"), _("Age")]
    kind = text(group.source, "kind") or (
        "ReplicaSet" if text(parts.found, "kind") == "Deployment" else "ControllerRevision"
    )
    name, shown = name_of(group.source), rows[:MAX_ROWS]
    return RevisionPods(
        group.revision,
        name,
        links.object("apps", kind, name, namespace_of(parts.found)) if name else "",
        [text(one, "image") for one in mappings(group.template, "spec", "containers")],
        sum(has_condition(pod, "Ready") for pod in group.pods),
        len(group.pods),
        SmallTable("pods", _("Pods of %(name)s") % {"name": name}, columns, shown) if shown else None,
        len(rows) - len(shown),
    )


def _build_row(pod: KubernetesObject, parts: RolloutParts, links: Links) -> list[Cell]:
    blocker, status, known = find_blocker(pod, parts.list_warnings(pod)), read_pod_status(pod), state(pod)
    name = name_of(pod)
    return [
        Cell(
            name, url=links.object("", "Pod", name, namespace_of(pod)), note=blocker.detail if blocker else ""
        ),
        Cell(known.word, known.level),
        Cell(f"{status.ready}/{status.total}"),
        Cell(str(status.restarts)),
        Cell(when=text(pod, "metadata", "creationTimestamp")),
    ]


def _describe_gaps(feeds: RolloutFeeds) -> Notice | None:
    """What is not known, since it cannot be listed or is too much."""
    details = []
    if feeds.missing:
        details.append(Detail(_("You cannot list: %(kinds)s") % {"kinds": ", ".join(feeds.missing)}))
    if feeds.cut:
        details.append(Detail(_("Too many to read all: %(kinds)s") % {"kinds": ", ".join(feeds.cut)}))
    if not details:
        return None
    return Notice(
        _("There may be other causes than these."),
        _("Only what you can list was read, within limits of number."),
        "info",
        details=tuple(details),
    )
