"""Worlds: settled when built, and full of what a real cluster contains."""

from __future__ import annotations

import datetime
from collections import Counter

import pytest

from simulator.controllers.index import amount, requests
from simulator.controllers.pods import is_over, is_ready
from simulator.pods.runs import Run
from simulator.store import Object
from simulator.worlds.builder import NODES
from simulator.worlds.world import World, build, list_names
from tests.simulator.simulation import START

WORLDS = ("production-eu", "production-us", "staging")


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    return {name: build(name, seed=7, speed=0, start=START) for name in WORLDS}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, worlds: dict[str, World]) -> World:
    """Shared by the tests of this module, which do not change it."""
    return worlds[request.param]


def test_it_comes_with_three() -> None:
    assert list_names() == list(WORLDS)


def test_it_has_kinds_of_every_sort(world: World) -> None:
    there = {plural for _, plural in world.cluster.store.storages()}
    assert there >= {
        "certificates", "clusters", "configmaps", "controllerrevisions", "cronjobs", "customresourcedefinitions",
        "daemonsets", "deployments", "endpoints", "endpointslices", "horizontalpodautoscalers", "ingressclasses",
        "ingresses", "jobs", "limitranges", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes",
        "poddisruptionbudgets", "pods", "priorityclasses", "replicasets", "resourcequotas", "rolebindings", "secrets",
        "serviceaccounts", "services", "statefulsets", "storageclasses",
    } - ({"certificates", "clusters"} if world.name == "staging" else set())  # fmt: skip


def test_it_has_some_hundred_objects(world: World) -> None:
    store = world.cluster.store
    assert 600 < sum(store.count(storage) for storage in store.storages()) < 2000


def test_its_controllers_find_nothing_to_do(world: World) -> None:
    """But for CronJobs, which fire at the very moment."""
    changed = {
        one["metadata"]["name"]
        for one in world.cluster.store.items(("", "events"))
        if one["involvedObject"]["kind"] not in ("CronJob", "Job", "Pod")
    }
    assert changed == set()
    now = world.cluster.clock.stamp()
    corrected = [
        one["metadata"]["name"]
        for plural in ("deployments", "replicasets", "statefulsets", "daemonsets")
        for one in world.cluster.store.items(("apps", plural))
        if one["metadata"]["creationTimestamp"] != now and _is_settled(one)
    ]
    assert corrected == []
    recorded = [one for one in world.cluster.store.items(("", "events")) if one.get("count", 1) == 1]
    assert {one["reason"] for one in recorded} <= {"SuccessfulCreate", "Scheduled"}


def test_its_failing_pods_have_events(world: World) -> None:
    """Within the hour, and more than once; the next occurrence counts on."""
    events = [one for one in world.cluster.store.items(("", "events")) if one["type"] == "Warning"]
    about = {one["involvedObject"]["name"] for one in events}
    for pod in world.cluster.store.items(("", "pods")):
        if waits_for(pod) & {"CrashLoopBackOff", "ImagePullBackOff"}:
            assert pod["metadata"]["name"] in about
    assert about
    earliest = world.cluster.clock.format_timestamp(world.cluster.clock.seconds() - 3600)
    assert all(one["lastTimestamp"] > earliest and one["count"] > 1 for one in events)


def test_repeated_events_count_on() -> None:
    world = build("staging", seed=7, speed=0, start=START)
    store = world.cluster.store
    before = {
        one["metadata"]["name"]: one["count"]
        for one in store.items(("", "events"))
        if one["type"] == "Warning"
    }
    for _ in range(4):
        world.runtime.step(300)
    after = {one["metadata"]["name"]: one.get("count", 1) for one in store.items(("", "events"))}
    assert any(after.get(name, 0) > count for name, count in before.items())


def waits_for(pod: Object) -> set[str]:
    found = pod["status"].get("containerStatuses") or ()
    return {(one["state"].get("waiting") or {}).get("reason", "") for one in found}


def _is_settled(thing: Object) -> bool:
    """Whether a controller has written its status since it was put in."""
    return any(one.get("subresource") == "status" for one in thing["metadata"].get("managedFields") or ())


def test_its_pods_have_run_for_hours_and_days(world: World) -> None:
    now = world.cluster.clock.seconds()
    pods = [one for one in world.cluster.store.items(("", "pods")) if not is_over(one) and is_ready(one)]
    made = [datetime.datetime.fromisoformat(one["metadata"]["creationTimestamp"]).timestamp() for one in pods]
    assert len(pods) > 60
    assert max(made) < now - 600
    assert min(made) < now - 86_400
    assert (
        len({one["status"]["podIP"] for one in pods if not one["spec"].get("hostNetwork")}) > len(pods) * 0.6
    )
    assert len({one["metadata"]["uid"] for one in pods}) == len(pods)


