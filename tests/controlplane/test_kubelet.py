"""Kubelet of the tests: what kubectl sees through it is what kubectl sees of a real one."""

import json
import subprocess
import time

import pytest

from tests.controlplane.kubectl_terminal import KubectlTerminal
from tests.controlplane.kubelet import NODE, Kubelet
from tests.controlplane.processes import wait_until
from tests.controlplane.watchdog import find_processes

COUNTER = "n=0; while true; do n=$((n+1)); echo line $n; sleep 0.02; done"
SHELL = {"command": ["sh"], "stdin": True, "tty": True}


def run(kubelet: Kubelet, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """kubectl with its exit code and both outputs."""
    plane = kubelet.plane
    command = [
        str(plane.binaries.kubectl),
        "--kubeconfig",
        str(plane.kubeconfig("admin")),
        "-n",
        "shop",
        *arguments,
    ]
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"HOME": str(plane.directory), "KUBERC": "off", "PATH": "/usr/bin:/bin"},
    )


def count(kubelet: Kubelet, text: str, pod: str, container: str = "app") -> int:
    return sum(text in command for command in kubelet.container(pod, container).processes.values())


def test_exec_has_exit_codes_outputs_and_the_end_of_its_input(kubelet):
    kubelet.run_pod("exec", "sleep 1000", "sleep 2000")
    done = run(kubelet, "exec", "exec", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, "out\n")
    assert "err\n" in done.stderr
    assert "exit code 7" in done.stderr
    assert run(kubelet, "exec", "exec", "--", "sh", "-c", "kill -9 $$").returncode == 137
    done = run(kubelet, "exec", "-i", "exec", "-c", "app-2", "--", "wc", "-c", stdin="x" * 100_000)
    assert (done.returncode, done.stdout.strip()) == (0, "100000")
    done = run(kubelet, "exec", "exec", "--", "sh", "-c", "pwd; echo $HOSTNAME")
    assert done.stdout.split() == [str(kubelet.container("exec").root), "exec"]
    missing = run(kubelet, "exec", "exec", "--", "nothing-of-that-name")
    assert missing.returncode == 1
    assert 'exec: "nothing-of-that-name": executable file not found in $PATH' in missing.stderr
    assert count(kubelet, "sleep", "exec") == 2  # the shell of the command, and its sleep


def test_an_image_without_a_shell_has_none(kubelet):
    kubelet.run_pod(
        "bare", container={"image": "registry.example/distroless:1", "command": ["sleep", "1000"]}
    )
    for command in ("sh", "/bin/sh", "tar"):
        done = run(kubelet, "exec", "bare", "--", command)
        assert done.returncode == 1
        assert "unable to start container process" in done.stderr


def test_a_terminal_has_a_size_and_outlives_a_client_that_is_cut_off(kubelet):
    kubelet.run_pod("terminal", "sleep 1000")
    arguments = ("exec", "-it", "-n", "shop", "terminal", "--", "sh")
    with KubectlTerminal(kubelet.plane, *arguments, rows=30, columns=100) as terminal:
        terminal.type("stty size\r")
        terminal.wait_for("30 100")
        terminal.resize(40, 120)
        terminal.type("until stty size | grep '40 120'; do true; done\r")
        terminal.wait_for("\n40 120")
        terminal.type("exit 3\r")
        assert terminal.wait() == 3
    assert count(kubelet, "sh", "terminal") == 1
    with KubectlTerminal(kubelet.plane, *arguments) as terminal:
        terminal.type("sleep 4321\r")
        wait_until(lambda: count(kubelet, "sleep 4321", "terminal") == 1, "the command")
    # kubectl was killed: as with containerd, nobody has told the shell
    assert count(kubelet, "sleep 4321", "terminal") == 1
    kubelet.delete_pod("terminal")
    assert not [pid for pid in find_processes(kubelet.plane.directory) if _is_sleep(pid)]


def _is_sleep(pid: int) -> bool:
    with open(f"/proc/{pid}/cmdline", "rb") as command:
        return b"4321" in command.read()


