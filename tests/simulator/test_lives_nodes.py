"""What becomes of a node that falls silent, and of its pods?"""

from __future__ import annotations

import pytest

from simulator.keeping.controllers.nodes import revive, silence
from tests.simulator.living import Living, condition, deployment, ready


@pytest.fixture
def living() -> Living:
    found = Living(nodes=2)
    found.make("Deployment", "web", deployment(2))
    found.step(60)
    assert {one["spec"]["nodeName"] for one in found.all("Pod")} == {"n0", "n1"}
    return found


def of(living: Living, node: str) -> list[str]:
    return [one["metadata"]["name"] for one in living.all("Pod") if one["spec"].get("nodeName") == node]


def test_it_is_unknown_after_a_while_and_its_pods_are_not_ready(living: Living) -> None:
    silence(living.lives.controllers.plane, "n1")
    living.step(30)
    assert condition(living.get("Node", "n1"), "Ready") == ("True", "KubeletReady")
    living.step(15)
    assert condition(living.get("Node", "n1"), "Ready") == ("Unknown", "NodeStatusUnknown")
    taints = {(one["key"], one["effect"]) for one in living.get("Node", "n1")["spec"]["taints"]}
    unreachable = "node.kubernetes.io/unreachable"
    assert taints == {(unreachable, "NoSchedule"), (unreachable, "NoExecute")}
    assert not ready(living.get("Pod", of(living, "n1")[0]))


def test_it_loses_its_pods_after_five_minutes_but_they_end_only_when_it_is_back(living: Living) -> None:
    (lost,) = of(living, "n1")
    silence(living.lives.controllers.plane, "n1")
    living.step(300)
    assert "deletionTimestamp" not in living.get("Pod", lost)["metadata"]
    living.step(120)
    assert "deletionTimestamp" in living.get("Pod", lost)["metadata"]
    assert len(of(living, "n0")) == 2  # another was made in its place
    living.step(600)
    assert lost in of(living, "n1")
    revive(living.lives.controllers.plane, "n1")
    living.step(60)
    assert of(living, "n1") == []
    assert condition(living.get("Node", "n1"), "Ready") == ("True", "KubeletReady")
    assert living.get("Node", "n1")["spec"].get("taints", []) == []


def test_it_keeps_its_pods_where_it_is_back_in_time(living: Living) -> None:
    (kept,) = of(living, "n1")
    silence(living.lives.controllers.plane, "n1")
    living.step(120)
    revive(living.lives.controllers.plane, "n1")
    living.step(60)
    assert of(living, "n1") == [kept]
    assert ready(living.get("Pod", kept))


def test_it_bears_a_taint_while_it_is_cordoned(living: Living) -> None:
    living.change("Node", "n1", unschedulable=True)
    (taint,) = living.get("Node", "n1")["spec"]["taints"]
    assert (taint["key"], taint["effect"]) == ("node.kubernetes.io/unschedulable", "NoSchedule")
    living.change("Node", "n1", unschedulable=False)
    assert living.get("Node", "n1")["spec"].get("taints", []) == []


def test_its_kubelet_reports_now_and_then_though_nothing_changes(living: Living) -> None:
    def beat() -> str:
        return str(living.get("Node", "n0")["status"]["conditions"][0]["lastHeartbeatTime"])

    before = beat()
    living.step(100)
    assert beat() == before
    living.step(300)
    assert beat() > before


def test_its_pods_are_removed_where_it_is_no_more(living: Living) -> None:
    (lost,) = of(living, "n1")
    living.delete("Node", "n1")
    living.step(30)
    assert of(living, "n1") == [lost]
    living.step(60)
    assert of(living, "n1") == []
    assert len(of(living, "n0")) == 2
