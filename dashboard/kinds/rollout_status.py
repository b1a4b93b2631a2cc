"""Rollout status: the sentence of `kubectl rollout status` for a Deployment, StatefulSet or DaemonSet.

The rules and words are those of kubectl's pkg/polymorphichelpers/rollout_status.go (1.36), in English as kubectl's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard.kinds.fields import KubernetesObject, mapping, mappings, name_of, number, text

ROLLING_UPDATE = "RollingUpdate"
ON_DELETE = "OnDelete"
DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
RolloutState = Literal["progress", "done", "failed", "untracked"]


@dataclass(frozen=True)
class RolloutStatus:
    """kubectl's sentence, and whether it would wait, end well, end with an error, or not follow this strategy."""

    sentence: str
    state: RolloutState


def read_rollout_status(found: KubernetesObject) -> RolloutStatus | None:
    """Of an object as the API server gives it; None for kinds without rollouts."""
    reader = {
        "Deployment": _read_deployment,
        "StatefulSet": _read_stateful_set,
        "DaemonSet": _read_daemon_set,
    }.get(text(found, "kind"))
    return reader(found) if reader is not None else None


def has_exceeded_deadline(found: KubernetesObject) -> bool:
    """Whether a Deployment made no progress within its progressDeadlineSeconds."""
    return any(
        text(one, "type") == "Progressing" and text(one, "reason") == DEADLINE_EXCEEDED
        for one in mappings(found, "status", "conditions")
    )


def _count(found: KubernetesObject, *path: str) -> int:
    return number(found, *path) or 0


def _read_deployment(found: KubernetesObject) -> RolloutStatus:
    name, status = f'deployment "{name_of(found)}"', mapping(found, "status")
    if _count(found, "metadata", "generation") > _count(status, "observedGeneration"):
        return RolloutStatus("Waiting for deployment spec update to be observed...", "progress")
    if has_exceeded_deadline(found):
        return RolloutStatus(f"{name} exceeded its progress deadline", "failed")
    waiting = f"Waiting for {name} rollout to finish:"
    updated, available = _count(status, "updatedReplicas"), _count(status, "availableReplicas")
    desired, old = number(found, "spec", "replicas"), _count(status, "replicas") - updated
    if desired is not None and updated < desired:
        return RolloutStatus(
            f"{waiting} {updated} out of {desired} new replicas have been updated...", "progress"
        )
    if old > 0:
        return RolloutStatus(f"{waiting} {old} old replicas are pending termination...", "progress")
    if available < updated:
        return RolloutStatus(
            f"{waiting} {available} of {updated} updated replicas are available...", "progress"
        )
    return RolloutStatus(f"{name} successfully rolled out", "done")


def _read_daemon_set(found: KubernetesObject) -> RolloutStatus:
    if text(found, "spec", "updateStrategy", "type") != ROLLING_UPDATE:
        return _build_untracked()
    name, status = f'daemon set "{name_of(found)}"', mapping(found, "status")
    if _count(found, "metadata", "generation") > _count(status, "observedGeneration"):
        return RolloutStatus("Waiting for daemon set spec update to be observed...", "progress")
    waiting, desired = f"Waiting for {name} rollout to finish:", _count(status, "desiredNumberScheduled")
    updated, available = _count(status, "updatedNumberScheduled"), _count(status, "numberAvailable")
    if updated < desired:
        return RolloutStatus(
            f"{waiting} {updated} out of {desired} new pods have been updated...", "progress"
        )
    if available < desired:
        return RolloutStatus(f"{waiting} {available} of {desired} updated pods are available...", "progress")
    return RolloutStatus(f"{name} successfully rolled out", "done")


def _read_stateful_set(found: KubernetesObject) -> RolloutStatus:
    strategy, status = mapping(found, "spec", "updateStrategy"), mapping(found, "status")
    if text(strategy, "type") != ROLLING_UPDATE:
        return _build_untracked()
    observed = _count(status, "observedGeneration")
    if observed == 0 or _count(found, "metadata", "generation") > observed:
        return RolloutStatus("Waiting for statefulset spec update to be observed...", "progress")
    desired, updated = number(found, "spec", "replicas"), _count(status, "updatedReplicas")
    if desired is not None and (missing := desired - _count(status, "readyReplicas")) > 0:
        return RolloutStatus(f"Waiting for {missing} pods to be ready...", "progress")
    if isinstance(strategy.get("rollingUpdate"), dict):
        return _read_partitioned(desired, updated, number(strategy, "rollingUpdate", "partition"))
    current, newest = text(status, "currentRevision"), text(status, "updateRevision")
    if newest != current:
        return RolloutStatus(
            f"waiting for statefulset rolling update to complete {updated} pods at revision {newest}...",
            "progress",
        )
    count = _count(status, "currentReplicas")
    return RolloutStatus(f"statefulset rolling update complete {count} pods at revision {current}...", "done")


def _read_partitioned(desired: int | None, updated: int, partition: int | None) -> RolloutStatus:
    if desired is not None and partition is not None and updated < desired - partition:
        return RolloutStatus(
            f"Waiting for partitioned roll out to finish: {updated} out of {desired - partition} new pods have been "
            "updated...",
            "progress",
        )
    return RolloutStatus(f"partitioned roll out complete: {updated} new pods have been updated...", "done")


def _build_untracked() -> RolloutStatus:
    """kubectl names the strategy type that it follows, and ends with an error."""
    return RolloutStatus(f"rollout status is only available for {ROLLING_UPDATE} strategy type", "untracked")
