"""Benchmark of drains: 20 at once by one person against 20 `kubectl drain`, and pages of others in that time."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Sequence

from bench.figures import Figure, percentile
from bench.product import SLUG
from bench.world import LIST, World, run_alone
from tests.controlplane.kubeconfigs import ADMIN
from tests.drains.nodes import (
    build_pod,
    list_evictions,
    make_node,
    make_owner,
    remove_nodes,
    wait_until_running,
)
from tests.drains.pages import DrainPages

DRAINS, PODS = 20, 10
GOAL = 1.5  # times kubectl's
PAGE_GOAL = 500.0  # milliseconds of a list page while they run


def measure(world: World) -> Sequence[Figure]:
    """All nodes are drained of the same number of pods, whose budget allows everything."""
    count = world.samples(DRAINS)
    nodes = {owner: [f"bench-{owner}-{number}" for number in range(count)] for owner in ("ours", "theirs")}
    for owner, names in nodes.items():
        _fill(world, f"drain-{owner}", names)
    theirs = _drain_with_kubectl(world, nodes["theirs"])
    ours, pages = _drain_with_product(world, nodes["ours"])
    sent = {owner: len(list_evictions(world.plane, f"drain-{owner}")) for owner in nodes}
    remove_nodes(world.plane, *nodes["ours"], *nodes["theirs"])
    return [
        Figure(
            f"{count} drains at once of {PODS} pods each, until all nodes are empty",
            f"<= {GOAL} x kubectl, and no more evictions",
            f"{ours:.1f} s, {sent['ours']} evictions",
            ours <= GOAL * theirs and sent["ours"] <= sent["theirs"],
            reference=f"kubectl drain, {count} processes: {theirs:.1f} s, {sent['theirs']} evictions",
        ),
        Figure(
            f"a list page of somebody else while {count} drains run",
            f"median <= {PAGE_GOAL:.0f} ms",
            f"{statistics.median(pages):.0f} ms, p90 {percentile(pages, 90):.0f} ms, of {len(pages)}",
            statistics.median(pages) <= PAGE_GOAL,
        ),
    ]


def _fill(world: World, namespace: str, nodes: Sequence[str]) -> None:
    world.plane.kubectl("create", "namespace", namespace)
    owner = make_owner(world.plane, namespace)
    for node in nodes:
        make_node(world.plane, node)
        world.plane.create(
            build_pod(namespace, f"{node}-{number}", node, owner=owner) for number in range(PODS)
        )
    for node in nodes:
        wait_until_running(world.plane, node, PODS)


def _drain_with_kubectl(world: World, nodes: Sequence[str]) -> float:
    command = [str(world.plane.binaries.kubectl), "--kubeconfig", str(world.plane.kubeconfig(ADMIN)), "drain"]
    began = time.monotonic()
    running = [
        subprocess.Popen([*command, node], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for node in nodes
    ]
    for one in running:
        assert one.wait(300) == 0
    return time.monotonic() - began


def _drain_with_product(world: World, nodes: Sequence[str]) -> tuple[float, list[float]]:
    """Seconds until all are done, and milliseconds of the list pages of somebody else in that time."""
    pages, other = DrainPages(world.product, world.product.newcomer(), SLUG), world.product.newcomer()
    client = world.product.client(other)
    client.get(world.product.url + LIST)
    samples: list[float] = []
    began = time.monotonic()
    left = [pages.start(node) for node in nodes]
    while left:
        asked = time.monotonic()
        assert client.get(world.product.url + LIST).status_code == 200
        samples.append(1000 * (time.monotonic() - asked))
        left = [url for url in left if "Done" not in pages.read(url)]
        assert time.monotonic() - began < 300
    return time.monotonic() - began, samples


if __name__ == "__main__":
    run_alone(measure)
