"""Is a pod's row the same in both, in every state that a pod can be in?"""

from __future__ import annotations

import pytest

from tests.contract.bodies import CONTAINER, thing
from tests.contract.tables import LONG_AGO, NODE, TABLE, collection_path, normalize_row, same_rows

RUNNING = {"running": {"startedAt": LONG_AGO}}
READY = [{"type": "Ready", "status": "True"}]
INITIALIZED = [{"type": "Initialized", "status": "True"}]


def waiting(reason=""):
    return {"waiting": {"reason": reason} if reason else {}}


def ended(code=0, reason="", signal=0):
    found = {"exitCode": code, "finishedAt": LONG_AGO, "startedAt": LONG_AGO, "containerID": "none://c"}
    more = {"reason": reason, "signal": signal}
    return {"terminated": found | {key: value for key, value in more.items() if value}}


def seen(name, state, *, ready=False, restarts=0, last=None, **more):
    found = {
        "name": name,
        "state": state,
        "ready": ready,
        "restartCount": restarts,
        "image": "i",
        "imageID": "",
    }
    return found | ({"lastState": last} if last else {}) | more


def containers(*statuses, phase="Running", **status):
    return {"phase": phase, "containerStatuses": list(statuses)} | status


def inits(*statuses, phase="Pending", **status):
    return {"phase": phase, "initContainerStatuses": list(statuses)} | status


TWO = {"containers": [CONTAINER, CONTAINER | {"name": "d"}]}
INITS = {"initContainers": [CONTAINER | {"name": "i"}, CONTAINER | {"name": "j"}]}
SIDECAR = {
    "initContainers": [CONTAINER | {"name": "s", "restartPolicy": "Always"}, CONTAINER | {"name": "i"}]
}
GATES = {"readinessGates": [{"conditionType": "example.com/a"}, {"conditionType": "example.com/b"}]}
ERROR = ended(1, "Error")

