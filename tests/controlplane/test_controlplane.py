"""Control plane of the tests: it starts, obeys, breaks and vanishes as other tests rely on."""

import base64
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.controlplane import hostile, world
from tests.controlplane.controlplane import ControlPlane, KubectlFailed
from tests.controlplane.processes import LOCK, PREFIX, Processes, remove_stale, wait_until
from tests.controlplane.users import USERS
from tests.controlplane.watchdog import find_processes

ROOT = Path(__file__).parents[2]

PERMISSIONS = (
    # person, arguments of `kubectl auth can-i`, its answer
    ("ada", "delete nodes", True),
    ("ada", "get secrets -n pay", True),
    ("dana", "list namespaces --all-namespaces", False),
    ("dana", "get namespaces/shop -n shop", True),
    ("dana", "list pods -n shop", True),
    ("dana", "get secrets -n shop", True),
    ("dana", "create pods --subresource=exec -n shop", True),
    ("dana", "update widgets.example.com -n shop", True),
    ("dana", "list gadgets.example.com -n shop", False),
    ("dana", "list pods -n pay", False),
    ("rene", "list pods -n shop", True),
    ("rene", "list pods -n pay", True),
    ("rene", "list widgets.example.com -n pay", True),
    ("rene", "list secrets -n shop", False),
    ("rene", "delete pods -n shop", False),
    ("rene", "list pods -n ops", False),
    ("rita", "delete deployments.apps -n shop", True),
    ("rita", "get secrets -n ops", True),
    ("aude", "list pods --all-namespaces", True),
    ("aude", "get pods --subresource=log -n hostile", True),
    ("aude", "list roles.rbac.authorization.k8s.io --all-namespaces", True),
    ("aude", "watch gadgets.example.com --all-namespaces", True),
    ("aude", "list secrets -n shop", False),
    ("aude", "get pods --subresource=exec -n shop", False),
    ("aude", "delete pods -n shop", False),
    ("stan", "list pods -n shop", False),
    ("stan", "list namespaces --all-namespaces", False),
)


def can_i(plane: ControlPlane, person: str, question: str) -> bool:
    return plane.kubectl("auth", "can-i", *question.split(), person=person, check=False).strip() == "yes"


@pytest.mark.parametrize(("person", "question", "answer"), PERMISSIONS)
def test_it_gives_each_user_their_permissions(controlplane, person, question, answer):
    assert can_i(controlplane, person, question) is answer


@pytest.mark.parametrize("one", USERS, ids=lambda one: one.name)
def test_it_knows_everybody_by_token_and_by_certificate(controlplane, one, tmp_path):
    certificate, key = controlplane.certificate(one.name)
    (tmp_path / "crt").write_text(certificate)
    (tmp_path / "key").write_text(key)
    ways = (
        ["--token", controlplane.token(one.name)],
        ["--client-certificate", str(tmp_path / "crt"), "--client-key", str(tmp_path / "key")],
    )
    for way in ways:
        who = whoami(controlplane, *way)
        assert who["username"] == one.name
        assert set(who["groups"]) == {*one.groups, "system:authenticated"}


def whoami(plane: ControlPlane, *credential: str) -> dict:
    """Without any other credential: a kubeconfig that has the cluster alone."""
    ca = plane.directory / "ca.crt"
    empty = ["--kubeconfig", "/dev/null", "--server", plane.server, "--certificate-authority", str(ca)]
    answer = plane.kubectl(*empty, *credential, "auth", "whoami", "-o", "json")
    return json.loads(answer)["status"]["userInfo"]


def test_it_makes_tokens_that_end_when_we_say(controlplane):
    good = controlplane.service_account_token("shop", "robot", 30)
    assert whoami(controlplane, "--token", good)["username"] == "system:serviceaccount:shop:robot"
    ended = controlplane.service_account_token("shop", "robot", -61)
    with pytest.raises(KubectlFailed, match="Unauthorized"):
        whoami(controlplane, "--token", ended)


def test_it_makes_certificates_that_have_expired(controlplane, tmp_path):
    certificate, key = controlplane.certificate("dana", seconds=-60)
    (tmp_path / "crt").write_text(certificate)
    (tmp_path / "key").write_text(key)
    with pytest.raises(KubectlFailed, match="Unauthorized"):
        whoami(
            controlplane, "--client-certificate", str(tmp_path / "crt"), "--client-key", str(tmp_path / "key")
        )


