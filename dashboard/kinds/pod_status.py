"""Pod status: READY, STATUS and RESTARTS as `kubectl get pods` prints them.

The rules are those of printPod in Kubernetes' pkg/printers/internalversion/printers.go (1.36).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.kinds.fields import KubernetesObject, dig, mapping, mappings, number, text

GATED = "SchedulingGated"
_TERMINAL = ("Failed", "Succeeded")


@dataclass(frozen=True)
class PodStatus:
    """`ready` of `total` containers, sidecars among them; `restarts` of those that count at this stage."""

    reason: str
    ready: int
    total: int
    restarts: int


@dataclass(frozen=True)
class _Initialization:
    """A reason while the init containers are not done, how many sidecars are ready, restarts of all and of sidecars."""

    reason: str
    ready: int
    restarts: int
    sidecar_restarts: int


def read_pod_status(found: KubernetesObject) -> PodStatus:
    """Of a Pod as the API server gives it."""
    sidecars = {
        text(one, "name")
        for one in mappings(found, "spec", "initContainers")
        if text(one, "restartPolicy") == "Always"
    }
    statuses = mappings(found, "status", "containerStatuses")
    initialization = _read_initialization(found, sidecars)
    reason, ready, restarts = initialization.reason, initialization.ready, initialization.restarts
    if not reason or has_condition(found, "Initialized"):
        reason = _read_containers(found, statuses, reason or _read_phase(found))
        ready += sum(
            _is_running(one) and dig(one, "ready") is True and not container_reason(one) for one in statuses
        )
        restarts = initialization.sidecar_restarts + _count_restarts(statuses)
    total = len(mappings(found, "spec", "containers")) + len(sidecars)
    return PodStatus(_read_deletion(found) or reason, ready, total, restarts)


def container_reason(status: KubernetesObject) -> str:
    """Why a container waits or ended; empty while it runs."""
    if reason := text(status, "state", "waiting", "reason"):
        return reason
    terminated = mapping(status, "state", "terminated")
    if not terminated:
        return ""
    if reason := text(terminated, "reason"):
        return reason
    signal = number(terminated, "signal")
    return f"Signal:{signal}" if signal else f"ExitCode:{number(terminated, 'exitCode')}"


def has_condition(found: KubernetesObject, kind: str) -> bool:
    """Whether a condition of this type is True."""
    return any(
        text(one, "type") == kind and text(one, "status") == "True"
        for one in mappings(found, "status", "conditions")
    )


def _read_phase(found: KubernetesObject) -> str:
    for one in mappings(found, "status", "conditions"):
        if text(one, "type") == "PodScheduled" and text(one, "reason") == GATED:
            return GATED
    return text(found, "status", "reason") or text(found, "status", "phase") or "Unknown"


def _read_initialization(found: KubernetesObject, sidecars: set[str]) -> _Initialization:
    """Up to the first init container that is not done; a sidecar that has started is."""
    statuses = mappings(found, "status", "initContainerStatuses")
    ready = restarts = sidecar_restarts = 0
    for index, status in enumerate(statuses):
        is_sidecar = text(status, "name") in sidecars
        count = number(status, "restartCount") or 0
        restarts += count
        sidecar_restarts += count if is_sidecar else 0
        if _has_succeeded(status):
            continue
        if is_sidecar and dig(status, "started") is True:
            ready += dig(status, "ready") is True
            continue
        return _Initialization(_read_init_reason(found, index, status), ready, restarts, sidecar_restarts)
    return _Initialization("", ready, restarts, sidecar_restarts)


def _has_succeeded(status: KubernetesObject) -> bool:
    terminated = mapping(status, "state", "terminated")
    return bool(terminated) and number(terminated, "exitCode") == 0


def _read_init_reason(found: KubernetesObject, index: int, status: KubernetesObject) -> str:
    reason = container_reason(status)
    if reason and reason != "PodInitializing":
        return f"Init:{reason}"
    return f"Init:{index}/{len(mappings(found, 'spec', 'initContainers'))}"


def _read_containers(found: KubernetesObject, statuses: Sequence[KubernetesObject], reason: str) -> str:
    """The first container that waits or has ended names the reason; one that runs makes Completed Running again."""
    for status in reversed(statuses):
        reason = container_reason(status) or reason
    if reason == "Completed" and any(_is_running(one) and dig(one, "ready") is True for one in statuses):
        return "Running" if has_condition(found, "Ready") else "NotReady"
    return reason


def _read_deletion(found: KubernetesObject) -> str:
    if not dig(found, "metadata", "deletionTimestamp"):
        return ""
    if text(found, "status", "reason") == "NodeLost":
        return "Unknown"
    return "" if text(found, "status", "phase") in _TERMINAL else "Terminating"


def _is_running(status: KubernetesObject) -> bool:
    return isinstance(dig(status, "state", "running"), dict)


def _count_restarts(statuses: Sequence[KubernetesObject]) -> int:
    return sum(number(one, "restartCount") or 0 for one in statuses)
