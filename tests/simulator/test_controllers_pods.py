"""Kubelet and scheduler: pods start, crash, back off, wait and terminate."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from simulator.controllers.behaviors import Behavior, Rule
from tests.simulator.simulation import Simulation, condition, ready


def pod(**container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "web", "image": "web:1"} | container]}


def state(simulation: Simulation, name: str = "web") -> tuple[str, str]:
    """running, waiting or terminated; and its reason."""
    (status,) = simulation.get("Pod", name)["status"]["containerStatuses"]
    ((kind, found),) = status["state"].items()
    return kind, found.get("reason", "")


def restarts(simulation: Simulation, name: str = "web") -> int:
    return int(simulation.get("Pod", name)["status"]["containerStatuses"][0]["restartCount"])


@pytest.fixture
def simulation() -> Simulation:
    return Simulation()


def test_it_comes_up_step_by_step_and_says_so(simulation: Simulation) -> None:
    simulation.make("Pod", "web", pod())
    assert simulation.get("Pod", "web")["spec"]["nodeName"]
    simulation.step_until(holds=lambda: state(simulation) == ("waiting", "ContainerCreating"))
    simulation.step_until(holds=lambda: ready(simulation.get("Pod", "web")))
    assert [reason for reason, _ in simulation.list_events("Pod", "web")] == [
        "Scheduled", "Pulling", "Pulled", "Created", "Started",
    ]  # fmt: skip
    status = simulation.get("Pod", "web")["status"]
    assert status["phase"] == "Running"
    assert status["podIP"].startswith("10.")
    assert status["containerStatuses"][0]["containerID"].startswith("containerd://")


def test_it_is_ready_only_when_its_probe_says_so(simulation: Simulation) -> None:
    probe = {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 30}
    simulation.make("Pod", "web", pod(readinessProbe=probe))
    simulation.step_until(holds=lambda: state(simulation) == ("running", ""))
    simulation.step(25)
    assert condition(simulation.get("Pod", "web"), "Ready") == ("False", "ContainersNotReady")
    simulation.step(20)
    assert ready(simulation.get("Pod", "web"))


def test_it_runs_init_containers_first(simulation: Simulation) -> None:
    spec = pod() | {"initContainers": [{"name": "first", "image": "first:1"}]}
    simulation.make("Pod", "web", spec)
    simulation.step_until(holds=lambda: "containerStatuses" in simulation.get("Pod", "web")["status"])
    assert state(simulation) == ("waiting", "PodInitializing")
    assert condition(simulation.get("Pod", "web"), "Initialized") == ("False", "ContainersNotInitialized")
    simulation.step(60)
    assert state(simulation) == ("running", "")
    (first,) = simulation.get("Pod", "web")["status"]["initContainerStatuses"]
    assert first["state"]["terminated"]["reason"] == "Completed"


def test_it_backs_off_longer_each_time_it_crashes(simulation: Simulation) -> None:
    simulation.make("Pod", "web", pod(command=["false"]))
    starts = []
    for _ in range(400):
        simulation.step(1)
        if len(starts) < restarts(simulation):
            starts.append(simulation.cluster.clock.seconds())
    waits = [after - before for before, after in pairwise(starts)]
    assert all(after > before * 1.5 for before, after in pairwise(waits))
    assert len(waits) >= 3
    simulation.step_until(holds=lambda: state(simulation) == ("waiting", "CrashLoopBackOff"))
    last = simulation.get("Pod", "web")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (1, "Error")
    assert any(reason == "BackOff" for reason, _ in simulation.list_events("Pod", "web"))


def test_it_counts_repeated_events(simulation: Simulation) -> None:
    simulation.make("Pod", "web", pod(command=["false"]))
    simulation.step(300)
    started = [one for one in simulation.all("Event") if one["reason"] == "Started"]
    assert [one["count"] for one in started] == [restarts(simulation) + 1]


def test_it_waits_for_an_image_that_nobody_has(simulation: Simulation) -> None:
    simulation.make("Pod", "web", pod(image="web:does-not-exist"))
    simulation.step_until(holds=lambda: state(simulation) == ("waiting", "ErrImagePull"))
    simulation.step_until(holds=lambda: state(simulation) == ("waiting", "ImagePullBackOff"))
    assert simulation.get("Pod", "web")["status"]["phase"] == "Pending"


def test_it_waits_for_a_config_map_that_is_not_there(simulation: Simulation) -> None:
    simulation.make("Pod", "web", pod(envFrom=[{"configMapRef": {"name": "settings"}}]))
    simulation.step_until(holds=lambda: state(simulation) == ("waiting", "CreateContainerConfigError"))
    simulation.make("ConfigMap", "settings", data={"a": "b"})
    simulation.step(60)
    assert state(simulation) == ("running", "")


@pytest.mark.parametrize(("code", "phase"), [(0, "Succeeded"), (3, "Failed")])
def test_it_is_over_when_it_is_never_restarted(simulation: Simulation, code: int, phase: str) -> None:
    simulation.make("Pod", "web", pod(command=["sh", "-c", f"exit {code}"]) | {"restartPolicy": "Never"})
    simulation.step(60)
    assert simulation.get("Pod", "web")["status"]["phase"] == phase
    assert state(simulation)[0] == "terminated"


def test_it_is_killed_for_its_memory_by_a_rule() -> None:
    killed = Behavior(exits_after=(30, 30), is_killed_for_memory=True)
    simulation = Simulation(Rule(killed, workload="web"))
    simulation.make("Pod", "web", pod())
    simulation.step_until(holds=lambda: restarts(simulation) == 1)
    last = simulation.get("Pod", "web")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (137, "OOMKilled")


def test_it_flaps_by_a_rule() -> None:
    flapping = Behavior(unready_every=(60, 60), unready_for=(20, 20))
    simulation = Simulation(Rule(flapping, workload="web"))
    simulation.make("Pod", "web", pod())
    simulation.step_until(holds=lambda: ready(simulation.get("Pod", "web")))
    simulation.step_until(holds=lambda: not ready(simulation.get("Pod", "web")))
    simulation.step_until(holds=lambda: ready(simulation.get("Pod", "web")))
    assert (
        "Unhealthy",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
    ) in simulation.list_events("Pod")


def test_it_ends_within_its_grace(simulation: Simulation) -> None:
    simulation.make("Pod", "web", pod())
    simulation.step(60)
    simulation.delete("Pod", "web")
    assert "deletionTimestamp" in simulation.get("Pod", "web")["metadata"]
    assert ("Killing", "Stopping container web") in simulation.list_events("Pod", "web")
    simulation.step(30)
    assert simulation.all("Pod") == []


def test_it_waits_if_nothing_fits_and_starts_when_there_is_capacity(simulation: Simulation) -> None:
    requirements = {"requests": {"cpu": "3"}}
    for number in range(4):
        simulation.make("Pod", f"web-{number}", pod(resources=requirements))
    simulation.step(30)
    assert condition(simulation.get("Pod", "web-3"), "PodScheduled") == ("False", "Unschedulable")
    (text,) = {
        message for reason, message in simulation.list_events("Pod", "web-3") if reason == "FailedScheduling"
    }
    assert text.startswith("0/3 nodes are available: 3 Insufficient cpu.")
    simulation.delete("Pod", "web-0")
    simulation.step(60)
    assert ready(simulation.get("Pod", "web-3"))


def test_it_is_put_on_no_node_that_is_cordoned_tainted_or_not_chosen(simulation: Simulation) -> None:
    simulation.change("Node", "n0", unschedulable=True)
    simulation.change("Node", "n1", taints=[{"key": "own", "effect": "NoSchedule"}])
    for number in range(3):
        simulation.make("Pod", f"web-{number}", pod())
    assert {one["spec"]["nodeName"] for one in simulation.all("Pod")} == {"n2"}
    tolerant = pod() | {"tolerations": [{"key": "own", "operator": "Exists"}]}
    simulation.make("Pod", "tolerant", tolerant | {"nodeSelector": {"topology.kubernetes.io/zone": "zone-1"}})
    assert simulation.get("Pod", "tolerant")["spec"]["nodeName"] == "n1"


def test_it_says_that_all_nodes_are_cordoned(simulation: Simulation) -> None:
    for number in range(3):
        simulation.change("Node", f"n{number}", unschedulable=True)
    simulation.make("Pod", "web", pod())
    ((_, message),) = simulation.list_events("Pod", "web")
    assert message.startswith("0/3 nodes are available: 3 node(s) were unschedulable.")


def test_it_is_an_endpoint_of_its_service_while_it_is_ready(simulation: Simulation) -> None:
    simulation.make("Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]})
    simulation.make("Pod", "web", pod(), metadata={"labels": {"app": "web"}})
    simulation.step(60)
    (found,) = simulation.all("EndpointSlice")
    (endpoint,) = found["endpoints"]
    assert endpoint["addresses"] == [simulation.get("Pod", "web")["status"]["podIP"]]
    assert endpoint["conditions"] == {"ready": True, "serving": True, "terminating": False}
    assert endpoint["zone"].startswith("zone-")
    simulation.delete("Pod", "web")
    simulation.step(60)
    assert (simulation.all("EndpointSlice")[0].get("endpoints") or []) == []


def test_it_forgets_events_after_an_hour(simulation: Simulation) -> None:
    simulation.make("Pod", "web", pod())
    simulation.step(60)
    assert simulation.list_events("Pod", "web")
    simulation.step(4000)
    assert simulation.list_events("Pod", "web") == []