def test_attach_joins_the_streams_of_the_container(kubelet):
    kubelet.run_pod("attach", container={"command": ["cat"], "stdin": True})
    with KubectlTerminal(kubelet.plane, "attach", "-i", "-n", "shop", "attach") as first:
        first.wait_for("If you don't see a command prompt")
        first.type("hello\r")
        first.wait_for("hello\r\nhello")
    kubelet.run_pod("attach-tty", container=SHELL)
    with KubectlTerminal(kubelet.plane, "attach", "-it", "-n", "shop", "attach-tty", columns=91) as terminal:
        terminal.type("stty size\r")
        terminal.wait_for("24 91")
        terminal.type("exit 5\r")
        terminal.wait()
    status = kubelet.wait_for_pod("attach-tty", lambda status: status["containerStatuses"][0]["restartCount"])
    assert status["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 5


def test_logs_have_tails_times_previous_containers_and_follow(kubelet):
    kubelet.run_pod("logs", "echo first; echo second; printf third; sleep 1000", COUNTER)
    wait_until(lambda: run(kubelet, "logs", "logs", "-c", "app").stdout == "first\nsecond\n", "the log")
    assert run(kubelet, "logs", "logs", "-c", "app", "--tail=1").stdout == "second\n"
    time_and_text = run(kubelet, "logs", "logs", "-c", "app", "--timestamps").stdout.splitlines()[0].split()
    assert time_and_text[1] == "first"
    assert len(time_and_text[0]) == len("2026-01-01T00:00:00.000000000Z")
    assert run(kubelet, "logs", "logs", "-c", "app", "--since-time=2099-01-01T00:00:00Z").stdout == ""
    missing = run(kubelet, "logs", "logs", "-c", "app", "--previous")
    assert 'previous terminated container "app" in pod "logs" not found' in missing.stderr
    kubelet.crash("logs")
    status = kubelet.wait_for_pod("logs", lambda status: status["containerStatuses"][0]["restartCount"] == 1)
    ended = status["containerStatuses"][0]["lastState"]["terminated"]
    assert (ended["exitCode"], ended["signal"], ended["reason"]) == (137, 9, "Error")
    assert run(kubelet, "logs", "logs", "-c", "app", "--previous").stdout == "first\nsecond\nthird\n"


def test_a_log_that_is_followed_goes_on_through_a_rotation_and_ends_with_its_container(kubelet):
    kubelet.run_pod("follow", COUNTER)
    command = [str(kubelet.plane.binaries.kubectl), "--kubeconfig", str(kubelet.plane.kubeconfig("admin"))]
    follower = subprocess.Popen(
        [*command, "logs", "-f", "-n", "shop", "follow"], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert follower.stdout
    lines = [follower.stdout.readline().strip() for _ in range(10)]
    kubelet.rotate_log("follow")
    lines += [follower.stdout.readline().strip() for _ in range(40)]
    kubelet.crash("follow")
    rest, _ = follower.communicate(timeout=20)
    lines += rest.splitlines()
    assert follower.returncode == 0
    assert len(lines) >= 50
    assert lines == [f"line {number}" for number in range(1, len(lines) + 1)]
    # as with a real kubelet, what was rotated away is not read again
    assert run(kubelet, "logs", "follow", "--previous").stdout.splitlines()[0] != "line 1"


def test_a_line_over_16_kib_is_one_line_of_several_records(kubelet):
    kubelet.run_pod("long", "head -c 40000 /dev/zero | tr '\\0' x; echo; sleep 1000")
    wait_until(lambda: len(run(kubelet, "logs", "long").stdout) == 40_001, "the long line")
    log = (kubelet.container("long").root.parent / "logs" / "0.log").read_text().splitlines()
    assert [line.split(" ")[2] for line in log] == ["P", "P", "F"]


def test_a_debug_container_starts_and_is_attached_to(kubelet):
    kubelet.run_pod("debugged", "sleep 1000")
    arguments = ("debug", "-it", "-n", "shop", "debugged", "--image=registry.example/debug:1", "-c", "look")
    with KubectlTerminal(kubelet.plane, *arguments, "--target=app") as terminal:
        terminal.type("echo $((6*7))\r")
        terminal.wait_for("42")
        status = kubelet.status("debugged")["ephemeralContainerStatuses"][0]
        assert "running" in status["state"]
        terminal.type("exit 4\r")
        terminal.wait()
    status = kubelet.wait_for_pod(
        "debugged", lambda status: "terminated" in status["ephemeralContainerStatuses"][0]["state"]
    )
    assert status["ephemeralContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 4
    assert status["ephemeralContainerStatuses"][0]["restartCount"] == 0
    assert count(kubelet, "", "debugged", "look") == 0


def test_pods_end_as_their_policy_and_their_deadline_say(kubelet):
    kubelet.run_pod("once", "exit 0", restartPolicy="Never")
    kubelet.wait_for_pod("once", lambda status: status["phase"] == "Succeeded")
    kubelet.run_pod("failed", "exit 1", restartPolicy="Never")
    kubelet.wait_for_pod("failed", lambda status: status["phase"] == "Failed")
    kubelet.run_pod("short", "sleep 1000", restartPolicy="Never", activeDeadlineSeconds=1)
    status = kubelet.wait_for_pod("short", lambda status: status["phase"] == "Failed")
    assert status["reason"] == "DeadlineExceeded"
    assert kubelet.container("short").processes == {}


def test_faults_cut_stall_delay_and_refuse(kubelet):
    kubelet.run_pod("faults", "sleep 1000", COUNTER)
    with KubectlTerminal(
        kubelet.plane, "exec", "-it", "-n", "shop", "faults", "-c", "app", "--", "sh"
    ) as terminal:
        terminal.type("echo $((6*7))\r")
        terminal.wait_for("42")
        kubelet.set_faults(stall=True)
        terminal.type("echo $((7*7))\r")
        with pytest.raises(subprocess.TimeoutExpired):
            terminal.wait(0.5)
        assert "49" not in terminal.screen
        kubelet.set_faults()
        terminal.wait_for("49")
        assert kubelet.cut() >= 1
        terminal.wait()  # kubectl 1.36 takes a connection that was reset for the end, and its exit code is 0
    kubelet.set_faults(refuse="all")
    assert run(kubelet, "exec", "faults", "-c", "app", "--", "true").returncode == 1
    kubelet.set_faults(delay_seconds=0.5)
    began = time.monotonic()
    assert run(kubelet, "logs", "faults", "-c", "app-2", "--tail=1").returncode == 0
    assert time.monotonic() - began > 0.5
    kubelet.set_faults()
    assert run(kubelet, "exec", "faults", "-c", "app", "--", "true").returncode == 0


def test_nothing_else_runs_on_it_and_it_stays_ready(kubelet):
    pods = json.loads(kubelet.plane.kubectl("get", "pods", "-A", "-o", "json"))["items"]
    assert pods
    strangers = [
        pod["metadata"]["name"]
        for pod in pods
        if pod["spec"].get("nodeName") == NODE and pod["metadata"]["namespace"] != "shop"
    ]
    assert strangers == []
    assert " Ready " in kubelet.plane.kubectl("get", "node", NODE, "--no-headers")
