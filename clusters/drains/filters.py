"""Filters of a drain: which pods are evicted, skipped, or stand in the way, by kubectl's rules in kubectl's order.

They are those of `kubectl drain` (https://github.com/kubernetes/kubectl/blob/master/pkg/drain/filters.go), whose words
they use. kubectl keeps only the last warning of a pod; here all of them are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clusters.api.errors import ApiError, NotFound
from clusters.drains.options import DrainOptions
from clusters.drains.pods import MIRROR, Pod

DAEMONSET_FATAL = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
DAEMONSET_WARNING = "ignoring DaemonSet-managed Pods"
LOCAL_STORAGE_FATAL = "Pods with local storage (use --delete-emptydir-data to override)"
LOCAL_STORAGE_WARNING = "deleting Pods with local storage"
UNMANAGED_FATAL = "Pods that declare no controller (use --force to override)"
UNMANAGED_WARNING = "deleting Pods that declare no controller"

Decision = Literal["evict", "skip", "error"]
# Of a DaemonSet by namespace and name: None where it is there, else the error of its GET.
FindDaemonSet = Callable[[str, str], ApiError | None]


@dataclass(frozen=True)
class Verdict:
    """What a drain does with one pod. `error` stands in the way of the whole drain; `skipped` says why it stays."""

    decision: Decision
    warnings: tuple[str, ...] = ()
    error: str = ""
    skipped: Literal["", "deleted", "daemonset", "mirror"] = ""


@dataclass(frozen=True)
class _Step:
    """What one filter says. `is_kept`: the pod stays, and no further filter is asked."""

    is_kept: bool = False
    warning: str = ""
    error: str = ""
    skipped: Literal["", "deleted", "daemonset", "mirror"] = ""


OKAY = _Step()
Filter = Callable[[Pod, DrainOptions, FindDaemonSet, datetime], _Step]


def judge(pod: Pod, options: DrainOptions, find_daemonset: FindDaemonSet, now: datetime) -> Verdict:
    """All filters in their order, up to the first that keeps the pod."""
    warnings: list[str] = []
    for one in FILTERS:
        step = one(pod, options, find_daemonset, now)
        if step.warning:
            warnings.append(step.warning)
        if step.error:
            return Verdict("error", tuple(warnings), step.error)
        if step.is_kept:
            return Verdict("skip", tuple(warnings), skipped=step.skipped)
    return Verdict("evict", tuple(warnings))


def is_long_deleted(pod: Pod, options: DrainOptions, now: datetime) -> bool:
    """Whether it is being deleted for longer than the drain waits for such pods."""
    limit, deleted = options.skip_wait_for_delete_timeout, pod.metadata.deletionTimestamp
    return limit > 0 and deleted is not None and int((now - deleted).total_seconds()) > limit


def _keep_deleted(pod: Pod, options: DrainOptions, _find: FindDaemonSet, now: datetime) -> _Step:
    return _Step(is_kept=True, skipped="deleted") if is_long_deleted(pod, options, now) else OKAY


def _keep_daemonset(pod: Pod, options: DrainOptions, find: FindDaemonSet, _now: datetime) -> _Step:
    """Its controller would create it again at once. Finished ones go, and with --force those without a DaemonSet."""
    controller = pod.controller
    if controller is None or (controller.kind, controller.apiVersion) != ("DaemonSet", "apps/v1"):
        return OKAY
    if pod.is_finished:
        return OKAY
    error = find(pod.metadata.namespace, controller.name)
    if error is not None:
        is_orphaned = isinstance(error, NotFound) and options.force
        return _Step(warning=str(error)) if is_orphaned else _Step(error=str(error))
    if not options.ignore_daemonsets:
        return _Step(error=DAEMONSET_FATAL)
    return _Step(is_kept=True, warning=DAEMONSET_WARNING, skipped="daemonset")


def _keep_mirror(pod: Pod, _options: DrainOptions, _find: FindDaemonSet, _now: datetime) -> _Step:
    """The mirror of a static pod, which the kubelet runs whatever the API server says."""
    return _Step(is_kept=True, skipped="mirror") if MIRROR in (pod.metadata.annotations or {}) else OKAY


def _warn_of_local_storage(pod: Pod, options: DrainOptions, _find: FindDaemonSet, _now: datetime) -> _Step:
    if not pod.empty_dirs or pod.is_finished:
        return OKAY
    if not options.delete_emptydir_data:
        return _Step(error=LOCAL_STORAGE_FATAL)
    return _Step(warning=LOCAL_STORAGE_WARNING)


def _warn_of_unmanaged(pod: Pod, options: DrainOptions, _find: FindDaemonSet, _now: datetime) -> _Step:
    if pod.is_finished or pod.controller is not None:
        return OKAY
    return _Step(warning=UNMANAGED_WARNING) if options.force else _Step(error=UNMANAGED_FATAL)


FILTERS: Sequence[Filter] = (
    _keep_deleted,
    _keep_daemonset,
    _keep_mirror,
    _warn_of_local_storage,
    _warn_of_unmanaged,
)


def list_errors(judged: Iterable[tuple[Pod, Verdict]]) -> list[str]:
    """kubectl's sentences, one for each kind of error with its pods."""
    by_error: dict[str, list[str]] = defaultdict(list)
    for pod, verdict in judged:
        if verdict.error:
            by_error[verdict.error].append(pod.path)
    return [f"cannot delete {error}: {', '.join(paths)}" for error, paths in by_error.items()]


def list_warnings(judged: Iterable[tuple[Pod, Verdict]]) -> list[str]:
    """kubectl's sentences, one for each kind of warning with its pods."""
    by_warning: dict[str, list[str]] = defaultdict(list)
    for pod, verdict in judged:
        for warning in verdict.warnings:
            by_warning[warning].append(pod.path)
    return [f"{warning}: {', '.join(paths)}" for warning, paths in by_warning.items()]