# What is special of the pod, and the statuses that it goes through
STATES = {
    "pending": ({}, [{"phase": "Pending"}]),
    "creating": ({}, [containers(seen("c", waiting("ContainerCreating")), phase="Pending")]),
    "no image": ({}, [containers(seen("c", waiting("ImagePullBackOff")), phase="Pending")]),
    "waiting for nothing": ({}, [containers(seen("c", waiting()), phase="Pending")]),
    "running": ({}, [containers(seen("c", RUNNING, ready=True), conditions=READY)]),
    "running, not ready": ({}, [containers(seen("c", RUNNING))]),
    "crashing": ({}, [containers(seen("c", waiting("CrashLoopBackOff"), restarts=7, last=ERROR))]),
    "restarted": ({}, [containers(seen("c", RUNNING, ready=True, restarts=1))]),
    "completed": ({}, [containers(seen("c", ended(0, "Completed")), phase="Succeeded")]),
    "failed": ({}, [containers(seen("c", ended(137, "OOMKilled")), phase="Failed")]),
    "exit code": ({}, [containers(seen("c", ended(3)), phase="Failed")]),
    "signal": ({}, [containers(seen("c", ended(137, signal=9)), phase="Failed")]),
    "evicted": ({}, [{"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}]),
    "node affinity": ({}, [{"phase": "Failed", "reason": "NodeAffinity"}]),
    "one of two done": (
        TWO,
        [containers(seen("c", ended(0, "Completed")), seen("d", RUNNING, ready=True), conditions=READY)],
    ),
    "one of two done, not ready": (
        TWO,
        [containers(seen("c", ended(0, "Completed")), seen("d", RUNNING, ready=True))],
    ),
    "one done, one failed": (
        TWO,
        [containers(seen("c", ended(0, "Completed")), seen("d", ERROR), phase="Failed")],
    ),
    "both waiting": (
        TWO,
        [containers(seen("c", waiting("CrashLoopBackOff")), seen("d", waiting("ImagePullBackOff")))],
    ),
    "both with restarts": (
        TWO,
        [containers(seen("c", RUNNING, restarts=2, last=ERROR), seen("d", RUNNING, restarts=3))],
    ),
    "init": (INITS, [inits(seen("i", RUNNING), seen("j", waiting("PodInitializing")))]),
    "second init": (INITS, [inits(seen("i", ended()), seen("j", waiting("PodInitializing")))]),
    "init crashing": (
        INITS,
        [inits(seen("i", waiting("CrashLoopBackOff"), restarts=4, last=ERROR), seen("j", waiting()))],
    ),
    "init failed": (INITS, [inits(seen("i", ERROR), seen("j", waiting()), phase="Failed")]),
    "init exit code": (INITS, [inits(seen("i", ended(2)), seen("j", waiting()))]),
    "init signal": (INITS, [inits(seen("i", ended(2, signal=15)), seen("j", waiting()))]),
    "after init": (
        INITS,
        [
            containers(seen("c", RUNNING, ready=True, restarts=1, last=ERROR))
            | inits(seen("i", ended(), restarts=5, last=ERROR), seen("j", ended()), phase="Running")
        ],
    ),
    "init, said to be initialized": (
        INITS,
        [
            containers(seen("c", RUNNING, ready=True))
            | inits(seen("i", RUNNING), phase="Running", conditions=INITIALIZED)
        ],
    ),
    "sidecar starts": (SIDECAR, [inits(seen("s", RUNNING, started=False), seen("i", waiting()))]),
    "sidecar runs, init too": (
        SIDECAR,
        [inits(seen("s", RUNNING, started=True, ready=True, restarts=2, last=ERROR), seen("i", RUNNING))],
    ),
    "sidecar runs": (
        SIDECAR,
        [
            containers(seen("c", RUNNING, ready=True, restarts=1, last=ERROR))
            | inits(seen("s", RUNNING, started=True, ready=True, restarts=2), seen("i", ended()), phase="Running")
        ],
    ),
    "addresses": (
        GATES,
        [
            {
                "podIP": "10.1.2.3",
                "podIPs": [{"ip": "10.1.2.3"}, {"ip": "fd00::3"}],
                "conditions": [
                    {"type": "example.com/a", "status": "True"},
                    {"type": "example.com/b", "status": "False"},
                ],
            },
            {"podIP": "10.1.2.4"},
        ],
    ),
    "two states": (
        {},
        [
            containers(seen("c", waiting("ContainerCreating")), phase="Pending"),
            containers(seen("c", RUNNING, ready=True), conditions=READY, podIP="10.1.2.3"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_pod(both, own_namespace, state):
    spec, statuses = STATES[state]
    same_rows(
        both,
        collection_path(own_namespace, "v1", "pods"),
        pod(**spec),
        *({"status": one} for one in statuses),
    )


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Running"},
        {"phase": "Running", "reason": "NodeLost"},
        {"phase": "Succeeded"},
        {"phase": "Failed", "reason": "NodeLost"},
        containers(seen("c", waiting("CrashLoopBackOff"))),
    ],
)
def test_a_pod_that_is_being_deleted(both, own_namespace, status):
    same_rows(both, collection_path(own_namespace, "v1", "pods"), pod(), {"status": status}, is_deleted=True)


def test_a_pod_that_waits_at_a_gate(both, own_namespace):
    gated = {"schedulingGates": [{"name": "example.com/gate"}], "nodeName": None}
    path = collection_path(own_namespace, "v1", "pods")
    found = same_rows(both, path, pod(**gated))
    assert found[0]["2. Status"] == "str SchedulingGated"
    both.same(lambda caller: caller.post(f"{path}?dryRun=All", pod(**gated)).json["status"])


def test_pods_in_a_list(both, own_namespace):
    path = collection_path(own_namespace, "v1", "pods")

    def ask(caller):
        for name, (spec, statuses) in list(STATES.items())[:12]:
            own = name.replace(" ", "-").replace(",", "")
            caller.post(path, pod(own, {"labels": {"listed": "yes"}}, **spec))
            caller.patch(f"{path}/{own}/status", {"status": statuses[-1]})
        table = caller.get(f"{path}?labelSelector=listed&includeObject=None", accept=TABLE).json
        caller.delete(f"{path}?labelSelector=listed&gracePeriodSeconds=0")
        return [
            normalize_row([one["name"] for one in table["columnDefinitions"]], row) for row in table["rows"]
        ]

    assert len(both.same(ask)) == 12


def pod(name="zz", metadata=None, **spec):
    own = {"containers": [CONTAINER], "nodeName": NODE} | spec
    return thing(
        "v1", "Pod", name, metadata, spec={key: value for key, value in own.items() if value is not None}
    )