def test_nothing_in_it_was_made_after_now(world: World) -> None:
    store = world.cluster.store
    late = [
        one["metadata"]["name"]
        for storage in store.storages()
        for one in store.items(storage)
        if one["metadata"].get("creationTimestamp", "") > world.cluster.clock.stamp()
    ]
    assert late == []


def test_no_node_exceeds_its_capacity(world: World) -> None:
    taken: dict[str, list[float]] = {}
    for pod in world.cluster.store.items(("", "pods")):
        if "nodeName" in pod["spec"] and not is_over(pod):
            own = taken.setdefault(pod["spec"]["nodeName"], [0.0, 0.0, 0.0])
            for number, size in enumerate((*requests(pod), 1.0)):
                own[number] += size
    capacity = {
        one["metadata"]["name"]: one["status"]["allocatable"] for one in world.cluster.store.items(NODES)
    }
    assert set(taken) == set(capacity)
    too_full = {
        node: (key, size, capacity[node][key])
        for node, sizes in taken.items()
        for key, size in zip(("cpu", "memory", "pods"), sizes, strict=True)
        if not 0 < size <= amount(capacity[node][key])
    }
    assert too_full == {}


def test_something_is_wrong_in_it(world: World) -> None:
    reasons = {
        (status["state"].get("waiting") or {}).get("reason")
        for pod in world.cluster.store.items(("", "pods"))
        for status in pod["status"].get("containerStatuses") or ()
    }
    assert reasons >= {"CrashLoopBackOff", "ImagePullBackOff"}


def test_it_is_the_same_for_the_same_seed(worlds: dict[str, World]) -> None:
    def pods(world: World) -> list[str]:
        return [one["metadata"]["name"] for one in world.cluster.store.items(("", "pods"))]

    assert pods(build("staging", seed=7, speed=0, start=START)) == pods(worlds["staging"])
    assert pods(build("staging", seed=8, speed=0, start=START)) != pods(worlds["staging"])


def test_its_tokens_are_never_the_same(worlds: dict[str, World]) -> None:
    again = build("staging", seed=7, speed=0, start=START)
    assert again.people["dana"].token != worlds["staging"].people["dana"].token


def test_it_changes_over_time() -> None:
    world = build("staging", seed=7, speed=0, start=START)
    before = world.cluster.store.get(("apps", "deployments"), "shop", "web")
    for _ in range(8):
        world.runtime.step(300)
    after = world.cluster.store.get(("apps", "deployments"), "shop", "web")
    assert before is not None
    assert after is not None
    assert after["metadata"]["generation"] > before["metadata"]["generation"]
    recorded = Counter(one["reason"] for one in world.cluster.store.items(("", "events")))
    assert set(recorded) >= {
        "BackOff",
        "Unhealthy",
        "ScalingReplicaSet",
        "Pulled",
        "SuccessfulCreate",
        "NodeNotReady",
    }


def test_its_pods_log_by_their_templates_and_report_why_they_terminated(worlds: dict[str, World]) -> None:
    world = worlds["production-eu"]
    pods = world.cluster.store.items(("", "pods"), "shop")
    web = next(one for one in pods if one["metadata"]["name"].startswith("web-"))
    now = world.cluster.clock.seconds()
    lines = [one.text for one in world.cluster.logs.lines(Run(web, "web", 0, now - 3600), last=50)]
    assert any("INFO  GET /" in one and "user=u-" in one for one in lines)
    assert not any("{" in one for one in lines)
    crashed = next(one for one in pods if one["metadata"]["name"].startswith("reviews-"))
    run = Run(crashed, "reviews", 3, now - 20, now - 5, 1, "Error")
    assert world.cluster.logs.lines(run)[-1].text.startswith("panic: dial tcp")


def test_its_load_rises_and_falls(worlds: dict[str, World]) -> None:
    world = worlds["production-eu"]
    pods = world.cluster.store.items(("", "pods"), "shop")
    web = next(one for one in pods if one["metadata"]["name"].startswith("web-"))
    found = [world.cluster.usage.source(web, "web", START.timestamp() + minute * 60) for minute in range(45)]
    cores = [one.cpu for one in found if one is not None]
    assert max(cores) > 2 * min(cores)


def test_it_has_as_many_pods_as_requested() -> None:
    world = build("staging", seed=7, speed=0, start=START, rows=1500)
    store = world.cluster.store
    assert 1500 <= store.count(("", "pods")) < 1700
    pods = store.items(("", "pods"), "bulk-01")
    assert (
        len({one["status"]["podIP"] for one in pods})
        == len({one["metadata"]["uid"] for one in pods})
        == len(pods)
    )
    assert pods[0]["status"]["conditions"] is pods[1]["status"]["conditions"]  # or memory would not do
    revision = store.revision
    world.runtime.settle()
    assert store.revision == revision
