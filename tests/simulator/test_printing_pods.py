"""Table printer of pods: ready, status and restarts, as in `kubectl get pods`."""

from __future__ import annotations

import datetime

import pytest

from simulator.printing.pods import pod, pod_conditions

NOW = datetime.datetime(2026, 3, 1, 12, 0, 0, tzinfo=datetime.UTC)
READY = {"type": "Ready", "status": "True"}
INITIALIZED = {"type": "Initialized", "status": "True"}
RUNNING = {"running": {"startedAt": "2026-03-01T11:00:00Z"}}


def waiting(reason):
    return {"waiting": {"reason": reason}}


def terminated(code=0, reason="", signal=0, at="2026-03-01T11:55:00Z"):
    found = {"exitCode": code, "reason": reason, "signal": signal, "finishedAt": at}
    return {"terminated": {key: value for key, value in found.items() if value or key == "exitCode"}}


def container(name, state, *, ready=False, restarts=0, last=None, started=None):
    found = {"name": name, "state": state, "ready": ready, "restartCount": restarts}
    return found | ({"lastState": last} if last else {}) | ({} if started is None else {"started": started})


def row(containers=(), inits=(), *, sidecars=(), names=("c",), metadata=None, spec=None, **status):
    """The first five cells of a pod with those container statuses."""
    first = [
        {"name": one} | ({"restartPolicy": "Always"} if one in sidecars else {}) for one in inits_of(inits)
    ]
    thing = {
        "metadata": {"name": "p", "creationTimestamp": "2026-03-01T11:00:00Z"} | (metadata or {}),
        "spec": {"containers": [{"name": one} for one in names], "initContainers": first} | (spec or {}),
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


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (row(phase="Pending"), ["0/1", "Pending", "0"]),
        (row([container("c", RUNNING, ready=True)]), ["1/1", "Running", "0"]),
        (
            row([container("c", waiting("ContainerCreating"))], phase="Pending"),
            ["0/1", "ContainerCreating", "0"],
        ),
        (
            row([container("c", waiting("CrashLoopBackOff"), restarts=5, last=terminated(1, "Error"))]),
            ["0/1", "CrashLoopBackOff", "5 (5m ago)"],
        ),
        (row([container("c", terminated(0, "Completed"))], phase="Succeeded"), ["0/1", "Completed", "0"]),
        (row([container("c", terminated(137, "OOMKilled"))], phase="Failed"), ["0/1", "OOMKilled", "0"]),
        (row([container("c", terminated(3))]), ["0/1", "ExitCode:3", "0"]),
        (row([container("c", terminated(0, signal=9))]), ["0/1", "Signal:9", "0"]),
        (row(phase="Failed", reason="Evicted"), ["0/1", "Evicted", "0"]),
        (
            row(conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
            ["0/1", "SchedulingGated", "0"],
        ),
        (
            row(
                [container("c", terminated(0, "Completed")), container("d", RUNNING, ready=True)],
                names=("c", "d"),
                conditions=[READY],
            ),
            ["1/2", "Running", "0"],
        ),
        (
            row(
                [container("c", terminated(0, "Completed")), container("d", RUNNING, ready=True)],
                names=("c", "d"),
            ),
            ["1/2", "NotReady", "0"],
        ),
        (
            row(
                [container("c", terminated(0, "Completed")), container("d", terminated(1, "Error"))],
                names=("c", "d"),
            ),
            ["0/2", "Error", "0"],
        ),
    ],
)
def test_it_prints_containers(cells, expected):
    assert cells[1:4] == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (row(inits=[container("i", RUNNING)], phase="Pending"), ["0/1", "Init:0/1", "0"]),
        (
            row(
                inits=[
                    container("i", terminated()),
                    container("j", waiting("PodInitializing")),
                ]
            ),
            ["0/1", "Init:1/2", "0"],
        ),
        (
            row(inits=[container("i", waiting("ImagePullBackOff"))]),
            ["0/1", "Init:ImagePullBackOff", "0"],
        ),
        (
            row(inits=[container("i", terminated(1, "Error"), restarts=2)]),
            ["0/1", "Init:Error", "2"],
        ),
        (row(inits=[container("i", terminated(4))]), ["0/1", "Init:ExitCode:4", "0"]),
        (
            row(inits=[container("i", terminated(4, signal=9))]),
            ["0/1", "Init:Signal:9", "0"],
        ),
        (
            row(
                [container("c", RUNNING, ready=True)],
                [container("i", terminated(), restarts=3, last=terminated(1))],
            ),
            ["1/1", "Running", "0"],
        ),
        (
            row(
                [container("c", RUNNING, ready=True, restarts=1)],
                [container("s", RUNNING, ready=True, started=True, restarts=2, last=terminated(1))],
                sidecars=("s",),
            ),
            ["2/2", "Running", "3 (5m ago)"],
        ),
        (
            row(
                inits=[container("s", RUNNING, started=True), container("i", RUNNING)],
                sidecars=("s",),
            ),
            ["0/2", "Init:1/2", "0"],
        ),
        (
            row(
                [container("c", RUNNING, ready=True)],
                [container("i", RUNNING)],
                conditions=[INITIALIZED],
            ),
            ["1/1", "Init:0/1", "0"],
        ),
    ],
)
def test_it_prints_init_containers_and_sidecars(cells, expected):
    assert cells[1:4] == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, "Terminating"),
        ({"reason": "NodeLost"}, "Unknown"),
        ({"phase": "Succeeded"}, "Succeeded"),
    ],
)
def test_it_prints_a_pod_that_is_being_deleted(status, expected):
    assert row(metadata={"deletionTimestamp": "2026-03-01T11:59:00Z"}, **status)[2] == expected


def test_the_first_container_has_the_last_word():
    waits = [
        container("c", waiting("CrashLoopBackOff")),
        container("d", waiting("ImagePullBackOff")),
    ]
    assert row(waits, names=("c", "d"))[2] == "CrashLoopBackOff"


def test_it_counts_the_latest_restart():
    one = container("c", RUNNING, restarts=1, last=terminated(1, at="2026-03-01T10:00:00Z"))
    other = container("d", RUNNING, restarts=1, last=terminated(1, at="2026-03-01T11:58:00Z"))
    assert row([other, one], names=("c", "d"))[3] == "2 (2m ago)"


def test_it_says_where_it_is():
    spec = {"nodeName": "node-1", "readinessGates": [{"conditionType": "a"}, {"conditionType": "b"}]}
    conditions = [{"type": "b", "status": "True"}, {"type": "a", "status": "False"}]
    cells = row(spec=spec, podIPs=[{"ip": "10.0.0.1"}], nominatedNodeName="node-2", conditions=conditions)
    assert cells[4:] == ["60m", "10.0.0.1", "node-1", "node-2", "1/2"]
    assert row()[4:] == ["60m", "<none>", "<none>", "<none>", "<none>"]


def test_a_row_is_over_with_its_pod():
    assert [one["reason"] for one in pod_conditions({"status": {"phase": "Failed"}})] == ["Failed"]
    assert pod_conditions({"status": {"phase": "Running"}}) == []
