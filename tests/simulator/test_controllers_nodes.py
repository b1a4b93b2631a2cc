"""Node lifecycle controller: unreachable nodes, their taints and their pods."""

from __future__ import annotations

import pytest

from simulator.controllers.nodes import restart_kubelet, stop_kubelet
from tests.simulator.simulation import Simulation, condition, deployment, ready


@pytest.fixture
def simulation() -> Simulation:
    found = Simulation(nodes=2)
    found.make("Deployment", "web", deployment(2))
    found.step(60)
    assert {one["spec"]["nodeName"] for one in found.all("Pod")} == {"n0", "n1"}
    return found


def pods_on(simulation: Simulation, node: str) -> list[str]:
    return [one["metadata"]["name"] for one in simulation.all("Pod") if one["spec"].get("nodeName") == node]


def test_it_is_unknown_after_a_while_and_its_pods_are_not_ready(simulation: Simulation) -> None:
    stop_kubelet(simulation.runtime.controllers.plane, "n1")
    simulation.step(30)
    assert condition(simulation.get("Node", "n1"), "Ready") == ("True", "KubeletReady")
    simulation.step(15)
    assert condition(simulation.get("Node", "n1"), "Ready") == ("Unknown", "NodeStatusUnknown")
    taints = {(one["key"], one["effect"]) for one in simulation.get("Node", "n1")["spec"]["taints"]}
    unreachable = "node.kubernetes.io/unreachable"
    assert taints == {(unreachable, "NoSchedule"), (unreachable, "NoExecute")}
    assert not ready(simulation.get("Pod", pods_on(simulation, "n1")[0]))


def test_it_loses_its_pods_after_five_minutes_but_they_end_only_when_it_is_back(
    simulation: Simulation,
) -> None:
    (lost,) = pods_on(simulation, "n1")
    stop_kubelet(simulation.runtime.controllers.plane, "n1")
    simulation.step(300)
    assert "deletionTimestamp" not in simulation.get("Pod", lost)["metadata"]
    simulation.step(120)
    assert "deletionTimestamp" in simulation.get("Pod", lost)["metadata"]
    assert len(pods_on(simulation, "n0")) == 2  # another was made in its place
    simulation.step(600)
    assert lost in pods_on(simulation, "n1")
    restart_kubelet(simulation.runtime.controllers.plane, "n1")
    simulation.step(60)
    assert pods_on(simulation, "n1") == []
    assert condition(simulation.get("Node", "n1"), "Ready") == ("True", "KubeletReady")
    assert simulation.get("Node", "n1")["spec"].get("taints", []) == []


def test_it_does_not_lose_its_pods_if_it_is_back_in_time(simulation: Simulation) -> None:
    (remaining,) = pods_on(simulation, "n1")
    stop_kubelet(simulation.runtime.controllers.plane, "n1")
    simulation.step(120)
    restart_kubelet(simulation.runtime.controllers.plane, "n1")
    simulation.step(60)
    assert pods_on(simulation, "n1") == [remaining]
    assert ready(simulation.get("Pod", remaining))


def test_it_bears_a_taint_while_it_is_cordoned(simulation: Simulation) -> None:
    simulation.change("Node", "n1", unschedulable=True)
    (taint,) = simulation.get("Node", "n1")["spec"]["taints"]
    assert (taint["key"], taint["effect"]) == ("node.kubernetes.io/unschedulable", "NoSchedule")
    simulation.change("Node", "n1", unschedulable=False)
    assert simulation.get("Node", "n1")["spec"].get("taints", []) == []


def test_its_kubelet_reports_now_and_then_though_nothing_changes(simulation: Simulation) -> None:
    def beat() -> str:
        return str(simulation.get("Node", "n0")["status"]["conditions"][0]["lastHeartbeatTime"])

    before = beat()
    simulation.step(100)
    assert beat() == before
    simulation.step(300)
    assert beat() > before


def test_its_pods_are_removed_where_it_is_no_more(simulation: Simulation) -> None:
    (lost,) = pods_on(simulation, "n1")
    simulation.delete("Node", "n1")
    simulation.step(30)
    assert pods_on(simulation, "n1") == [lost]
    simulation.step(60)
    assert pods_on(simulation, "n1") == []
    assert len(pods_on(simulation, "n0")) == 2
