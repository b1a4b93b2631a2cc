"""Filters: each of kubectl's, in its order, with all warnings kept; what is missing is never destructive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from clusters.api.errors import ApiError, Forbidden, NotFound
from clusters.drains.filters import (
    DAEMONSET_FATAL,
    DAEMONSET_WARNING,
    LOCAL_STORAGE_FATAL,
    LOCAL_STORAGE_WARNING,
    UNMANAGED_FATAL,
    UNMANAGED_WARNING,
    judge,
    list_errors,
    list_warnings,
)
from clusters.drains.options import DrainOptions, read_options
from clusters.drains.pods import Pod

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAEMONSET = {"kind": "DaemonSet", "apiVersion": "apps/v1", "name": "agent", "controller": True}
REPLICASET = {"kind": "ReplicaSet", "apiVersion": "apps/v1", "name": "web-1", "controller": True}
SCRATCH = [{"name": "scratch", "emptyDir": {}}]
ALL = DrainOptions(ignore_daemonsets=True, delete_emptydir_data=True, force=True)


def make_pod(
    *,
    owner: Mapping[str, Any] | None = None,
    phase: str = "Running",
    volumes: list[Any] | None = None,
    mirror: bool = False,
    deleted: float | None = None,
) -> Pod:
    metadata = {
        "namespace": "shop",
        "name": "web",
        "ownerReferences": [owner] if owner else [],
        "annotations": {"kubernetes.io/config.mirror": "x"} if mirror else {},
        "deletionTimestamp": (NOW - timedelta(seconds=deleted)).isoformat() if deleted is not None else None,
    }
    whole = {"metadata": metadata, "spec": {"volumes": volumes or []}, "status": {"phase": phase}}
    return msgspec.convert(whole, Pod)


def decide(
    pod: Pod, options: DrainOptions, error: ApiError | None = None
) -> tuple[str, tuple[str, ...], str]:
    found = judge(pod, options, lambda _namespace, _name: error, NOW)
    return found.decision, found.warnings, found.error


CASES: list[tuple[Pod, DrainOptions, ApiError | None, tuple[str, tuple[str, ...], str]]] = [
    (make_pod(owner=REPLICASET), DrainOptions(), None, ("evict", (), "")),
    (make_pod(owner=DAEMONSET), DrainOptions(), None, ("error", (), DAEMONSET_FATAL)),
    (make_pod(owner=DAEMONSET), ALL, None, ("skip", (DAEMONSET_WARNING,), "")),
    (make_pod(owner=DAEMONSET, phase="Failed"), DrainOptions(), None, ("evict", (), "")),
    (make_pod(owner=DAEMONSET), DrainOptions(), NotFound("gone"), ("error", (), "gone")),
    (make_pod(owner=DAEMONSET), ALL, NotFound("gone"), ("evict", ("gone",), "")),
    (make_pod(owner=DAEMONSET), ALL, Forbidden("no"), ("error", (), "no")),
    (make_pod(owner={**DAEMONSET, "apiVersion": "example.com/v1"}), DrainOptions(), None, ("evict", (), "")),
    (make_pod(mirror=True), DrainOptions(), None, ("skip", (), "")),
    (make_pod(owner=REPLICASET, volumes=SCRATCH), DrainOptions(), None, ("error", (), LOCAL_STORAGE_FATAL)),
    (make_pod(owner=REPLICASET, volumes=SCRATCH), ALL, None, ("evict", (LOCAL_STORAGE_WARNING,), "")),
    (make_pod(volumes=SCRATCH), ALL, None, ("evict", (LOCAL_STORAGE_WARNING, UNMANAGED_WARNING), "")),
    (make_pod(volumes=SCRATCH, phase="Succeeded"), DrainOptions(), None, ("evict", (), "")),
    (make_pod(volumes=[{"name": "a", "hostPath": {"path": "/"}}], owner=REPLICASET), DrainOptions(), None,
     ("evict", (), "")),
    (make_pod(), DrainOptions(), None, ("error", (), UNMANAGED_FATAL)),
    (make_pod(owner={**REPLICASET, "controller": False}), DrainOptions(), None, ("error", (), UNMANAGED_FATAL)),
    (make_pod(deleted=31), DrainOptions(skip_wait_for_delete_timeout=30), None, ("skip", (), "")),
    (make_pod(deleted=30), DrainOptions(skip_wait_for_delete_timeout=30), None, ("error", (), UNMANAGED_FATAL)),
    (make_pod(deleted=31), DrainOptions(), None, ("error", (), UNMANAGED_FATAL)),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "options", "error", "expected"), CASES)
def test_each_pod_is_judged_as_by_kubectl(
    pod: Pod, options: DrainOptions, error: ApiError | None, expected: tuple[str, tuple[str, ...], str]
) -> None:
    assert decide(pod, options, error) == expected


def test_sentences_are_kubectls_with_all_pods_of_a_kind() -> None:
    judged = [(pod, judge(pod, DrainOptions(), lambda *_: None, NOW)) for pod in (make_pod(), make_pod())]
    assert list_errors(judged) == [f"cannot delete {UNMANAGED_FATAL}: shop/web, shop/web"]
    forced = [(pod, judge(pod, ALL, lambda *_: None, NOW)) for pod in (make_pod(volumes=SCRATCH),)]
    assert list_warnings(forced) == [f"{LOCAL_STORAGE_WARNING}: shop/web", f"{UNMANAGED_WARNING}: shop/web"]
    assert list_errors(forced) == []


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"force": "on", "ignore_daemonsets": 1, "grace_period": "0", "timeout": None, "pod_selector": 3},
        {"grace_period": -1, "at_once": 0, "skip_wait_for_delete_timeout": True},
    ],
)
def test_what_is_missing_or_wrong_is_kubectls_default(stored: dict[str, Any]) -> None:
    assert read_options(stored) == DrainOptions()


def test_options_survive_being_stored() -> None:
    options = DrainOptions(True, True, True, True, 0, 5, 7, "app=web", 3)
    assert read_options(options.to_json()) == options
    assert options.to_flags() == [
        "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--disable-eviction", "--grace-period=0",
        "--timeout=5s", "--skip-wait-for-delete-timeout=7", "--pod-selector=app=web",
    ]  # fmt: skip
