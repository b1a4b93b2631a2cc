"""Deployment controller: replicas, rollouts, pauses, revisions and adoption."""

from __future__ import annotations

import pytest

from tests.simulator.simulation import Simulation, condition, deployment, ready, template

REVISION = "deployment.kubernetes.io/revision"


@pytest.fixture
def simulation() -> Simulation:
    return Simulation()


def sizes(simulation: Simulation) -> list[tuple[str, int]]:
    """Revision and replicas of the ReplicaSets, by revision."""
    found = [
        (one["metadata"]["annotations"][REVISION], one["spec"]["replicas"])
        for one in simulation.all("ReplicaSet")
    ]
    return sorted(found)


def is_done(simulation: Simulation, name: str = "web") -> bool:
    found = simulation.get("Deployment", name)
    status = found["status"]
    expected = found["spec"]["replicas"]
    return (
        status.get("updatedReplicas", 0)
        == status.get("availableReplicas", 0)
        == expected
        == status.get("replicas", 0)
    )


def roll_out(simulation: Simulation, image: str) -> None:
    simulation.change("Deployment", "web", template=template(image))


def test_it_makes_one_replica_set_and_its_pods(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(3))
    simulation.step(60)
    (made,) = simulation.all("ReplicaSet")
    pods = simulation.all("Pod")
    assert len(pods) == 3
    assert all(ready(one) for one in pods)
    digest = made["metadata"]["labels"]["pod-template-hash"]
    assert made["metadata"]["name"] == f"web-{digest}"
    assert {one["metadata"]["labels"]["pod-template-hash"] for one in pods} == {digest}
    assert {one["metadata"]["ownerReferences"][0]["uid"] for one in pods} == {made["metadata"]["uid"]}
    assert condition(simulation.get("Deployment", "web"), "Progressing") == ("True", "NewReplicaSetAvailable")
    assert condition(simulation.get("Deployment", "web"), "Available") == ("True", "MinimumReplicasAvailable")


def test_it_puts_back_a_pod_that_was_deleted(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(2))
    simulation.step(60)
    before = {one["metadata"]["name"] for one in simulation.all("Pod")}
    simulation.delete("Pod", min(before))
    simulation.step(60)
    after = {one["metadata"]["name"] for one in simulation.all("Pod")}
    assert len(after) == 2
    assert min(before) not in after


def test_it_is_never_below_nor_beyond_what_its_strategy_says(simulation: Simulation) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    simulation.make("Deployment", "web", deployment(4, strategy=strategy))
    simulation.step(60)
    roll_out(simulation, "web:2")
    least, most = 99, 0
    for _ in range(300):
        simulation.step(1)
        alive = [one for one in simulation.all("Pod") if "deletionTimestamp" not in one["metadata"]]
        least = min(least, sum(ready(one) for one in alive))
        most = max(most, len(alive))
    assert is_done(simulation)
    assert (least, most) == (4, 5)
    assert sizes(simulation) == [("1", 0), ("2", 4)]


def test_it_waits_for_the_old_pods_where_it_recreates(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(2, strategy={"type": "Recreate"}))
    simulation.step(60)
    roll_out(simulation, "web:2")
    for _ in range(60):
        images = {one["spec"]["containers"][0]["image"] for one in simulation.all("Pod")}
        assert len(images) <= 1
        simulation.step(1)
    assert is_done(simulation)
    assert images == {"web:2"}


def test_it_does_not_go_on_while_it_is_paused(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(2))
    simulation.step(60)
    simulation.change("Deployment", "web", paused=True)
    roll_out(simulation, "web:2")
    simulation.step(60)
    assert sizes(simulation) == [("1", 2)]
    assert condition(simulation.get("Deployment", "web"), "Progressing") == ("Unknown", "DeploymentPaused")
    simulation.change("Deployment", "web", paused=False)
    simulation.step(60)
    assert sizes(simulation) == [("1", 0), ("2", 2)]
    assert is_done(simulation)


