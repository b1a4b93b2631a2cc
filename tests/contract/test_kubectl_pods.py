"""Contract of kubectl on pods: logs, exec, attach, top, drain."""

from __future__ import annotations

import itertools
import os
import pty
import re
import select
import subprocess

import pytest

from tests.contract.bodies import thing
from tests.contract.contenders import SIMULATOR
from tests.contract.pods import run_pod
from tests.dashboard_server import wait_for

SECONDS = 30


@pytest.fixture(scope="module")
def pod_namespace(own_namespace, contenders):
    """The name of the namespace: `one` and `two` in both, with the label app=web."""
    for contender in contenders.values():
        run_pod(contender, own_namespace, "one", labels={"app": "web"})
        run_pod(contender, own_namespace, "two", "c", "d", labels={"app": "web"})
    return own_namespace.rpartition("/")[2]


@pytest.fixture
def simulator(contenders):
    return contenders[SIMULATOR]


ALIKE = [
    "logs one", "logs one --tail=2", "logs one --timestamps", "logs one --since=5s", "logs one --limit-bytes=30",
    "logs one --since-time=2026-01-01T00:00:02Z", "logs two -c d --tail=1", "logs two --tail=1",
    "logs two --all-containers --tail=1 --prefix", "logs -l app=web --tail=1", "logs two -c nope", "logs nope",
    "logs -l app=none", "exec one -- echo hello", "exec two -c d -- echo hello", "exec two -c nope -- echo hello",
    "exec nope -- echo", "exec one -- sh -c ,echo,out;,echo,err>&2", "exec one", "attach nope", "top pods nope",
    "top nodes nope", "top pods -l app=none",
]  # fmt: skip


@pytest.mark.parametrize("command", ALIKE)
def test_it_prints_the_same(both, pod_namespace, command):
    """A comma stands for a space inside of a word."""
    first, *rest = [word.replace(",", " ").strip() for word in command.split(" ")]
    both.same_kubectl(first, "-n", pod_namespace, *rest, is_sorted="--all-containers" not in rest)


@pytest.mark.parametrize(
    "command", ["logs one", "exec one -- echo hello", "attach one", "top pods", "top nodes"]
)
def test_it_prints_the_same_without_permission(both, pod_namespace, command):
    first, *rest = command.split(" ")
    both.same_kubectl(first, "-n", pod_namespace, *rest, person="stan")


@pytest.fixture(scope="module")
def viewable_namespace(pod_namespace, contenders):
    """stan may read in the namespace, and no more."""
    group = "rbac.authorization.k8s.io"
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": "view"}
    subjects = [{"apiGroup": group, "kind": "User", "name": "stan"}]
    body = thing(f"{group}/v1", "RoleBinding", "looks", roleRef=reference, subjects=subjects)
    path = f"/apis/{group}/v1/namespaces/{pod_namespace}/rolebindings"
    for one in contenders.values():
        assert one.admin.post(path, body).status == 201
    yield pod_namespace
    for one in contenders.values():
        one.admin.delete(f"{path}/looks")


VIEWER_COMMANDS = [
    "logs one --tail=1",
    "exec one -- echo hello",
    "exec -i one -- cat",
    "attach one",
    "port-forward one 8080",
]


@pytest.mark.parametrize("command", VIEWER_COMMANDS)
def test_it_prints_the_same_with_permission_to_view_alone(both, viewable_namespace, command):
    first, *rest = command.split(" ")
    both.same_kubectl(first, "-n", viewable_namespace, *rest, person="stan")


def test_it_sends_what_is_typed(both, pod_namespace):
    both.same_kubectl(
        "exec", "-i", "-n", pod_namespace, "one", "--", "sh", input="echo hello\nexit\necho never\n"
    )


def test_it_reads_to_the_end_of_what_is_typed(simulator, pod_namespace):
    """kwok never sees the end."""
    ran = simulator.kubectl("exec", "-i", "-n", pod_namespace, "one", "--", "cat", input="hello\nthere\n")
    assert ran == (0, "hello\nthere\n", "")


