"""Benchmark of actions: the access reviews of an object page, and 500 labels in bulk against `kubectl label`."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime

from bench.figures import Figure, spread
from bench.product import SLUG
from bench.world import World, run_alone
from clusters.api.connection import USER_AGENT
from tests.actions.pages import build_workload, read_text
from tests.bulk.pages import BulkPage
from tests.controlplane.kubeconfigs import ADMIN

SPACE = "bench-actions"
VIEWS, MOST_REVIEWS, SETTLED = 5, 40, 150.0  # milliseconds
OBJECTS, RUNS = 500, 3


def measure(world: World) -> Sequence[Figure]:
    """An object page with every action of a Deployment, of somebody new each time; then one label on all ConfigMaps."""
    world.plane.kubectl("create", "namespace", SPACE)
    world.plane.create([build_workload("Deployment", SPACE, "gated", replicas=0)])
    world.plane.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"map-{number}", "namespace": SPACE}}
        for number in range(OBJECTS)
    )
    return [_measure_reviews(world), _measure_labels(world)]


def _measure_reviews(world: World) -> Figure:
    counts: list[float] = []
    durations: list[float] = []
    for _view in range(world.samples(VIEWS)):
        client = world.product.client(world.product.newcomer())
        begun = world.plane.audit_log.stat().st_size
        answer = client.get(f"{world.product.url}/c/{SLUG}/{SPACE}/deployments.apps/gated")
        assert answer.status_code == 200
        assert "Set image" in answer.text
        times = _read_reviews(world, begun)
        counts.append(len(times))
        durations.append(1000 * (max(end for _began, end in times) - min(began for began, _end in times)))
    return Figure(
        "an object page with all actions gated: access reviews, and from the first to the end of the last",
        f"<= {MOST_REVIEWS}, settled within {SETTLED:.0f} ms",
        f"{max(counts):.0f}, {spread(durations, ' ms')}",
        max(counts) <= MOST_REVIEWS and sorted(durations)[len(durations) // 2] <= SETTLED,
        notes=("Of somebody new each time, read from the API server's audit log.",),
    )


def _read_reviews(world: World, begun: int) -> list[tuple[float, float]]:
    """When each began and ended, in seconds since 1970."""
    with world.plane.audit_log.open("rb") as log:
        log.seek(begun)
        lines = log.read().decode(errors="replace").splitlines()
    found = [json.loads(line) for line in lines if "selfsubject" in line and USER_AGENT in line]
    complete = [one for one in found if one["stage"] == "ResponseComplete"]
    return [
        (_read_time(one["requestReceivedTimestamp"]), _read_time(one["stageTimestamp"])) for one in complete
    ]


def _read_time(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _measure_labels(world: World) -> Figure:
    ours, theirs = [], []
    for number in range(world.samples(RUNS)):
        theirs.append(_label_with_kubectl(world, f"theirs-{number}=yes"))
        ours.append(_label_with_product(world, f"ours-{number}=yes"))
    selector = f"ours-{len(ours) - 1}=yes"
    done = world.plane.kubectl("get", "configmaps", "-n", SPACE, "-l", selector, "-o", "name").split()
    assert len(done) == OBJECTS
    return Figure(
        f"{OBJECTS} labels in bulk, from the click to the last result",
        "not slower than kubectl label",
        spread(ours, " s", 1),
        sorted(ours)[len(ours) // 2] <= sorted(theirs)[len(theirs) // 2],
        reference=f"kubectl label: {spread(theirs, ' s', 1)}",
        notes=(
            "Each is in the audit trail before it is sent; the plan with its reviews is made again by the click.",
        ),
    )


def _label_with_kubectl(world: World, term: str) -> float:
    command = [str(world.plane.binaries.kubectl), "--kubeconfig", str(world.plane.kubeconfig(ADMIN))]
    began = time.monotonic()
    words = [*command, "label", "configmaps", "-n", SPACE, "-l", "!kept", term, "--overwrite"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def _label_with_product(world: World, term: str) -> float:
    page = BulkPage(world.product, world.product.newcomer(), f"/c/{SLUG}/{SPACE}/configmaps?q=map-")
    assert page.confirm("label").status_code == 200
    began = time.monotonic()
    answer = page.start(terms=term)
    assert answer.status_code == 302, read_text(answer)[:300]
    page.wait()
    return time.monotonic() - began


if __name__ == "__main__":
    run_alone(measure)
