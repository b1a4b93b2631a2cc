"""Rollout summary: what the pages of a workload say of its rollout, beside the rollout page itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, mapping, mappings, name_of, namespace_of, number, text
from dashboard.kinds.invisible import escape_invisible
from dashboard.kinds.kind import ROLLOUT_PAGE
from dashboard.kinds.rollout_status import read_rollout_status
from dashboard.kinds.rollouts.causes import Cause, is_complete, list_causes
from dashboard.kinds.rollouts.parts import RolloutParts, group_pods, is_controlled_by, read_revision, uid_of
from dashboard.kinds.summary import Cell, SmallTable
from dashboard.kinds.tones import Level
from dashboard.objects.events import RelatedEvent
from dashboard.objects.live_tables import LiveTable
from dashboard.objects.opening import OpenObject
from dashboard.pieces.notice import Button, Notice, Severity

MAX_REPLICA_SETS = 30
SEVERITIES: dict[Level, Severity] = {"error": "error", "warning": "warning"}


@dataclass(frozen=True)
class Badge:
    """What stands beside the title of the rollout tab: how many pods are missing, how good that is, and in words."""

    count: int
    level: Level
    words: str


def read_causes(opened: OpenObject, found: KubernetesObject) -> Sequence[Cause]:
    """Why the rollout does not go on, as far as the page's feeds say; nothing where it has none."""
    if opened.rollout is None:
        return []
    parts = opened.rollout.read(found)
    return list_causes(parts, group_pods(parts), timezone.now())


def build_badge(opened: OpenObject) -> Badge | None:
    """Of a rollout that is not at its end; its tone is that of the cause, where the page knows it."""
    found = opened.found or {}
    status = read_rollout_status(found)
    if status is None or status.state == "done":
        return None
    parts = opened.rollout.read(found) if opened.rollout else RolloutParts(found)
    if status.state == "untracked" and (
        opened.rollout is None or is_complete(status, parts, group_pods(parts))
    ):
        return None
    causes = read_causes(opened, found)
    level: Level = "error" if status.state == "failed" else causes[0].level if causes else "progress"
    words = _("does not go on") if level in SEVERITIES else _("in progress")
    return Badge(_count_missing(found), level, words)


def build_rollout_notice(opened: OpenObject, found: KubernetesObject) -> Notice | None:
    """The cause in one sentence, with the way to its evidence; None while nothing is wrong."""
    causes = read_causes(opened, found)
    if not causes or causes[0].level not in SEVERITIES:
        return None
    button = Button(_("Open the rollout"), opened.address.path(ROLLOUT_PAGE))
    return Notice(escape_invisible(causes[0].sentence), "", SEVERITIES[causes[0].level], (button,))


def list_rollout_warnings(opened: OpenObject, found: KubernetesObject) -> Sequence[RelatedEvent]:
    """The warnings about the ReplicaSets and pods of a workload; of other kinds none."""
    if opened.rollout is None:
        return []
    parts = opened.rollout.read(found)
    pods = group_pods(parts)
    owned = [one for one in parts.revisions or () if is_controlled_by(one, uid_of(found))]
    members = [*owned, *pods.new.pods, *pods.old_pods]
    return [
        RelatedEvent(
            one,
            opened.links.object(
                "" if text(one, "involvedObject", "kind") == "Pod" else "apps",
                text(one, "involvedObject", "kind"),
                text(one, "involvedObject", "name"),
                namespace_of(one),
            ),
        )
        for one in parts.list_warnings_of({uid_of(member) for member in members})
    ]


def build_replica_sets(opened: OpenObject, found: KubernetesObject) -> Sequence[dict[str, object]]:
    """Of a Deployment: its ReplicaSets, the newest revision first, each with its images."""
    if opened.rollout is None or text(found, "kind") != "Deployment":
        return []
    revisions = opened.rollout.read(found).revisions
    why = "" if revisions is not None else _("You do not have permission to list these here.")
    owned = [one for one in revisions or () if is_controlled_by(one, uid_of(found))]
    owned.sort(
        key=lambda one: (read_revision(one) or 0, text(one, "metadata", "creationTimestamp")), reverse=True
    )
    columns = [_("Name"), _("Revision"), _("Images"), _("Desired"), _("Current"), _("Ready"), _("Age")]
    rows = [_build_row(opened, one) for one in owned[:MAX_REPLICA_SETS]]
    table = SmallTable("replica-sets", _("ReplicaSets"), columns, rows) if rows else None
    lists = [one.related_list for one in opened.related]
    return [
        {
            "label": _("ReplicaSets"),
            "url": next((one.url for one in lists if one.pick.kind == "ReplicaSet"), ""),
            "why": why,
            "live_table": None if why else LiveTable(table, len(owned), ""),
        }
    ]


def _build_row(opened: OpenObject, found: KubernetesObject) -> Sequence[Cell]:
    desired, status = number(found, "spec", "replicas") or 0, mapping(found, "status")
    ready = number(status, "readyReplicas") or 0
    revision = read_revision(found)
    images = [text(one, "image") for one in mappings(found, "spec", "template", "spec", "containers")]
    return [
        Cell(
            name_of(found), url=opened.links.object("apps", "ReplicaSet", name_of(found), namespace_of(found))
        ),
        Cell("" if revision is None else str(revision)),
        Cell(values=images),
        Cell(str(desired)),
        Cell(str(number(status, "replicas") or 0)),
        Cell(str(ready), "warning" if ready < desired else None),
        Cell(when=text(found, "metadata", "creationTimestamp")),
    ]


def _count_missing(found: KubernetesObject) -> int:
    """Pods that are not both of the newest revision and available."""
    status = mapping(found, "status")
    if text(found, "kind") == "DaemonSet":
        names, desired = (
            ("updatedNumberScheduled", "numberAvailable"),
            number(status, "desiredNumberScheduled"),
        )
    else:
        names, desired = ("updatedReplicas", "availableReplicas"), number(found, "spec", "replicas")
    return max(0, (desired or 0) - min(number(status, name) or 0 for name in names))
