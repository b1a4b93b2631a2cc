"""Scripted events: repeatable by seed, recurring, and stopped on request."""

from __future__ import annotations

import asyncio

import pytest

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.controllers.behaviors import Behavior, Rule, image_not_found_message, parse_command_behavior
from simulator.runtime.cluster_runtime import ClusterRuntime
from simulator.runtime.script import NodeDowntime, Rollout, Script, next_tag
from simulator.server import Server
from tests.simulator.simulation import START, Simulation, condition, deployment, node

CRASH = Rule(Behavior(exits_after=(5, 20), code=1), workload="web")


def run_scenario(seed: int) -> tuple[list[tuple[str, str]], list[str]]:
    """An eventful quarter of an hour: the Events, and the pods' names."""
    simulation = Simulation(CRASH, seed=seed)
    simulation.make("Deployment", "web", deployment(3))
    simulation.make("CronJob", "tick", {"schedule": "*/3 * * * *", "jobTemplate": {"spec": work()}})
    for _ in range(9):
        simulation.step(100)
    return simulation.list_events(), [one["metadata"]["name"] for one in simulation.all("Pod")]


def work() -> dict[str, object]:
    return {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}}}


def test_it_repeats_itself_for_the_same_seed() -> None:
    events, names = run_scenario(7)
    assert len(events) > 40
    assert (events, names) == run_scenario(7)


def test_it_differs_for_another_seed() -> None:
    assert run_scenario(7) != run_scenario(8)


def test_it_rolls_out_again_and_again() -> None:
    script = Script([Rollout("default", "web", "1.{n}.0", (600, 600))])
    simulation = Simulation(script=script)
    simulation.make("Deployment", "web", deployment(1, "web:1.4.0"))

    def image() -> str:
        return str(simulation.get("Deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"])

    simulation.step(500)
    assert image() == "web:1.4.0"
    simulation.step(200)
    assert image() == "web:1.5.0"
    simulation.step(600)
    assert image() == "web:1.6.0"
    cause = simulation.get("Deployment", "web")["metadata"]["annotations"]["kubernetes.io/change-cause"]
    assert cause == "release 1.6.0"


def test_it_rolls_out_nothing_that_is_paused() -> None:
    simulation = Simulation(script=Script([Rollout("default", "web", "1.{n}.0", (600, 600))]))
    simulation.make("Deployment", "web", deployment(1, "web:1.4.0"))
    simulation.step(60)
    simulation.change("Deployment", "web", paused=True)
    simulation.step(1300)
    assert (
        simulation.get("Deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"]
        == "web:1.4.0"
    )


def test_it_stops_a_kubelet_and_restarts_it() -> None:
    simulation = Simulation(script=Script(downtimes=[NodeDowntime("n1", (600, 600), (300, 300))]))
    simulation.step(700)
    assert condition(simulation.get("Node", "n1"), "Ready")[0] == "Unknown"
    simulation.step(300)
    assert condition(simulation.get("Node", "n1"), "Ready")[0] == "True"


@pytest.mark.parametrize(
    ("tag", "pattern", "expected"),
    [("1.7.3", "1.{n}.0", "1.8.0"), ("draft", "1.{n}.0", "1.1.0"), ("v9", "v{n}", "v10")],
)
def test_it_counts_tags(tag: str, pattern: str, expected: str) -> None:
    assert next_tag(tag, pattern) == expected


def test_it_runs_in_a_loop_as_fast_as_the_clock_and_leaves_nothing_behind() -> None:
    async def served() -> tuple[int, int, bool]:
        cluster = Cluster("tests", seed=1, clock=Clock(speed=500, start=START))
        cluster.load([node("n0")])
        server = Server(cluster, ClusterRuntime(cluster))
        await server.start()
        simulation = server.runtime
        assert simulation is not None
        plane = simulation.controllers.plane
        plane.create(("apps", "deployments"), "default", {"metadata": {"name": "web"}, "spec": deployment(2)})

        def count() -> int:
            return sum(one["status"]["phase"] == "Running" for one in cluster.store.items(("", "pods")))

        for _ in range(2000):
            if count() == 2:
                break
            await asyncio.sleep(0.005)  # the loop's turn; the bound is the range
        running = count()
        await server.stop()
        revision = cluster.store.revision
        plane.create(
            ("apps", "deployments"), "default", {"metadata": {"name": "late"}, "spec": deployment(2)}
        )
        cluster.clock.move(1000)
        await asyncio.sleep(0)
        left = len(asyncio.all_tasks()) - 1
        return running, left, cluster.store.revision == revision + 1

    assert asyncio.run(served()) == (2, 0, True)


def test_it_knows_the_plainest_commands() -> None:
    assert parse_command_behavior({"name": "a", "command": ["sh", "-c", "echo hi; exit 3"]}).code == 3
    assert parse_command_behavior({"name": "a", "args": ["sleep", "7"]}).exits_after == (7, 7)
    assert parse_command_behavior({"name": "a", "command": ["nginx"]}).exits_after is None
    assert 'reference "docker.io/library/web:gone"' in image_not_found_message("web:gone")
    assert 'reference "registry.example/web:latest"' in image_not_found_message("registry.example/web")
