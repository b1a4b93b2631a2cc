"""Does a Deployment keep its pods, and go from one template to the next as it should?"""

from __future__ import annotations

import pytest

from tests.simulator.living import Living, condition, deployment, ready, template

REVISION = "deployment.kubernetes.io/revision"


@pytest.fixture
def living() -> Living:
    return Living()


def sizes(living: Living) -> list[tuple[str, int]]:
    """Revision and replicas of the ReplicaSets, by revision."""
    found = [
        (one["metadata"]["annotations"][REVISION], one["spec"]["replicas"])
        for one in living.all("ReplicaSet")
    ]
    return sorted(found)


def is_done(living: Living, name: str = "web") -> bool:
    found = living.get("Deployment", name)
    status = found["status"]
    wanted = found["spec"]["replicas"]
    return (
        status.get("updatedReplicas", 0)
        == status.get("availableReplicas", 0)
        == wanted
        == status.get("replicas", 0)
    )


def roll_out(living: Living, image: str) -> None:
    living.change("Deployment", "web", template=template(image))


def test_it_makes_one_replica_set_and_its_pods(living: Living) -> None:
    living.make("Deployment", "web", deployment(3))
    living.step(60)
    (made,) = living.all("ReplicaSet")
    pods = living.all("Pod")
    assert len(pods) == 3
    assert all(ready(one) for one in pods)
    digest = made["metadata"]["labels"]["pod-template-hash"]
    assert made["metadata"]["name"] == f"web-{digest}"
    assert {one["metadata"]["labels"]["pod-template-hash"] for one in pods} == {digest}
    assert {one["metadata"]["ownerReferences"][0]["uid"] for one in pods} == {made["metadata"]["uid"]}
    assert condition(living.get("Deployment", "web"), "Progressing") == ("True", "NewReplicaSetAvailable")
    assert condition(living.get("Deployment", "web"), "Available") == ("True", "MinimumReplicasAvailable")


def test_it_puts_back_a_pod_that_was_deleted(living: Living) -> None:
    living.make("Deployment", "web", deployment(2))
    living.step(60)
    before = {one["metadata"]["name"] for one in living.all("Pod")}
    living.delete("Pod", min(before))
    living.step(60)
    after = {one["metadata"]["name"] for one in living.all("Pod")}
    assert len(after) == 2
    assert min(before) not in after


def test_it_is_never_below_nor_beyond_what_its_strategy_says(living: Living) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    living.make("Deployment", "web", deployment(4, strategy=strategy))
    living.step(60)
    roll_out(living, "web:2")
    least, most = 99, 0
    for _ in range(300):
        living.step(1)
        alive = [one for one in living.all("Pod") if "deletionTimestamp" not in one["metadata"]]
        least = min(least, sum(ready(one) for one in alive))
        most = max(most, len(alive))
    assert is_done(living)
    assert (least, most) == (4, 5)
    assert sizes(living) == [("1", 0), ("2", 4)]


def test_it_waits_for_the_old_pods_where_it_recreates(living: Living) -> None:
    living.make("Deployment", "web", deployment(2, strategy={"type": "Recreate"}))
    living.step(60)
    roll_out(living, "web:2")
    for _ in range(60):
        images = {one["spec"]["containers"][0]["image"] for one in living.all("Pod")}
        assert len(images) <= 1
        living.step(1)
    assert is_done(living)
    assert images == {"web:2"}


def test_it_does_not_go_on_while_it_is_paused(living: Living) -> None:
    living.make("Deployment", "web", deployment(2))
    living.step(60)
    living.change("Deployment", "web", paused=True)
    roll_out(living, "web:2")
    living.step(60)
    assert sizes(living) == [("1", 2)]
    assert condition(living.get("Deployment", "web"), "Progressing") == ("Unknown", "DeploymentPaused")
    living.change("Deployment", "web", paused=False)
    living.step(60)
    assert sizes(living) == [("1", 0), ("2", 2)]
    assert is_done(living)


