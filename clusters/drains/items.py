"""Items of a drain: the pods of a running drain, as they are saved and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusters.drains.filters import Verdict
from clusters.drains.plan import PlannedPod
from clusters.drains.pods import Pod, get_workload
from clusters.models import Operation, OperationItem

WAITING = "waiting"  # nothing was sent yet
SENT = "sent"  # an eviction is under way, or nobody knows whether it arrived
BLOCKED = "blocked"  # the API server did not allow it yet: tried again
RETRYING = "retrying"  # no answer, or this server could not send it: tried again
TERMINATING = "terminating"  # accepted: the pod is shutting down
GONE = "gone"
SKIPPED = "skipped"  # stays on the node
FAILED = "failed"
OPEN_STATES = (WAITING, SENT, BLOCKED, RETRYING, TERMINATING)
ENDED_STATES = (GONE, SKIPPED, FAILED)
TO_SEND = (WAITING, SENT, BLOCKED, RETRYING)


def make_item(operation_id: int, node: str, planned: PlannedPod) -> OperationItem:
    """A new item, not saved yet."""
    pod = planned.pod
    return OperationItem(
        operation_id=operation_id,
        resource="pods",
        namespace=pod.metadata.namespace,
        name=pod.metadata.name,
        uid=pod.metadata.uid,
        state=WAITING if planned.verdict.decision == "evict" else SKIPPED,
        detail=describe_pod(node, planned),
    )


def describe_pod(node: str, planned: PlannedPod) -> Mapping[str, Any]:
    """What a page shows of a pod besides its state."""
    kind, name = get_workload(planned.pod)
    return {
        "node": node,
        "workload": f"{kind} {name}" if kind else "",
        "warnings": list(planned.verdict.warnings),
        "skipped": planned.verdict.skipped,
        "empty_dirs": list(list_lost(planned.pod, planned.verdict)),
        "budgets": [one.metadata.name for one in planned.budgets],
    }


def list_lost(pod: Pod, verdict: Verdict) -> tuple[str, ...]:
    """The emptyDir volumes whose data is lost by the eviction."""
    return pod.empty_dirs if verdict.decision == "evict" and not pod.is_finished else ()


def count_states(operation: Operation) -> Mapping[str, int]:
    """How many pods are in which state."""
    states = operation.items.values_list("state", flat=True)
    counts: dict[str, int] = {}
    for state in states:
        counts[state] = counts.get(state, 0) + 1
    return counts
