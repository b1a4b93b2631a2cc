"""A drain of 200 pods whose budget allows nothing: named, stopped, resumed, its server killed, and never too fast."""

from __future__ import annotations

import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.kubeconfigs import ADMIN
from tests.dashboard_server import DashboardServer, wait_for
from tests.drains.nodes import (
    build_budget,
    build_pod,
    list_evictions,
    list_pods,
    make_owner,
    wait_until_running,
)
from tests.drains.pages import DrainPages

COUNT = 200
RETRY = 5.0  # kubectl's, in seconds
LABELS = {"app": "guarded"}


@pytest.fixture
def own_server(controlplane: ControlPlane, tmp_path: Path) -> Iterator[DashboardServer]:
    """A dashboard that the test can kill."""
    dashboard = DashboardServer(tmp_path).start()
    try:
        dashboard.add_cluster(controlplane)
        yield dashboard
    finally:
        dashboard.stop()


def fill(plane: ControlPlane, namespace: str, node: str) -> None:
    owner = make_owner(plane, namespace)
    pods = [
        build_pod(namespace, f"pod-{number:03}", node, owner=owner, labels=LABELS) for number in range(COUNT)
    ]
    plane.create(pods)
    wait_until_running(plane, node, COUNT)
    plane.create([build_budget(namespace, "guard", minimum=COUNT, labels=LABELS)])


def count_soon(evictions: list[dict[str, float]], seconds: float) -> int:
    """How many were sent within so many seconds of the first."""
    first = min(one["at"] for one in evictions)
    return sum(one["at"] - first <= seconds for one in evictions)


def test_it_is_named_stopped_resumed_and_survives_a_kill(controlplane, own_server, namespaces, nodes):
    for namespace, node in zip(namespaces, nodes, strict=True):
        fill(controlplane, namespace, node)
    command = [str(controlplane.binaries.kubectl), "--kubeconfig", str(controlplane.kubeconfig(ADMIN))]
    theirs = subprocess.Popen(
        [*command, "drain", nodes[1], "--timeout=25s"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": str(controlplane.directory)},
    )  # fmt: skip
    pages = DrainPages(own_server, "ada")
    plan = pages.plan(nodes[0])
    assert "Blocked now" in plan.answer.text
    assert "guard" in plan.answer.text
    url = pages.start(nodes[0])
    words = pages.wait_for_text(url, f"PodDisruptionBudget guard in namespace {namespaces[0]} blocks")
    named_at = time.time()
    refused = [one for one in list_evictions(controlplane, namespaces[0]) if one["code"] == 429]
    assert named_at - min(one["at"] for one in refused) < RETRY
    assert f"needs {COUNT} healthy pods" in words

    assert pages.post(url, "stop").status_code == 302
    pages.wait_for_text(url, "Stopped by ada.")
    assert pages.post(url, "resume").status_code == 302
    pages.wait_for_text(url, "Running")
    wait_for(lambda: has_retried(controlplane, namespaces[0]), message="no pod was tried again")

    own_server.end_server()
    own_server.start_server()
    pages.wait_for_text(url, "The Quarterdeck server was stopped.")
    assert pages.post(url, "resume").status_code == 302
    pages.wait_for_text(url, "Running")

    own_server.kill_server()
    own_server.start_server()
    pages.wait_for_text(url, "Interrupted")
    count = len(list_evictions(controlplane, namespaces[0]))
    assert list_pods(controlplane, nodes[0]) == {f"pod-{number:03}" for number in range(COUNT)}
    controlplane.kubectl("delete", "poddisruptionbudget", "guard", "-n", namespaces[0])
    assert len(list_evictions(controlplane, namespaces[0])) == count, "nothing is sent before it is resumed"
    assert pages.post(url, "resume").status_code == 302
    pages.wait_for_text(url, "Drained", 90)
    assert list_pods(controlplane, nodes[0]) == set()

    theirs.wait(60)
    compare_pace(controlplane, namespaces)


def has_retried(plane: ControlPlane, namespace: str) -> bool:
    return max(Counter(one["pod"] for one in list_evictions(plane, namespace)).values(), default=0) > 1


KUBECTL_RATE, KUBECTL_BURST = 5.0, 10  # requests in a second, and at once: client-go's defaults


def compare_pace(plane: ControlPlane, namespaces: tuple[str, str]) -> None:
    """Never two evictions of a pod within 5 s, never faster than kubectl's limiter lets it be, and not more of them.

    kubectl itself is slower than its limiter where the machine is busy: what it had sent by a moment is no measure.
    """
    ours, theirs = (list_evictions(plane, namespace) for namespace in namespaces)
    times = sorted(one["at"] for one in ours)
    for number, first in enumerate(times):
        for count, at in enumerate(times[number:], 1):
            assert count <= KUBECTL_BURST + KUBECTL_RATE * (at - first) + 1, (count, at - first)
    assert count_soon(ours, 20) <= len(theirs)
    by_pod = defaultdict(list)
    for one in ours:
        by_pod[one["pod"]].append(one["at"])
    assert len(by_pod) == COUNT
    gaps = [
        after - before
        for times in by_pod.values()
        for before, after in zip(sorted(times), sorted(times)[1:], strict=False)
    ]
    assert len(gaps) >= 10
    assert min(gaps) >= RETRY