def test_it_is_scaled_while_it_is_paused(living: Living) -> None:
    living.make("Deployment", "web", deployment(2, paused=False))
    living.step(60)
    living.change("Deployment", "web", paused=True)
    living.change("Deployment", "web", replicas=5)
    living.step(60)
    assert sizes(living) == [("1", 5)]


def test_it_shares_more_replicas_among_the_sets_in_the_middle_of_a_roll_out(living: Living) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}
    living.make("Deployment", "web", deployment(10, strategy=strategy))
    living.step(60)
    roll_out(living, "does-not-exist")  # it hangs with two pods that never come
    living.step(30)
    living.change("Deployment", "web", replicas=20)
    living.step(30)
    old, new = (size for _, size in sizes(living))
    assert old + new == 22
    assert old > new > 2


def test_it_moves_the_old_set_to_a_new_revision_when_it_goes_back(living: Living) -> None:
    living.make("Deployment", "web", deployment(1))
    living.step(60)
    roll_out(living, "web:2")
    living.step(60)
    roll_out(living, "web:1")
    living.step(60)
    assert sizes(living) == [("2", 0), ("3", 1)]
    first = next(one for one in living.all("ReplicaSet") if one["metadata"]["annotations"][REVISION] == "3")
    assert first["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"
    assert living.get("Deployment", "web")["metadata"]["annotations"][REVISION] == "3"


def test_it_keeps_no_more_old_sets_than_its_limit(living: Living) -> None:
    living.make("Deployment", "web", deployment(1, revisionHistoryLimit=2))
    for number in range(2, 7):
        living.step(60)
        roll_out(living, f"web:{number}")
    living.step(60)
    assert [revision for revision, _ in sizes(living)] == ["4", "5", "6"]


def test_it_says_when_nothing_has_gone_on_for_too_long(living: Living) -> None:
    living.make("Deployment", "web", deployment(1, "does-not-exist", progressDeadlineSeconds=60))
    living.step(50)
    assert condition(living.get("Deployment", "web"), "Progressing") == ("True", "ReplicaSetUpdated")
    living.step(30)
    assert condition(living.get("Deployment", "web"), "Progressing") == ("False", "ProgressDeadlineExceeded")
    assert condition(living.get("Deployment", "web"), "Available") == ("False", "MinimumReplicasUnavailable")


def test_it_tells_what_it_scales(living: Living) -> None:
    living.make("Deployment", "web", deployment(2))
    living.step(60)
    name = living.all("ReplicaSet")[0]["metadata"]["name"]
    living.change("Deployment", "web", replicas=1)
    living.step(60)
    assert living.told("Deployment") == [
        ("ScalingReplicaSet", f"Scaled up replica set {name} from 0 to 2"),
        ("ScalingReplicaSet", f"Scaled down replica set {name} from 2 to 1"),
    ]


def test_it_takes_what_it_owns_with_it(living: Living) -> None:
    living.make("Deployment", "web", deployment(2))
    living.step(60)
    living.delete("Deployment", "web", policy="Background")
    living.step(60)
    assert living.all("ReplicaSet") == living.all("Pod") == []


def test_it_adopts_what_was_orphaned(living: Living) -> None:
    living.make("Deployment", "web", deployment(2))
    living.step(60)
    pods = {one["metadata"]["uid"] for one in living.all("Pod")}
    living.delete("Deployment", "web", policy="Orphan")
    assert len(living.all("ReplicaSet")) == 1
    living.make("Deployment", "web", deployment(2))
    living.step(60)
    assert len(living.all("ReplicaSet")) == 1
    assert {one["metadata"]["uid"] for one in living.all("Pod")} == pods


def test_it_lets_a_pod_go_that_it_no_longer_selects(living: Living) -> None:
    living.make("Deployment", "web", deployment(1))
    living.step(60)
    (pod,) = living.all("Pod")
    resource = living.resource("Pod")
    free = pod | {"metadata": pod["metadata"] | {"labels": {"app": "aside"}}}
    living.cluster.store.put(resource.storage, free)
    living.step(60)
    assert len(living.all("Pod")) == 2
    assert living.get("Pod", pod["metadata"]["name"])["metadata"].get("ownerReferences", []) == []