def test_it_is_scaled_while_it_is_paused(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(2, paused=False))
    simulation.step(60)
    simulation.change("Deployment", "web", paused=True)
    simulation.change("Deployment", "web", replicas=5)
    simulation.step(60)
    assert sizes(simulation) == [("1", 5)]


def test_it_shares_more_replicas_among_the_sets_in_the_middle_of_a_roll_out(simulation: Simulation) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}
    simulation.make("Deployment", "web", deployment(10, strategy=strategy))
    simulation.step(60)
    roll_out(simulation, "does-not-exist")  # it hangs with two pods that never come
    simulation.step(30)
    simulation.change("Deployment", "web", replicas=20)
    simulation.step(30)
    old, new = (size for _, size in sizes(simulation))
    assert old + new == 22
    assert old > new > 2


def test_it_moves_the_old_set_to_a_new_revision_when_it_goes_back(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(1))
    simulation.step(60)
    roll_out(simulation, "web:2")
    simulation.step(60)
    roll_out(simulation, "web:1")
    simulation.step(60)
    assert sizes(simulation) == [("2", 0), ("3", 1)]
    first = next(
        one for one in simulation.all("ReplicaSet") if one["metadata"]["annotations"][REVISION] == "3"
    )
    assert first["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"
    assert simulation.get("Deployment", "web")["metadata"]["annotations"][REVISION] == "3"


def test_it_has_no_more_old_sets_than_its_limit(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(1, revisionHistoryLimit=2))
    for number in range(2, 7):
        simulation.step(60)
        roll_out(simulation, f"web:{number}")
    simulation.step(60)
    assert [revision for revision, _ in sizes(simulation)] == ["4", "5", "6"]


def test_it_says_when_nothing_has_gone_on_for_too_long(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(1, "does-not-exist", progressDeadlineSeconds=60))
    simulation.step(50)
    assert condition(simulation.get("Deployment", "web"), "Progressing") == ("True", "ReplicaSetUpdated")
    simulation.step(30)
    assert condition(simulation.get("Deployment", "web"), "Progressing") == (
        "False",
        "ProgressDeadlineExceeded",
    )
    assert condition(simulation.get("Deployment", "web"), "Available") == (
        "False",
        "MinimumReplicasUnavailable",
    )


def test_it_records_what_it_scales(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(2))
    simulation.step(60)
    name = simulation.all("ReplicaSet")[0]["metadata"]["name"]
    simulation.change("Deployment", "web", replicas=1)
    simulation.step(60)
    assert simulation.list_events("Deployment") == [
        ("ScalingReplicaSet", f"Scaled up replica set {name} from 0 to 2"),
        ("ScalingReplicaSet", f"Scaled down replica set {name} from 2 to 1"),
    ]


def test_it_is_deleted_with_its_dependents(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(2))
    simulation.step(60)
    simulation.delete("Deployment", "web", policy="Background")
    simulation.step(60)
    assert simulation.all("ReplicaSet") == simulation.all("Pod") == []


def test_it_adopts_what_was_orphaned(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(2))
    simulation.step(60)
    pods = {one["metadata"]["uid"] for one in simulation.all("Pod")}
    simulation.delete("Deployment", "web", policy="Orphan")
    assert len(simulation.all("ReplicaSet")) == 1
    simulation.make("Deployment", "web", deployment(2))
    simulation.step(60)
    assert len(simulation.all("ReplicaSet")) == 1
    assert {one["metadata"]["uid"] for one in simulation.all("Pod")} == pods


def test_it_lets_a_pod_go_that_it_no_longer_selects(simulation: Simulation) -> None:
    simulation.make("Deployment", "web", deployment(1))
    simulation.step(60)
    (pod,) = simulation.all("Pod")
    resource = simulation.resource("Pod")
    free = pod | {"metadata": pod["metadata"] | {"labels": {"app": "aside"}}}
    simulation.cluster.store.put(resource.storage, free)
    simulation.step(60)
    assert len(simulation.all("Pod")) == 2
    assert simulation.get("Pod", pod["metadata"]["name"])["metadata"].get("ownerReferences", []) == []
