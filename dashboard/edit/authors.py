"""Authors of a review: whose each added line is, as notes beside it, and who will undo the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.errors import ApiError, Forbidden
from clusters.changes.attribution import Attribution, Operation, attribute, attribute_by_owner
from clusters.changes.patches import Method
from clusters.changes.undoing import REPLICAS, Undoer, find_undoers
from clusters.discovery import Resource
from dashboard.edit.diff import Diff, annotate
from dashboard.objects.opening import OpenObject
from dashboard.objects.yaml_lines import Pointer

AUTOSCALERS = "horizontalpodautoscalers.autoscaling"
MOST_AUTOSCALERS = 500


@dataclass(frozen=True)
class Note:
    """A word beside a line; `kind` is the class of its style: typed, default, admission or manager."""

    kind: str
    text: str


def add_authors(
    diff: Diff, *, live: Mapping[str, Any], typed: Mapping[str, Any], stored: Mapping[str, Any]
) -> Diff:
    """The diff with notes at its added lines."""
    pointers = [line.pointer for line in diff.changed() if line.sign == "added"]
    found = attribute(pointers, live=live, typed=typed, stored=stored)
    return annotate(diff, {pointer: _describe(one) for pointer, one in found.items()})


def add_patch_authors(
    diff: Diff, method: Method, *, live: Mapping[str, Any], typed: Any, stored: Mapping[str, Any]
) -> Diff:
    """The same of a patch. Where it says only in part what becomes of a list, what its manager owns is looked at."""
    if method in ("merge", "replace") and isinstance(typed, Mapping):
        return add_authors(diff, live=live, typed=typed, stored=stored)
    pointers = [line.pointer for line in diff.changed() if line.sign == "added"]
    operation: Operation = "Apply" if method == "apply" else "Update"
    found = attribute_by_owner(pointers, operation, live=live, stored=stored)
    return annotate(diff, {pointer: _describe(one) for pointer, one in found.items()})


def list_undoers(opened: OpenObject, diff: Diff, live: Mapping[str, Any]) -> Sequence[Undoer]:
    """Who will write over the change. Where autoscalers cannot be listed, that is said in place of them."""
    pointers: set[Pointer] = {line.pointer for line in diff.changed()}
    if not pointers:
        return []
    if REPLICAS not in pointers:
        return find_undoers(live, pointers, [])
    try:
        return find_undoers(live, pointers, _fetch_autoscalers(opened))
    except ApiError as failure:
        return [*find_undoers(live, pointers, []), _describe_unknown_autoscaler(failure)]


def _describe(found: Attribution) -> tuple[Note, ...]:
    words = {
        "typed": _("you"),
        "default": _("default of the server"),
        "admission": _("admission webhook or policy"),
        "typed or default": _("you, or a default of the server"),
        "unowned": _("default, admission webhook or policy"),
    }
    managers = dict.fromkeys(manager.name for manager in found.managers)
    return (
        Note(found.author.partition(" ")[0], words[found.author]),
        *(Note("manager", _("owned by %(manager)s") % {"manager": name}) for name in managers),
    )


def _describe_unknown_autoscaler(failure: ApiError) -> Undoer:
    if isinstance(failure, Forbidden):
        advice = _("You don't have permission to list HorizontalPodAutoscalers, so one may set the replicas.")
    else:
        advice = _("HorizontalPodAutoscalers could not be listed, so one may set the replicas.")
    return Undoer(_("Possibly a HorizontalPodAutoscaler"), advice)


def _fetch_autoscalers(opened: OpenObject) -> Sequence[Mapping[str, Any]]:
    session = opened.cluster_session
    resource: Resource | None = session.find(AUTOSCALERS)
    if resource is None:
        return []
    query = (("limit", str(MOST_AUTOSCALERS)),)
    found = session.client.get(resource.list_path(opened.address.namespace), query=query)
    items = found.get("items") if isinstance(found, Mapping) else None
    return [one for one in items if isinstance(one, Mapping)] if isinstance(items, list) else []
