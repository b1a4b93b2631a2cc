"""Does a pod come up, crash, wait and go on its node as a kubelet lets it?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from simulator.keeping.controllers.behaviours import Behaviour, Rule
from tests.simulator.living import Living, condition, ready


def pod(**container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "web", "image": "web:1"} | container]}


def state(living: Living, name: str = "web") -> tuple[str, str]:
    """running, waiting or terminated; and its reason."""
    (status,) = living.get("Pod", name)["status"]["containerStatuses"]
    ((kind, found),) = status["state"].items()
    return kind, found.get("reason", "")


def restarts(living: Living, name: str = "web") -> int:
    return int(living.get("Pod", name)["status"]["containerStatuses"][0]["restartCount"])


@pytest.fixture
def living() -> Living:
    return Living()


def test_it_comes_up_step_by_step_and_says_so(living: Living) -> None:
    living.make("Pod", "web", pod())
    assert living.get("Pod", "web")["spec"]["nodeName"]
    living.until(holds=lambda: state(living) == ("waiting", "ContainerCreating"))
    living.until(holds=lambda: ready(living.get("Pod", "web")))
    assert [reason for reason, _ in living.told("Pod", "web")] == [
        "Scheduled", "Pulling", "Pulled", "Created", "Started",
    ]  # fmt: skip
    status = living.get("Pod", "web")["status"]
    assert status["phase"] == "Running"
    assert status["podIP"].startswith("10.")
    assert status["containerStatuses"][0]["containerID"].startswith("containerd://")


def test_it_is_ready_only_when_its_probe_says_so(living: Living) -> None:
    probe = {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 30}
    living.make("Pod", "web", pod(readinessProbe=probe))
    living.until(holds=lambda: state(living) == ("running", ""))
    living.step(25)
    assert condition(living.get("Pod", "web"), "Ready") == ("False", "ContainersNotReady")
    living.step(20)
    assert ready(living.get("Pod", "web"))


def test_it_runs_init_containers_first(living: Living) -> None:
    spec = pod() | {"initContainers": [{"name": "first", "image": "first:1"}]}
    living.make("Pod", "web", spec)
    living.until(holds=lambda: "containerStatuses" in living.get("Pod", "web")["status"])
    assert state(living) == ("waiting", "PodInitializing")
    assert condition(living.get("Pod", "web"), "Initialized") == ("False", "ContainersNotInitialized")
    living.step(60)
    assert state(living) == ("running", "")
    (first,) = living.get("Pod", "web")["status"]["initContainerStatuses"]
    assert first["state"]["terminated"]["reason"] == "Completed"


def test_it_backs_off_longer_each_time_it_crashes(living: Living) -> None:
    living.make("Pod", "web", pod(command=["false"]))
    starts = []
    for _ in range(400):
        living.step(1)
        if len(starts) < restarts(living):
            starts.append(living.cluster.clock.seconds())
    waits = [after - before for before, after in pairwise(starts)]
    assert all(after > before * 1.5 for before, after in pairwise(waits))
    assert len(waits) >= 3
    living.until(holds=lambda: state(living) == ("waiting", "CrashLoopBackOff"))
    last = living.get("Pod", "web")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (1, "Error")
    assert any(reason == "BackOff" for reason, _ in living.told("Pod", "web"))


def test_it_counts_what_it_tells_again(living: Living) -> None:
    living.make("Pod", "web", pod(command=["false"]))
    living.step(300)
    started = [one for one in living.all("Event") if one["reason"] == "Started"]
    assert [one["count"] for one in started] == [restarts(living) + 1]


def test_it_waits_for_an_image_that_nobody_has(living: Living) -> None:
    living.make("Pod", "web", pod(image="web:does-not-exist"))
    living.until(holds=lambda: state(living) == ("waiting", "ErrImagePull"))
    living.until(holds=lambda: state(living) == ("waiting", "ImagePullBackOff"))
    assert living.get("Pod", "web")["status"]["phase"] == "Pending"


def test_it_waits_for_a_config_map_that_is_not_there(living: Living) -> None:
    living.make("Pod", "web", pod(envFrom=[{"configMapRef": {"name": "settings"}}]))
    living.until(holds=lambda: state(living) == ("waiting", "CreateContainerConfigError"))
    living.make("ConfigMap", "settings", data={"a": "b"})
    living.step(60)
    assert state(living) == ("running", "")


@pytest.mark.parametrize(("code", "phase"), [(0, "Succeeded"), (3, "Failed")])
def test_it_is_over_when_it_is_never_restarted(living: Living, code: int, phase: str) -> None:
    living.make("Pod", "web", pod(command=["sh", "-c", f"exit {code}"]) | {"restartPolicy": "Never"})
    living.step(60)
    assert living.get("Pod", "web")["status"]["phase"] == phase
    assert state(living)[0] == "terminated"


def test_it_is_killed_for_its_memory_by_a_rule() -> None:
    killed = Behaviour(exits_after=(30, 30), is_killed_for_memory=True)
    living = Living(Rule(killed, workload="web"))
    living.make("Pod", "web", pod())
    living.until(holds=lambda: restarts(living) == 1)
    last = living.get("Pod", "web")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (137, "OOMKilled")


def test_it_flaps_by_a_rule() -> None:
    flapping = Behaviour(unready_every=(60, 60), unready_for=(20, 20))
    living = Living(Rule(flapping, workload="web"))
    living.make("Pod", "web", pod())
    living.until(holds=lambda: ready(living.get("Pod", "web")))
    living.until(holds=lambda: not ready(living.get("Pod", "web")))
    living.until(holds=lambda: ready(living.get("Pod", "web")))
    assert ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503") in living.told(
        "Pod"
    )


def test_it_ends_within_its_grace(living: Living) -> None:
    living.make("Pod", "web", pod())
    living.step(60)
    living.delete("Pod", "web")
    assert "deletionTimestamp" in living.get("Pod", "web")["metadata"]
    assert ("Killing", "Stopping container web") in living.told("Pod", "web")
    living.step(30)
    assert living.all("Pod") == []


def test_it_waits_where_nothing_fits_and_comes_when_there_is_room(living: Living) -> None:
    asks = {"requests": {"cpu": "3"}}
    for number in range(4):
        living.make("Pod", f"web-{number}", pod(resources=asks))
    living.step(30)
    assert condition(living.get("Pod", "web-3"), "PodScheduled") == ("False", "Unschedulable")
    (told,) = {message for reason, message in living.told("Pod", "web-3") if reason == "FailedScheduling"}
    assert told.startswith("0/3 nodes are available: 3 Insufficient cpu.")
    living.delete("Pod", "web-0")
    living.step(60)
    assert ready(living.get("Pod", "web-3"))


def test_it_is_put_on_no_node_that_is_cordoned_tainted_or_not_chosen(living: Living) -> None:
    living.change("Node", "n0", unschedulable=True)
    living.change("Node", "n1", taints=[{"key": "own", "effect": "NoSchedule"}])
    for number in range(3):
        living.make("Pod", f"web-{number}", pod())
    assert {one["spec"]["nodeName"] for one in living.all("Pod")} == {"n2"}
    tolerant = pod() | {"tolerations": [{"key": "own", "operator": "Exists"}]}
    living.make("Pod", "tolerant", tolerant | {"nodeSelector": {"topology.kubernetes.io/zone": "zone-1"}})
    assert living.get("Pod", "tolerant")["spec"]["nodeName"] == "n1"


def test_it_says_that_all_nodes_are_cordoned(living: Living) -> None:
    for number in range(3):
        living.change("Node", f"n{number}", unschedulable=True)
    living.make("Pod", "web", pod())
    ((_, message),) = living.told("Pod", "web")
    assert message.startswith("0/3 nodes are available: 3 node(s) were unschedulable.")


def test_it_stands_behind_its_service_while_it_is_ready(living: Living) -> None:
    living.make("Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]})
    living.make("Pod", "web", pod(), metadata={"labels": {"app": "web"}})
    living.step(60)
    (found,) = living.all("EndpointSlice")
    (endpoint,) = found["endpoints"]
    assert endpoint["addresses"] == [living.get("Pod", "web")["status"]["podIP"]]
    assert endpoint["conditions"] == {"ready": True, "serving": True, "terminating": False}
    assert endpoint["zone"].startswith("zone-")
    living.delete("Pod", "web")
    living.step(60)
    assert (living.all("EndpointSlice")[0].get("endpoints") or []) == []


def test_it_forgets_events_after_an_hour(living: Living) -> None:
    living.make("Pod", "web", pod())
    living.step(60)
    assert living.told("Pod", "web")
    living.step(4000)
    assert living.told("Pod", "web") == []