def test_it_holds_an_object_of_every_kind_that_discovery_lists(controlplane):
    kinds = controlplane.kubectl("api-resources", "--verbs=list", "-o", "name").split()
    assert {"pods", "deployments.apps", "widgets.example.com", "oddities.hostile.example.com"} <= set(kinds)
    kinds = [kind for kind in kinds if not kind.endswith(".metrics.k8s.io")]  # these come a minute later
    assert [kind for kind in kinds if not controlplane.kubectl("get", kind, "-A", "-o", "name").strip()] == []


def test_its_nodes_and_pods_live(controlplane):
    ready = controlplane.kubectl("get", "nodes", "--no-headers").split("\n")
    assert len([line for line in ready if " Ready " in line]) == len(world.NODES)
    pods = json.loads(controlplane.kubectl("get", "pods", "-n", "shop", "-l", "app=web", "-o", "json"))[
        "items"
    ]
    assert [pod["status"]["phase"] for pod in pods] == ["Running"] * 3
    assert "listening on :8080" in controlplane.kubectl("logs", "toolbox", "-n", "shop", person="rene")
    echoed = controlplane.kubectl("exec", "toolbox", "-n", "shop", "--", "echo", "hello", person="dana")
    assert echoed == "hello\n"


def test_its_secret_stands_in_its_last_applied_annotation_too(controlplane):
    secret = json.loads(controlplane.kubectl("get", "secret", "web", "-n", "shop", "-o", "json"))
    value = base64.b64encode(world.SECRET_VALUE.encode()).decode()
    assert secret["data"]["password"] == value
    assert value in secret["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]


def test_its_policies_deny_and_warn_about_what_is_labelled(controlplane):
    def create(label: str) -> subprocess.CompletedProcess:
        labels = {label: "true"} if label else {}
        metadata = {"name": "tried", "namespace": "shop", "labels": labels}
        config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        path = controlplane.directory / "tried.json"
        path.write_text(json.dumps(config_map))
        return kubectl(controlplane, "dana", "create", "--dry-run=server", "-f", str(path))

    assert create("").returncode == 0
    assert not create("").stderr
    denied = create("policy.example.com/deny")
    assert denied.returncode != 0
    assert "asks for a refusal" in denied.stderr
    warned = create("policy.example.com/warn")
    assert warned.returncode == 0
    assert warned.stderr.count("Warning: Validation failed") == 2


def kubectl(plane: ControlPlane, person: str, *arguments: str) -> subprocess.CompletedProcess:
    """With its standard error, which ControlPlane.kubectl gives in exceptions only."""
    command = [plane.binaries.kubectl, "--kubeconfig", plane.kubeconfig(person), *arguments]
    environment = {"HOME": str(plane.directory)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def test_its_hostile_texts_are_stored_byte_for_byte(controlplane):
    def get(*arguments: str) -> dict:
        return json.loads(controlplane.kubectl("get", *arguments, "-n", "hostile", "-o", "json"))

    for name, text in hostile.TEXTS.items():
        assert get("configmap", "texts")["data"][name] == text
        assert get("event", f"hostile-{name}")["message"] == text
        assert get("oddity", name)["spec"]["text"] == text
    annotations = get("configmap", "many-annotations")["metadata"]["annotations"]
    assert len(annotations) == 300
    assert sum(map(len, annotations.values())) > 190_000
    assert len(get("configmap", "many-labels")["metadata"]["labels"]) == 300
    pod = controlplane.kubectl("get", "pod", "hostile", "-n", "hostile", "--no-headers")
    assert hostile.TEXTS["image"] in pod, "it is what the STATUS column shows"
    assert get("widget", "hostile")["status"]["conditions"][0]["message"] == hostile.ALL


def test_its_audit_log_names_user_and_request(controlplane):
    controlplane.kubectl("get", "configmap", "web", "-n", "shop", person="dana")
    expected = "/api/v1/namespaces/shop/configmaps/web"

    def is_logged() -> bool:
        lines = [json.loads(line) for line in controlplane.audit_log.read_text().splitlines()]
        return any(
            line["user"].get("username") == "dana" and line["requestURI"] == expected for line in lines
        )

    wait_until(is_logged, "the audit log has the request", seconds=10)


def test_a_second_one_is_another_cluster(controlplane, second_controlplane):
    assert second_controlplane.server != controlplane.server
    assert second_controlplane.ca != controlplane.ca
    assert second_controlplane.token("ada") != controlplane.token("ada")
    names = second_controlplane.kubectl("get", "deployments", "-n", "pay", "-o", "name", person="rene")
    assert names == "deployment.apps/till\n"
    with pytest.raises(KubectlFailed, match="Unauthorized"):
        whoami(second_controlplane, "--token", controlplane.token("ada"))


def test_two_start_at_once_and_leave_nothing():
    planes = [ControlPlane(), ControlPlane()]
    with ThreadPoolExecutor() as pool:
        started = list(pool.map(lambda plane: plane.start(), planes))
    try:
        assert all(plane.is_ready() for plane in started)
        assert started[0].server != started[1].server
    finally:
        for plane in started:
            plane.stop()
    for plane in started:
        assert not plane.directory.exists()
        assert find_processes(plane.directory) == []
        assert not plane.is_ready()
        plane.stop()


def test_its_api_server_comes_back_after_it_was_killed(second_controlplane):
    second_controlplane.kill_apiserver()
    assert not second_controlplane.is_ready()
    second_controlplane.start_apiserver()
    assert "till" in second_controlplane.kubectl("get", "deployments", "-n", "pay", person="rene")


def test_its_api_server_refuses_at_once_when_it_is_stopped_and_comes_back(second_controlplane):
    began = time.monotonic()
    second_controlplane.stop_apiserver()
    assert time.monotonic() - began < 1
    wait_until(lambda: not second_controlplane.is_ready(), "it refuses", seconds=5)
    second_controlplane.start_apiserver(patience=1)
    assert second_controlplane.is_ready()


def test_nothing_is_left_when_its_owner_is_killed(tmp_path):
    program = (
        "from tests.controlplane import ControlPlane\n"
        "print(ControlPlane().start().directory, flush=True)\n"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        directory = Path(owner.stdout.readline().strip())
        assert directory.name.startswith(PREFIX)
        assert len(find_processes(directory)) == 5
        owner.kill()
        wait_until(lambda: not directory.exists(), "the directory is gone", seconds=15)
    assert find_processes(directory) == []


def test_what_a_dead_watchdog_left_is_removed_at_the_next_start(tmp_path):
    left = Processes()
    (tmp_path / "etcd").symlink_to(sys.executable)
    left.start("etcd", tmp_path / "etcd", ["-c", "import time; time.sleep(600)", str(left.directory)])
    assert find_processes(left.directory) == [left.pid("etcd")]
    os.kill(left.watchdog_pid, signal.SIGKILL)
    wait_until(lambda: not is_locked(left.directory), "the watchdog is dead", seconds=5)
    remove_stale()
    assert left.directory.exists(), "it may be in the making"
    os.utime(left.directory / LOCK, (0, 0))
    remove_stale()
    assert not left.directory.exists()
    left.wait("etcd", seconds=5)
    left.stop()


def is_locked(directory: Path) -> bool:
    with (directory / LOCK).open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_it_stops_although_its_watchdog_is_dead():
    plane = ControlPlane().start()
    os.kill(plane.watchdog_pid, signal.SIGKILL)
    plane.stop()
    assert not plane.directory.exists()
    assert find_processes(plane.directory) == []


def test_a_start_leaves_the_directories_of_others_alone(controlplane):
    os.utime(controlplane.directory / LOCK, (0, 0))
    remove_stale()
    assert controlplane.is_ready()


def test_by_hand_it_prints_the_kubeconfigs_and_stops_at_a_signal():
    with subprocess.Popen(
        [sys.executable, "-m", "tests.controlplane"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as served:
        lines = []
        for line in served.stdout:
            lines.append(line)
            if "Ctrl+C" in line:
                break
        paths = [Path(word) for line in lines for word in line.split() if word.endswith(".yaml")]
        assert {path.stem for path in paths} == {"admin", *(one.name for one in USERS)}
        assert all(path.is_file() for path in paths)
        served.send_signal(signal.SIGTERM)
        assert "Stopped and cleaned up." in served.stdout.read()
    assert served.returncode == 0
    assert not paths[0].parent.parent.exists()
    assert find_processes(paths[0].parent.parent) == []


def test_a_failed_start_says_which_program_and_leaves_nothing(monkeypatch, tmp_path):
    broken = tmp_path / "etcd"
    broken.write_text("#!/bin/sh\necho the disk is full; exit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("TEST_ASSET_ETCD", str(broken))
    plane = ControlPlane()
    with pytest.raises(Exception, match="etcd ended with 3") as failure:
        plane.start()
    assert "the disk is full" in str(failure.value)
    assert not plane.directory.exists()


def test_its_metrics_are_real(controlplane):
    world.wait_for_metrics(controlplane)
    used = controlplane.kubectl("top", "pods", "-n", "shop", "-l", "app=web", "--no-headers", person="rene")
    cpu, memory = used.split()[1:3]
    assert 230 <= int(cpu.removesuffix("m")) <= 250, "two containers of 120m, as the annotation says"
    assert memory == "192Mi"
