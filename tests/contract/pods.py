"""Running pods in both clusters, though only the real one has kubelets."""

from __future__ import annotations

from typing import Any

from tests.contract.bodies import CONTAINER, thing
from tests.contract.contenders import Contender
from tests.dashboard_server import wait_for
from tests.simulator.caller import Caller

NODE = "node-1"


def run_pod(
    one: Contender, path: str, name: str, *containers: str, node: str = NODE, **metadata: Any
) -> None:
    """On a node, which kwok runs in the real one; in the simulator its status is written here.

    `path` is that of the namespace. Returns when it runs in both.
    """
    names = containers or ("c",)
    spec = {
        "nodeName": node,
        "terminationGracePeriodSeconds": 0,
        "containers": [CONTAINER | {"name": each} for each in names],
    }
    made = one.admin.post(f"{path}/pods", thing("v1", "Pod", name, metadata, spec=spec))
    assert made.status == 201, made.body
    if one.name == "simulator":
        write_running(one.admin, path, name, *names)
    wait_for(lambda: one.admin.get(f"{path}/pods/{name}").json["status"]["phase"] == "Running")


def write_running(caller: Caller, path: str, name: str, *containers: str) -> None:
    """What a kubelet would say of it: all containers run, and it is ready."""
    now = caller.get(f"{path}/pods/{name}").json["metadata"]["creationTimestamp"]
    states = [
        {
            "name": each,
            "ready": True,
            "restartCount": 0,
            "image": "i",
            "imageID": "",
            "state": {"running": {"startedAt": now}},
        }
        for each in containers
    ]
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": now}],
        "containerStatuses": states,
    }
    written = caller.patch(f"{path}/pods/{name}/status", {"status": status})
    assert written.status == 200, written.body
