"""Presenter of drains: an operation and its items as the rows, counts and notices of a page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.drains import items as pod_items
from clusters.drains.drain import list_nodes, read_nodes
from clusters.drains.options import read_options
from clusters.models import Operation, OperationItem, OperationState
from clusters.operations.lease import find_state
from clusters.operations.watch import OperationSnapshot
from dashboard.address.paths import address
from dashboard.pieces.notice import Notice

RESUMABLE = (OperationState.STOPPED, OperationState.INTERRUPTED, OperationState.FAILED)
UNFINISHED = ("pending", "cordoned", "draining")
TONES = {
    OperationState.RUNNING: "progress",
    OperationState.STOPPED: "warning",
    OperationState.INTERRUPTED: "warning",
    OperationState.FAILED: "error",
    OperationState.DONE: "ok",
}


@dataclass(frozen=True)
class ItemRow:
    """A pod of a running drain; `id` is that of its row."""

    id: str
    path: str
    url: str
    node: str
    workload: str
    word: str
    tone: str
    message: str
    attempts: int
    notes: Sequence[str]


@dataclass(frozen=True)
class NodeRow:
    name: str
    url: str
    word: str
    tone: str
    counts: str
    notice: str
    errors: Sequence[str]
    warnings: Sequence[str]


@dataclass(frozen=True)
class DrainSummary:
    """What stands above the pods."""

    state: OperationState
    tone: str
    reason: str
    username: str
    created_at: datetime
    ended_at: datetime | None
    nodes: Sequence[NodeRow]
    blockers: Sequence[Notice]
    gone: int
    total: int
    flags: str
    is_stopping: bool
    seconds_left: int


@dataclass(frozen=True)
class DrainLink:
    """A line of a list of drains."""

    number: int
    url: str
    nodes: str
    word: str
    tone: str
    username: str
    created_at: datetime
    reason: str


def build_summary(snapshot: OperationSnapshot) -> DrainSummary:
    operation, items = snapshot.operation, snapshot.items
    moved = [one for one in items if one.state != pod_items.SKIPPED]
    return DrainSummary(
        snapshot.state,
        TONES[snapshot.state],
        describe_reason(operation, snapshot.state),
        operation.user.username,
        operation.created_at,
        operation.ended_at,
        _build_nodes(snapshot),
        _build_blockers(snapshot) if snapshot.state != OperationState.DONE else [],
        sum(one.state == pod_items.GONE for one in moved),
        len(moved),
        " ".join(read_options(operation.options).to_flags()),
        operation.is_stop_requested and snapshot.state == OperationState.RUNNING,
        count_seconds_left(operation) if snapshot.state == OperationState.RUNNING else 0,
    )


def count_seconds_left(operation: Operation) -> int:
    """Of its undo window; 0 where it cannot be called back."""
    if operation.begun_at or operation.is_stop_requested:
        return 0
    return max(0, math.ceil((operation.starts_at - timezone.now()).total_seconds()))


def describe_reason(operation: Operation, state: OperationState) -> str:
    if state == OperationState.INTERRUPTED and not operation.reason:
        return _("The Quarterdeck server that ran it is gone. Nothing more is evicted until it is resumed.")
    return operation.reason


def build_rows(snapshot: OperationSnapshot) -> Sequence[ItemRow]:
    """What needs attention first, then what is under way, then what is over."""
    order = {
        state: number
        for number, state in enumerate(
            (pod_items.FAILED, pod_items.BLOCKED, pod_items.RETRYING, pod_items.TERMINATING)
        )
    }
    items = sorted(snapshot.items, key=lambda one: (order.get(one.state, 4), one.state, one.pk))
    return [_build_row(snapshot, one) for one in items]


def build_link(operation: Operation, lease: float) -> DrainLink:
    state = find_state(operation, lease)
    return DrainLink(
        operation.pk,
        reverse("resources:drain", args=[operation.cluster.slug, operation.pk]),
        ", ".join(list_nodes(operation)),
        str(state.label),
        TONES[state],
        operation.user.username,
        operation.created_at,
        describe_reason(operation, state),
    )


def _build_row(snapshot: OperationSnapshot, item: OperationItem) -> ItemRow:
    detail: Mapping[str, Any] = item.detail
    word, tone = _describe_item(snapshot, item)
    notes = list(detail.get("warnings", []))
    if detail.get("empty_dirs"):
        notes.append(_("Data lost: %(volumes)s") % {"volumes": ", ".join(detail["empty_dirs"])})
    slug = snapshot.operation.cluster.slug
    return ItemRow(
        f"pod-{item.pk}",
        f"{item.namespace}/{item.name}",
        address(slug, "pods", namespace=item.namespace, name=item.name).path(),
        str(detail.get("node", "")),
        str(detail.get("workload", "")) or _("none"),
        word,
        tone,
        item.message,
        item.attempts,
        notes,
    )


def _describe_item(snapshot: OperationSnapshot, item: OperationItem) -> tuple[str, str]:
    if item.state == pod_items.SKIPPED:
        reasons = {"daemonset": _("Skipped: DaemonSet"), "mirror": _("Skipped: static pod")}
        return reasons.get(str(item.detail.get("skipped")), _("Skipped")), ""
    if snapshot.state != OperationState.RUNNING and item.state in pod_items.TO_SEND:
        return _("Not evicted"), "warning"
    budget = str(item.detail.get("blocked_by") or "")
    if item.state == pod_items.BLOCKED and budget:
        return _("Blocked by %(budget)s") % {"budget": budget}, "warning"
    return {
        pod_items.WAITING: (_("Waiting"), ""),
        pod_items.SENT: (_("Sent"), "progress"),
        pod_items.BLOCKED: (_("Blocked"), "warning"),
        pod_items.RETRYING: (_("Retrying"), "warning"),
        pod_items.TERMINATING: (_("Terminating"), "progress"),
        pod_items.GONE: (_("Evicted"), "ok"),
        pod_items.FAILED: (_("Failed"), "error"),
    }.get(item.state, (item.state, ""))


def _build_nodes(snapshot: OperationSnapshot) -> Sequence[NodeRow]:
    operation, items = snapshot.operation, snapshot.items
    known = read_nodes(operation.progress)
    words = {
        "pending": (_("Waiting"), ""),
        "cordoned": (_("Cordoned"), "progress"),
        "draining": (_("Draining"), "progress"),
        "drained": (_("Drained"), "ok"),
        "failed": (_("Not drained"), "error"),
    }
    rows = []
    for name in list_nodes(operation):
        node = known.get(name)
        word, tone = words.get(node.state if node else "pending", ("", ""))
        if snapshot.state != OperationState.RUNNING and (node is None or node.state in UNFINISHED):
            word, tone = _("Not drained"), "warning"
        url = address(operation.cluster.slug, "nodes", namespaced=False, name=name).path()
        counts = _count(items, name)
        rows.append(
            NodeRow(
                name,
                url,
                word,
                tone,
                counts,
                node.notice if node else "",
                node.errors if node else (),
                node.warnings if node else (),
            )
        )
    return rows


def _count(items: Sequence[OperationItem], node: str) -> str:
    states = Counter(one.state for one in items if one.detail.get("node") == node)
    gone, skipped = states[pod_items.GONE], states[pod_items.SKIPPED]
    words = {"gone": gone, "total": states.total() - skipped, "skipped": skipped}
    return _("%(gone)d of %(total)d pods gone, %(skipped)d skipped") % words


def _build_blockers(snapshot: OperationSnapshot) -> Sequence[Notice]:
    """One for each budget that does not allow evictions now: what it says of itself, and whose it is."""
    operation, items = snapshot.operation, snapshot.items
    is_running = snapshot.state == OperationState.RUNNING
    blocked = [one for one in items if one.state == pod_items.BLOCKED]
    budgets: Mapping[str, Any] = operation.progress.get("budgets", {})
    notices = []
    for key in dict.fromkeys(f"{one.namespace}/{one.detail.get('blocked_by', '')}" for one in blocked):
        namespace, _slash, name = key.partition("/")
        pods = [one for one in blocked if f"{one.namespace}/{one.detail.get('blocked_by', '')}" == key]
        workloads = sorted({str(one.detail.get("workload", "")) for one in pods} - {""})
        notices.append(
            _build_blocker(namespace, name, pods, workloads, budgets.get(key), is_running=is_running)
        )
    return notices


def _build_blocker(
    namespace: str,
    name: str,
    pods: Sequence[OperationItem],
    workloads: Sequence[str],
    budget: Mapping[str, Any] | None,
    *,
    is_running: bool,
) -> Notice:
    words = {"name": name, "namespace": namespace, "count": len(pods)}
    if name:
        title = _("PodDisruptionBudget %(name)s in namespace %(namespace)s blocks %(count)d pods.") % words
    else:
        title = _("%(count)d evictions in namespace %(namespace)s are not allowed now.") % words
    advice = []
    if budget:
        advice.append(
            _("It allows %(allowed)s evictions: %(healthy)s pods are healthy and it needs %(desired)s.")
            % budget
        )
        if budget.get("owner"):
            advice.append(_("It was made by %(owner)s.") % budget)
    if workloads:
        advice.append(_("Its pods belong to %(workloads)s.") % {"workloads": ", ".join(workloads)})
    if is_running:
        advice.append(_("Its pods are tried again by turns, each after 5 seconds at the earliest."))
    return Notice(
        title, " ".join(advice), "warning", message=pods[0].message, source=_("The API server's answer")
    )