def test_it_ends_with_the_exit_code(simulator, pod_namespace):
    """kwok calls every code but 0 an internal error."""
    code, _, error = simulator.kubectl("exec", "-n", pod_namespace, "one", "--", "sh", "-c", "exit 7")
    assert (code, error) == (7, "command terminated with exit code 7\n")
    code, _, error = simulator.kubectl("exec", "-n", pod_namespace, "one", "--", "sh", "-c", "nope")
    assert (code, error) == (127, "sh: nope: not found\ncommand terminated with exit code 127\n")
    code, _, error = simulator.kubectl("exec", "-n", pod_namespace, "one", "--", "nope")
    assert code == 1
    assert re.match(r"error: Internal error occurred: .*executable file not found in \$PATH: unknown", error)


def command_of(contender, *arguments):
    return [str(contender.kubectl_binary), "--kubeconfig", str(contender.folder / "admin.yaml"), *arguments]


def test_it_has_a_shell_with_a_terminal(simulator, pod_namespace):
    ours, theirs = pty.openpty()
    command = command_of(simulator, "exec", "-it", "-n", pod_namespace, "one", "--", "sh")
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    shown = ""
    try:
        for expected, typed in (
            ("# ", b"stty size; hostname\n"),
            ("one\r\n", b"sleep 100\n"),
            ("100\r\n", b"\x03"),
        ):
            shown = read_until(ours, shown, expected)
            os.write(ours, typed)
        shown = read_until(ours, shown, "^C\r\n# ")
        os.write(ours, b"exit 3\n")
        assert process.wait(SECONDS) == 3
    finally:
        process.kill()
        os.close(ours)


def read_until(file, output, expected):
    """What was shown up to now, once `expected` is in it."""
    while expected not in output:
        assert select.select([file], [], [], SECONDS)[0], output
        output += os.read(file, 4096).decode()
    return output


