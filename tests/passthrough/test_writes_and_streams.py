"""Writes and streams by kubectl through the pass-through: what is left, and what is printed, is as direct."""

from __future__ import annotations

import http.client
import ssl
import subprocess
import threading
import time

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import wait_for
from tests.passthrough.conftest import Passage, Passages, run_kubectl
from tests.passthrough.test_kubectl import normalize

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME, namespace: shop}
data: {a: "1", b: "two"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: main, image: "example.com/main:1"}]}
"""
# Each line is run after the others; NAME is another name for each way.
STEPS = """
apply -f -
apply -f - --server-side --field-manager=tests --force-conflicts
diff -f -
get configmap NAME -n shop -o jsonpath={.data}
annotate configmap NAME -n shop note=hello
label configmap NAME -n shop tier=one
patch configmap NAME -n shop --type merge -p {"data":{"c":"3"}}
patch configmap NAME -n shop --type json -p [{"op":"remove","path":"/data/a"}]
patch deployment NAME -n shop -p {"spec":{"paused":true}}
replace -f -
set image deployment/NAME main=example.com/main:2 -n shop
scale deployment NAME -n shop --replicas=2
rollout pause deployment/NAME -n shop
rollout resume deployment/NAME -n shop
rollout restart deployment/NAME -n shop
wait deployment/NAME -n shop --for=jsonpath={.spec.replicas}=2 --timeout=30s
autoscale deployment NAME -n shop --min=1 --max=2
create configmap NAME-2 -n shop --from-literal=x=y
create configmap NAME-2 -n shop --from-literal=x=y
create configmap Not_Valid -n shop
create secret generic NAME -n shop --from-literal=password=hidden
create serviceaccount NAME -n shop
create token NAME -n shop --duration=10m -o jsonpath={.kind}
create namespace NAME
delete hpa NAME -n shop
delete -f -
delete configmap,serviceaccount,secret -n shop NAME-2 NAME --ignore-not-found
delete configmap missing-NAME -n shop
""".strip().splitlines()


@pytest.fixture(scope="module")
def dana(passages: Passages) -> Passage:
    return passages.open("dana")


def words(step: str, name: str) -> list[str]:
    return step.replace("NAME", name).split(" ")


def test_the_same_steps_print_and_leave_the_same(dana: Passage, controlplane: ControlPlane) -> None:
    direct_file = controlplane.kubeconfig("dana")
    assert STEPS
    for step in STEPS:
        said = []
        for name, run in (
            ("way-through", dana.kubectl),
            ("way-direct", lambda *a, **k: run_kubectl(controlplane, direct_file, *a, **k)),
        ):
            done = run(*words(step, name), input=MANIFEST.replace("NAME", name) if "-f -" in step else None)
            text = normalize(done.stdout + done.stderr, dana).replace(name, "NAME")
            said.append((done.returncode, "\n".join(sorted(text.splitlines())) if "diff" not in step else ""))
        assert said[0] == said[1], step
    left = controlplane.kubectl("get", "all,configmap,secret,serviceaccount", "-n", "shop", "-o", "name")
    assert "way-" not in "\n".join(line for line in left.splitlines() if not line.startswith("pod/"))


@pytest.fixture(scope="module")
def pod(controlplane: ControlPlane) -> str:
    names = controlplane.kubectl("get", "pods", "-n", "shop", "-l", "app=web", "-o", "name").split()
    return names[0]


# kubectl asks for a WebSocket first, and falls back to SPDY; both, and what older kubectls do.
WAYS = {"websocket": {}, "spdy": {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false"}}
COMMANDS = {
    "a word": (("echo", "hello"), None),
    "input": (("head", "-n", "2000"), "what was typed\n" * 2000),  # kwok never says that stdin has ended
    "its error": (("sh", "-c", "echo oops >&2; exit 3"), None),
    "much": (("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x"), None),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", COMMANDS)
def test_exec_is_as_direct(dana: Passage, controlplane: ControlPlane, pod: str, way: str, name: str) -> None:
    command, typed = COMMANDS[name]
    arguments = ["exec", *(["-i"] if typed else []), "-n", "shop", pod, "-c", "main", "--", *command]
    arguments = [one for one in arguments if one not in ("-c", "main")]
    through = run_kubectl(controlplane, dana.kubeconfig, *arguments, input=typed, **WAYS[way])
    direct = run_kubectl(controlplane, controlplane.kubeconfig("dana"), *arguments, input=typed, **WAYS[way])
    assert through.returncode == direct.returncode, through.stderr
    assert through.stdout == direct.stdout
    assert through.stderr == direct.stderr
    assert direct.stdout or direct.stderr


@pytest.mark.parametrize("way", [{}, {"KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}], ids=["websocket", "spdy"])
def test_port_forward_carries_bytes_both_ways(
    dana: Passage, controlplane: ControlPlane, pod: str, way: dict[str, str]
) -> None:
    """Each port of a pod leads to the API server (tests/controlplane/files.py)."""
    with subprocess.Popen(
        [
            str(controlplane.binaries.kubectl), "--kubeconfig", str(dana.kubeconfig),
            "port-forward", "-n", "shop", pod, ":8443",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={"HOME": str(dana.kubeconfig.parent), "KUBERC": "off", "PATH": "/usr/bin:/bin", **way},
    ) as forwarding:  # fmt: skip
        try:
            line = forwarding.stdout.readline()
            assert line.startswith("Forwarding from 127.0.0.1:"), line
            local = int(line.split(":")[1].split(" ")[0])
            context = ssl.create_default_context(cadata=controlplane.ca)
            answers = 0
            for path in ("/version", "/openapi/v2"):
                https = http.client.HTTPSConnection("127.0.0.1", local, timeout=60, context=context)
                https.request("GET", path, headers={"Authorization": f"Bearer {controlplane.token('ada')}"})
                response = https.getresponse()
                assert response.status == 200
                answers += len(response.read())
                https.close()
            assert answers > 1_000_000
        finally:
            forwarding.terminate()


def test_a_watch_brings_each_change_at_once(dana: Passage, controlplane: ControlPlane) -> None:
    with subprocess.Popen(
        [
            str(controlplane.binaries.kubectl), "--kubeconfig", str(dana.kubeconfig),
            "get", "configmaps", "-n", "shop", "--watch-only", "-o", "name",
        ],
        stdout=subprocess.PIPE, text=True,
        env={"HOME": str(dana.kubeconfig.parent), "KUBERC": "off", "PATH": "/usr/bin:/bin"},
    ) as watching:  # fmt: skip
        try:
            seen: list[str] = []
            threading.Thread(
                target=lambda: seen.extend(iter(watching.stdout.readline, "")), daemon=True
            ).start()

            def touch() -> bool:
                controlplane.kubectl("create", "configmap", f"seen-{time.monotonic_ns()}", "-n", "shop")
                return any("configmap/seen-" in line for line in seen)

            wait_for(touch, message="the watch said nothing")
        finally:
            watching.terminate()


def test_a_followed_log_goes_on(dana: Passage, controlplane: ControlPlane, pod: str) -> None:
    with dana.request(
        "GET",
        f"/api/v1/namespaces/shop/pods/{pod.removeprefix('pod/')}/log?container=web&follow=true&tailLines=1",
        stream=True,
    ) as response:
        assert response.status_code == 200
        lines = response.iter_lines()
        next(lines)
        with controlplane.pod_log.open("a") as log:
            log.write("2026-01-01T00:00:00.000000000Z stdout F appended for the pass-through\n")
        assert any(b"appended for the pass-through" in line for line in lines)
