"""Table printer of pods: ready, status and restarts from the states of their containers.

printPod of kubernetes/pkg/printers/internalversion/printers.go, step by step.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from simulator.printing.ages import age, parse_time
from simulator.printing.parts import NONE, age_of, has_true, is_deleting, name, spec, status
from simulator.schemas.resources import Object

NODE_LOST = "NodeLost"
GATED = "SchedulingGated"
_FINISHED = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}


@dataclass
class _Restarts:
    """How often, and the finishedAt of the last time ("" where none is known)."""

    count: int = 0
    last: str = ""

    def add(self, container: Object) -> None:
        self.count += container.get("restartCount") or 0
        finished_at = (container.get("lastState") or {}).get("terminated") or {}
        stamp = finished_at.get("finishedAt") or ""
        if stamp and (not self.last or parse_time(stamp) > parse_time(self.last)):
            self.last = stamp

    def text(self, now: datetime.datetime) -> str:
        return f"{self.count} ({age(self.last, now)} ago)" if self.count and self.last else str(self.count)


@dataclass
class _PodSummary:
    """How far the pod has come, container by container."""

    reason: str
    ready: int = 0
    restarts: _Restarts = field(default_factory=_Restarts)
    sidecar_restarts: _Restarts = field(default_factory=_Restarts)


def pod(thing: Object, now: datetime.datetime) -> list[Any]:
    desired, seen = spec(thing), status(thing)
    sidecars = {
        one.get("name") for one in desired.get("initContainers") or () if one.get("restartPolicy") == "Always"
    }
    course = _PodSummary(_first_reason(seen))
    is_initializing = _init_containers(course, seen, sidecars, len(desired.get("initContainers") or ()))
    if not is_initializing or has_true(seen.get("conditions"), "Initialized"):
        course.restarts = course.sidecar_restarts
        _containers(course, seen)
    total = len(desired.get("containers") or ()) + len(sidecars)
    return [
        name(thing),
        f"{course.ready}/{total}",
        _last_reason(course.reason, thing),
        course.restarts.text(now),
        age_of(thing, now),
        _address(seen) or NONE,
        desired.get("nodeName") or NONE,
        seen.get("nominatedNodeName") or NONE,
        _gates(desired, seen),
    ]


def pod_conditions(thing: Object) -> list[dict[str, str]]:
    """The conditions of the row."""
    phase = status(thing).get("phase", "")
    if phase not in _FINISHED:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": _FINISHED[phase]}]


def _first_reason(seen: Object) -> str:
    for one in seen.get("conditions") or ():
        if one.get("type") == "PodScheduled" and one.get("reason") == GATED:
            return GATED
    found: str = seen.get("reason") or seen.get("phase") or ""
    return found


def _init_containers(course: _PodSummary, seen: Object, sidecars: set[str | None], total: int) -> bool:
    """Whether it is still at them: up to the first that is not done."""
    for index, container in enumerate(seen.get("initContainerStatuses") or ()):
        is_sidecar = container.get("name") in sidecars
        course.restarts.add(container)
        if is_sidecar:
            course.sidecar_restarts.add(container)
        finished_at = _state(container, "terminated")
        if finished_at is not None and not finished_at.get("exitCode"):
            continue
        if is_sidecar and container.get("started"):
            course.ready += bool(container.get("ready"))
            continue
        waits = (_state(container, "waiting") or {}).get("reason") or ""
        if finished_at is not None:
            course.reason = f"Init:{_termination_reason(finished_at)}"
        elif waits and waits != "PodInitializing":
            course.reason = f"Init:{waits}"
        else:
            course.reason = f"Init:{index}/{total}"
        return True
    return False


def _containers(course: _PodSummary, seen: Object) -> None:
    """The last container's reason first: the first container has the last word."""
    is_running, error = False, ""
    for container in reversed(seen.get("containerStatuses") or ()):
        course.restarts.add(container)
        finished_at, waits = _state(container, "terminated"), _state(container, "waiting") or {}
        if waits.get("reason"):
            course.reason = waits["reason"]
        elif finished_at is not None:
            course.reason = _termination_reason(finished_at)
            error = course.reason if finished_at.get("exitCode") else error
        elif container.get("ready") and _state(container, "running") is not None:
            is_running = True
            course.ready += 1
    if course.reason != "Completed":
        return
    if is_running and _is_ready(seen):
        course.reason = "Running"
    elif error:
        course.reason = error
    elif is_running:
        course.reason = "NotReady"


def _last_reason(reason: str, thing: Object) -> str:
    seen = status(thing)
    if is_deleting(thing) and seen.get("reason") == NODE_LOST:
        return "Unknown"
    if is_deleting(thing) and seen.get("phase") not in _FINISHED:
        return "Terminating"
    return reason


def _state(container: Object, which: str) -> Object | None:
    found: Object | None = (container.get("state") or {}).get(which)
    return found


def _termination_reason(terminated: Object) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode') or 0}"


def _is_ready(seen: Object) -> bool:
    return any(
        one.get("type") == "Ready" and one.get("status") == "True" for one in seen.get("conditions") or ()
    )


def _address(seen: Object) -> str:
    """Where both are there and differ, podIP is right: old kubelets write it alone."""
    first = (seen.get("podIPs") or [{}])[0]
    return str(seen.get("podIP") or first.get("ip") or "")


def _gates(required: Object, seen: Object) -> str:
    gates = required.get("readinessGates") or ()
    if not gates:
        return NONE
    passed = sum(has_true(seen.get("conditions"), one.get("conditionType", "")) for one in gates)
    return f"{passed}/{len(gates)}"