@pytest.fixture
def follow(contenders):
    """Starts a kubectl that follows, and returns it; it is killed afterwards."""
    started = []

    def start(contender, *arguments):
        process = subprocess.Popen(
            command_of(contender, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def short_lived(simulator, own_namespace):
    run_pod(simulator, own_namespace, "short")
    yield f"{own_namespace}/pods/short"
    simulator.admin.delete(f"{own_namespace}/pods/short", {"gracePeriodSeconds": 0})


def end(simulator, path):
    """Its container is over."""
    begun = simulator.admin.get(path).json["metadata"]["creationTimestamp"]
    over = {"exitCode": 0, "reason": "Completed", "startedAt": begun, "finishedAt": begun}
    state = {"name": "c", "ready": False, "restartCount": 0, "image": "i", "imageID": ""}
    status = {"phase": "Succeeded", "containerStatuses": [state | {"state": {"terminated": over}}]}
    assert simulator.admin.patch(f"{path}/status", {"status": status}).status == 200


def test_it_follows_a_log_to_its_end(simulator, pod_namespace, short_lived, follow):
    process = follow(simulator, "logs", "-f", "-n", pod_namespace, "short", "--tail=1")
    assert process.stdout.readline() == "Traceback (most recent call last):\n"
    assert process.poll() is None
    end(simulator, short_lived)
    assert process.wait(SECONDS) == 0


def test_it_attaches_until_the_container_ends(simulator, pod_namespace, short_lived, follow, controlplane):
    """All containers of the tests write what is appended to that file."""
    process = follow(simulator, "attach", "-n", pod_namespace, "short")
    wait_for(lambda: process.stderr.readline().startswith("If you don't see a command prompt"))
    before = controlplane.pod_log.read_text()
    numbers = itertools.count(1)

    def is_followed():
        """kubectl says nothing when it is attached: what was written before is not shown."""
        with controlplane.pod_log.open("a") as log:
            log.write(f"2026-01-01T00:00:08.{next(numbers):06}000Z stdout F appended\n")
        return select.select([process.stdout], [], [], 0.1)[0]

    try:
        wait_for(is_followed)
        assert process.stdout.readline() == "appended\n"
    finally:
        controlplane.pod_log.write_text(before)
    end(simulator, short_lived)
    assert process.wait(SECONDS) == 0


def test_it_shows_a_previous_log(simulator, pod_namespace, own_namespace, short_lived):
    begun = simulator.admin.get(short_lived).json["metadata"]["creationTimestamp"]
    last = {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": begun, "finishedAt": begun}}
    state = {"name": "c", "ready": True, "restartCount": 1, "image": "i", "imageID": ""}
    state |= {"state": {"running": {"startedAt": begun}}, "lastState": last}
    simulator.admin.patch(f"{short_lived}/status", {"status": {"containerStatuses": [state]}})
    code, output, _ = simulator.kubectl("logs", "-p", "-n", pod_namespace, "short", "--tail=1")
    assert (code, output) == (0, "Traceback (most recent call last):\n")
    code, _, error = simulator.kubectl("logs", "-p", "-n", pod_namespace, "one")
    assert code == 1
    assert error == (
        'Error from server (BadRequest): previous terminated container "c" in pod "one" not found\n'
    )


def test_it_tops(simulator, pod_namespace):
    code, output, _ = simulator.kubectl("top", "pods", "-n", pod_namespace, "--no-headers")
    assert code == 0
    assert [re.sub(r"\d+", "1", " ".join(line.split())) for line in output.splitlines()] == [
        "one 1m 1Mi",
        "two 1m 1Mi",
    ]
    code, output, _ = simulator.kubectl(
        "top", "pods", "-n", pod_namespace, "two", "--containers", "--no-headers"
    )
    assert [line.split()[:2] for line in output.splitlines()] == [["two", "c"], ["two", "d"]]
    code, output, _ = simulator.kubectl("top", "nodes", "--no-headers")
    assert code == 0
    assert re.match(r"node-1 +\d+m +\d+% +\d+Mi +\d+%", output)


@pytest.fixture
def drain_target(simulator, own_namespace):
    """Two ready pods alone on a node of their own, under a budget that needs both."""
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-9"}}
    simulator.admin.post("/api/v1/nodes", node)
    for name in ("first", "second"):
        run_pod(simulator, own_namespace, name, node="node-9", labels={"app": "drained"})
    policy = f"/apis/policy/v1/{own_namespace.removeprefix('/api/v1/')}/poddisruptionbudgets"
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": "drained"}}}
    simulator.admin.post(policy, thing("policy/v1", "PodDisruptionBudget", "drained", spec=spec))
    wait_for(lambda: simulator.admin.get(f"{policy}/drained").json["status"].get("conditions"))
    yield f"{policy}/drained"
    simulator.admin.delete(f"{policy}/drained")
    simulator.admin.delete("/api/v1/nodes/node-9")


def test_it_drains_a_node_as_far_as_the_budget_lets_it(simulator, own_namespace, drain_target):
    code, output, error = simulator.kubectl("drain", "node-9", "--force", "--timeout=1s")
    assert code == 1
    assert "node/node-9 cordoned" in output
    assert "global timeout reached" in error
    assert len(pods_on(simulator, own_namespace)) == 2
    simulator.admin.patch(drain_target, {"spec": {"minAvailable": 0}})
    code, output, _ = simulator.kubectl("drain", "node-9", "--force", "--timeout=30s")
    assert (code, sorted(output.splitlines()[-3:])) == (
        0,
        ["node/node-9 drained", "pod/first evicted", "pod/second evicted"],
    )
    assert pods_on(simulator, own_namespace) == []


def pods_on(simulator, path):
    found = simulator.admin.get(f"{path}/pods?fieldSelector=spec.nodeName%3Dnode-9").json["items"]
    return [one["metadata"]["name"] for one in found]
