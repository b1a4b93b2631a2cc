"""Rollout status: our sentence equals what a real `kubectl rollout status` prints, over all states of three kinds."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from dashboard.kinds.rollout_status import read_rollout_status
from tests.actions.pages import build_workload
from tests.controlplane.controlplane import ControlPlane

NAMESPACE = "rollout-status"
EXCEEDED = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "lastUpdateTime": "2026-11-30T12:00:00Z",
    "lastTransitionTime": "2026-11-30T12:00:00Z",
}


@pytest.fixture(scope="module")
def frozen(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    """A control plane whose controllers stand still, so that a status stays as it is written."""
    controlplane.kubectl("create", "namespace", NAMESPACE)
    controlplane.send_signal("kube-controller-manager", signal.SIGSTOP)
    yield controlplane
    controlplane.send_signal("kube-controller-manager", signal.SIGCONT)
    controlplane.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def list_deployments() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Specs with statuses: not observed, past the deadline, and each way to count 3 replicas."""
    yield {"replicas": 3}, {}
    yield {"replicas": 3}, {"observedGeneration": 1, "conditions": [EXCEEDED]}
    yield {"replicas": 0}, {"observedGeneration": 1}
    for updated, old, available in product((0, 2, 3), (0, 1), (0, 2, 3)):
        replicas = updated + old
        if available <= replicas:
            counts = {"replicas": replicas, "updatedReplicas": updated, "availableReplicas": available}
            yield {"replicas": 3}, {"observedGeneration": 1, "readyReplicas": available, **counts}


def list_stateful_sets() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    strategies: tuple[dict[str, Any], ...] = (
        {"type": "OnDelete"},
        {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},
        {"type": "RollingUpdate", "rollingUpdate": {"partition": 7}},
        {"type": "RollingUpdate"},
    )
    for strategy, ready, updated, revision in product(strategies, (0, 2, 3), (0, 1, 3), ("old", "new")):
        counts = {
            "replicas": 3,
            "readyReplicas": ready,
            "updatedReplicas": updated,
            "currentReplicas": 3 - updated,
        }
        names = {"currentRevision": revision, "updateRevision": "new"}
        yield {"replicas": 3, "updateStrategy": strategy}, {"observedGeneration": 1, **counts, **names}
    yield {"replicas": 3}, {"replicas": 0}


def list_daemon_sets() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    status = {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 3,
        "numberReady": 0,
    }
    for updated, available, kind in product((0, 2, 3), (0, 2, 3), ("RollingUpdate", "OnDelete")):
        counts = {"updatedNumberScheduled": updated, "numberAvailable": available}
        yield {"updateStrategy": {"type": kind}}, {**status, "observedGeneration": 1, **counts}
    yield {}, status
    yield {}, {**status, "observedGeneration": 1, "desiredNumberScheduled": 0}


STATES = {
    "Deployment": list_deployments,
    "StatefulSet": list_stateful_sets,
    "DaemonSet": list_daemon_sets,
}


@pytest.mark.parametrize("kind", STATES)
def test_it_says_the_sentence_of_kubectl_in_every_state(frozen: ControlPlane, kind: str) -> None:
    states = {f"state-{number}": state for number, state in enumerate(STATES[kind]())}
    assert len(states) > 15
    made = [build_workload(kind, NAMESPACE, name, **spec) for name, (spec, _status) in states.items()]
    frozen.create(made)
    frozen.apply(
        (
            {**{key: one[key] for key in ("apiVersion", "kind", "metadata")}, "status": status}
            for one, (_spec, status) in zip(made, states.values(), strict=True)
            if status
        ),
        status=True,
    )
    plural = f"{kind.lower()}s"
    found = json.loads(frozen.kubectl("get", plural, "-n", NAMESPACE, "-o", "json"))["items"]
    ours = {one["metadata"]["name"]: read_rollout_status({"kind": kind, **one}) for one in found}
    theirs = {name: run_kubectl(frozen, kind, name) for name in states}
    assert {name: status.sentence for name, status in ours.items() if status} == theirs
    assert len(set(theirs.values())) > 4


def run_kubectl(plane: ControlPlane, kind: str, name: str) -> str:
    """What kubectl says now, without waiting; an error without its own word in front."""
    command = [str(plane.binaries.kubectl), "--kubeconfig", str(plane.kubeconfig("admin"))]
    command += ["rollout", "status", f"{kind.lower()}/{name}", "-n", NAMESPACE, "--watch=false"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return (done.stdout or done.stderr).strip().removeprefix("error: ")


def test_a_kind_without_rollouts_has_no_sentence() -> None:
    assert read_rollout_status({"kind": "ReplicaSet"}) is None
