"""Does a scripted life go on by the clock, the same for the same seed, and end when it is told to?"""

from __future__ import annotations

import asyncio

import pytest

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.keeping.controllers.behaviours import Behaviour, Rule, commanded, not_found
from simulator.lives.lives import Lives
from simulator.lives.script import Outage, Rollout, Script, next_tag
from simulator.server import Server
from tests.simulator.living import START, Living, condition, deployment, node

CRASH = Rule(Behaviour(exits_after=(5, 20), code=1), workload="web")


def lived(seed: int) -> tuple[list[tuple[str, str]], list[str]]:
    """An eventful quarter of an hour: what was told, and the pods' names."""
    living = Living(CRASH, seed=seed)
    living.make("Deployment", "web", deployment(3))
    living.make("CronJob", "tick", {"schedule": "*/3 * * * *", "jobTemplate": {"spec": work()}})
    for _ in range(9):
        living.step(100)
    return living.told(), [one["metadata"]["name"] for one in living.all("Pod")]


def work() -> dict[str, object]:
    return {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}}}


def test_it_lives_the_same_life_for_the_same_seed() -> None:
    told, names = lived(7)
    assert len(told) > 40
    assert (told, names) == lived(7)


def test_it_lives_another_for_another_seed() -> None:
    assert lived(7) != lived(8)


def test_it_rolls_out_again_and_again() -> None:
    script = Script([Rollout("default", "web", "1.{n}.0", (600, 600))])
    living = Living(script=script)
    living.make("Deployment", "web", deployment(1, "web:1.4.0"))

    def image() -> str:
        return str(living.get("Deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"])

    living.step(500)
    assert image() == "web:1.4.0"
    living.step(200)
    assert image() == "web:1.5.0"
    living.step(600)
    assert image() == "web:1.6.0"
    cause = living.get("Deployment", "web")["metadata"]["annotations"]["kubernetes.io/change-cause"]
    assert cause == "release 1.6.0"


def test_it_rolls_out_nothing_that_is_paused() -> None:
    living = Living(script=Script([Rollout("default", "web", "1.{n}.0", (600, 600))]))
    living.make("Deployment", "web", deployment(1, "web:1.4.0"))
    living.step(60)
    living.change("Deployment", "web", paused=True)
    living.step(1300)
    assert (
        living.get("Deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"] == "web:1.4.0"
    )


def test_it_lets_a_node_fall_silent_and_come_back() -> None:
    living = Living(script=Script(outages=[Outage("n1", (600, 600), (300, 300))]))
    living.step(700)
    assert condition(living.get("Node", "n1"), "Ready")[0] == "Unknown"
    living.step(300)
    assert condition(living.get("Node", "n1"), "Ready")[0] == "True"


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
        server = Server(cluster, Lives(cluster))
        await server.start()
        living = server.lives
        assert living is not None
        plane = living.controllers.plane
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
    assert commanded({"name": "a", "command": ["sh", "-c", "echo hi; exit 3"]}).code == 3
    assert commanded({"name": "a", "args": ["sleep", "7"]}).exits_after == (7, 7)
    assert commanded({"name": "a", "command": ["nginx"]}).exits_after is None
    assert 'reference "docker.io/library/web:gone"' in not_found("web:gone")
    assert 'reference "registry.example/web:latest"' in not_found("registry.example/web")
