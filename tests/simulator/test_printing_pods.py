"""Does a pod's row tell how its containers do, as `kubectl get pods` does?"""

from __future__ import annotations

import datetime

import pytest

from simulator.printing.pods import pod, pod_is_over

NOW = datetime.datetime(2026, 3, 1, 12, 0, 0, tzinfo=datetime.UTC)
READY = {"type": "Ready", "status": "True"}
INITIALIZED = {"type": "Initialized", "status": "True"}
RUNNING = {"running": {"startedAt": "2026-03-01T11:00:00Z"}}


def waiting(reason):
    return {"waiting": {"reason": reason}}


def ended(code=0, reason="", signal=0, at="2026-03-01T11:55:00Z"):
    found = {"exitCode": code, "reason": reason, "signal": signal, "finishedAt": at}
    return {"terminated": {key: value for key, value in found.items() if value or key == "exitCode"}}


def seen(name, state, *, ready=False, restarts=0, last=None, started=None):
    found = {"name": name, "state": state, "ready": ready, "restartCount": restarts}
    return found | ({"lastState": last} if last else {}) | ({} if started is None else {"started": started})


def row(containers=(), inits=(), *, sidecars=(), wanted=("c",), metadata=None, spec=None, **status):
    """The first five cells of a pod with those container statuses."""
    first = [
        {"name": one} | ({"restartPolicy": "Always"} if one in sidecars else {}) for one in inits_of(inits)
    ]
    thing = {
        "metadata": {"name": "p", "creationTimestamp": "2026-03-01T11:00:00Z"} | (metadata or {}),
        "spec": {"containers": [{"name": one} for one in wanted], "initContainers": first} | (spec or {}),
        "status": {
            "phase": "Running",
            "containerStatuses": list(containers),
            "initContainerStatuses": list(inits),
        }
        | status,
    }
    return pod(thing, NOW)


def inits_of(statuses):
    return [one["name"] for one in statuses]


def told(*cells):
    """Ready, status, restarts."""
    return list(cells)


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (row(phase="Pending"), told("0/1", "Pending", "0")),
        (row([seen("c", RUNNING, ready=True)]), told("1/1", "Running", "0")),
        (row([seen("c", waiting("ContainerCreating"))], phase="Pending"), told("0/1", "ContainerCreating", "0")),
        (
            row([seen("c", waiting("CrashLoopBackOff"), restarts=5, last=ended(1, "Error"))]),
            told("0/1", "CrashLoopBackOff", "5 (5m ago)"),
        ),
        (row([seen("c", ended(0, "Completed"))], phase="Succeeded"), told("0/1", "Completed", "0")),
        (row([seen("c", ended(137, "OOMKilled"))], phase="Failed"), told("0/1", "OOMKilled", "0")),
        (row([seen("c", ended(3))]), told("0/1", "ExitCode:3", "0")),
        (row([seen("c", ended(0, signal=9))]), told("0/1", "Signal:9", "0")),
        (row(phase="Failed", reason="Evicted"), told("0/1", "Evicted", "0")),
        (
            row(conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
            told("0/1", "SchedulingGated", "0"),
        ),
        (
            row(
                [seen("c", ended(0, "Completed")), seen("d", RUNNING, ready=True)],
                wanted=("c", "d"),
                conditions=[READY],
            ),
            told("1/2", "Running", "0"),
        ),
        (
            row([seen("c", ended(0, "Completed")), seen("d", RUNNING, ready=True)], wanted=("c", "d")),
            told("1/2", "NotReady", "0"),
        ),
        (
            row([seen("c", ended(0, "Completed")), seen("d", ended(1, "Error"))], wanted=("c", "d")),
            told("0/2", "Error", "0"),
        ),
    ],
)  # fmt: skip
def test_it_tells_of_containers(cells, wanted):
    assert cells[1:4] == wanted


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (row(inits=[seen("i", RUNNING)], phase="Pending"), told("0/1", "Init:0/1", "0")),
        (
            row(inits=[seen("i", ended()), seen("j", waiting("PodInitializing"))]),
            told("0/1", "Init:1/2", "0"),
        ),
        (row(inits=[seen("i", waiting("ImagePullBackOff"))]), told("0/1", "Init:ImagePullBackOff", "0")),
        (row(inits=[seen("i", ended(1, "Error"), restarts=2)]), told("0/1", "Init:Error", "2")),
        (row(inits=[seen("i", ended(4))]), told("0/1", "Init:ExitCode:4", "0")),
        (row(inits=[seen("i", ended(4, signal=9))]), told("0/1", "Init:Signal:9", "0")),
        (
            row([seen("c", RUNNING, ready=True)], [seen("i", ended(), restarts=3, last=ended(1))]),
            told("1/1", "Running", "0"),
        ),
        (
            row(
                [seen("c", RUNNING, ready=True, restarts=1)],
                [seen("s", RUNNING, ready=True, started=True, restarts=2, last=ended(1))],
                sidecars=("s",),
            ),
            told("2/2", "Running", "3 (5m ago)"),
        ),
        (
            row(inits=[seen("s", RUNNING, started=True), seen("i", RUNNING)], sidecars=("s",)),
            told("0/2", "Init:1/2", "0"),
        ),
        (
            row([seen("c", RUNNING, ready=True)], [seen("i", RUNNING)], conditions=[INITIALIZED]),
            told("1/1", "Init:0/1", "0"),
        ),
    ],
)
def test_it_tells_of_init_containers_and_sidecars(cells, wanted):
    assert cells[1:4] == wanted


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ({}, "Terminating"),
        ({"reason": "NodeLost"}, "Unknown"),
        ({"phase": "Succeeded"}, "Succeeded"),
    ],
)
def test_it_tells_of_one_that_is_being_deleted(status, wanted):
    assert row(metadata={"deletionTimestamp": "2026-03-01T11:59:00Z"}, **status)[2] == wanted


def test_the_first_container_has_the_last_word():
    waits = [seen("c", waiting("CrashLoopBackOff")), seen("d", waiting("ImagePullBackOff"))]
    assert row(waits, wanted=("c", "d"))[2] == "CrashLoopBackOff"


def test_it_counts_the_latest_restart():
    one = seen("c", RUNNING, restarts=1, last=ended(1, at="2026-03-01T10:00:00Z"))
    other = seen("d", RUNNING, restarts=1, last=ended(1, at="2026-03-01T11:58:00Z"))
    assert row([other, one], wanted=("c", "d"))[3] == "2 (2m ago)"


def test_it_says_where_it_is():
    spec = {"nodeName": "node-1", "readinessGates": [{"conditionType": "a"}, {"conditionType": "b"}]}
    conditions = [{"type": "b", "status": "True"}, {"type": "a", "status": "False"}]
    cells = row(spec=spec, podIPs=[{"ip": "10.0.0.1"}], nominatedNodeName="node-2", conditions=conditions)
    assert cells[4:] == ["60m", "10.0.0.1", "node-1", "node-2", "1/2"]
    assert row()[4:] == ["60m", "<none>", "<none>", "<none>", "<none>"]


def test_a_row_is_over_with_its_pod():
    assert [one["reason"] for one in pod_is_over({"status": {"phase": "Failed"}})] == ["Failed"]
    assert pod_is_over({"status": {"phase": "Running"}}) == []
