"""Kubelet of the tests: a Node whose containers are real processes of this machine, in folders.

kwok plays all other nodes. This one is for what kwok cannot show: terminals, exit codes, the end of a standard
input, attach, logs that rotate and restart, ephemeral containers, and what is left running. Its program is built
from modules/kubelet; `exec`, `attach` and `portForward` are served by the container runtimes' own library and logs
are read by the kubelet's own code.
"""

import http.client
import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.processes import Port, wait_until
from tests.controlplane.programs import KUBELET_LABEL

PROGRAM = "test-kubelet"
NODE = "node-with-processes"


@dataclass(frozen=True)
class ContainerState:
    """What is on this machine of a container: its working folder, and its processes by number."""

    root: Path
    processes: dict[int, str]


class Kubelet:
    """`with Kubelet(plane) as kubelet:`. At its end its pods, its Node and all their processes are gone."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self._port, self._control = Port(), Port()
        self._pods: list[tuple[str, str]] = []

    def __enter__(self) -> "Kubelet":
        self.plane.apply([_build_node(self._port.number)])
        self.start()
        return self

    def start(self) -> None:
        """Start the program (again); ready when it returns."""
        plane, directory = self.plane, self.plane.directory
        pair = plane.issue_certificate(f"system:node:{NODE}", ["system:nodes"])
        certificate, key = pair.write(directory, PROGRAM)
        flags = {
            "address": f"127.0.0.1:{self._port}",
            "control": f"127.0.0.1:{self._control}",
            "certificate": directory / "serving.crt",
            "key": directory / "serving.key",
            "server": plane.server,
            "authority": directory / "ca.crt",
            "client-certificate": certificate,
            "client-key": key,
            "node": NODE,
            "folder": directory / "containers",
            "backoff": "300ms",
        }
        arguments = [f"--{name}={value}" for name, value in flags.items()]
        plane.start_program(PROGRAM, plane.binaries.test_kubelet, arguments, self._is_ready)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for namespace, name in self._pods:
            self.plane.kubectl("delete", "pod", name, "-n", namespace, "--ignore-not-found", "--now")
        self.plane.kubectl("delete", "node", NODE, "--ignore-not-found")
        self.plane.stop_program(PROGRAM)
        self._port.release()
        self._control.release()

    def _is_ready(self) -> bool:
        return self._port.answers() and self._control.answers()

    # --- pods

    def run_pod(
        self,
        name: str,
        *commands: str,
        namespace: str = "shop",
        container: dict[str, Any] | None = None,
        **spec: Any,
    ) -> None:
        """A running pod with a container for each shell command (`app`, `app-2`, ...), or with one as given.

        What else is given goes into the pod's spec, as Kubernetes spells it.
        """
        containers = [container] if container else []
        containers += [{"command": ["sh", "-c", command]} for command in commands]
        for number, one in enumerate(containers, 1):
            one.setdefault("name", "app" if number == 1 else f"app-{number}")
            one.setdefault("image", "registry.example/tools:1")
        pod_spec = {
            "nodeName": NODE,
            "containers": containers,
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            **spec,
        }
        metadata = {"name": name, "namespace": namespace, "labels": {"app": name}}
        self.plane.create([{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod_spec}])
        self.forget_later(namespace, name)
        self.wait_for_pod(name, lambda status: status.get("phase") not in (None, "Pending"), namespace)

    def forget_later(self, namespace: str, name: str) -> None:
        """Delete that pod at the end, whoever made it."""
        self._pods.append((namespace, name))

    def delete_pod(self, name: str, namespace: str = "shop") -> None:
        """It is gone when this returns."""
        self.plane.kubectl("delete", "pod", name, "-n", namespace, "--now")

    def status(self, name: str, namespace: str = "shop") -> dict[str, Any]:
        """The pod's status, as the API server has it."""
        text = self.plane.kubectl("get", "pod", name, "-n", namespace, "-o", "json")
        status: dict[str, Any] = json.loads(text)["status"]
        return status

    def wait_for_pod(self, name: str, condition: Any, namespace: str = "shop") -> dict[str, Any]:
        """Until the condition is true of the pod's status, which is returned."""
        found: list[dict[str, Any]] = []

        def is_true() -> bool:
            found.append(self.status(name, namespace))
            return bool(condition(found[-1]))

        wait_until(is_true, f"pod {name}", step=0.1)
        return found[-1]

    # --- containers

    def container(self, pod: str, container: str = "app", namespace: str = "shop") -> ContainerState:
        """Its folder and its processes now, those that were started in it by exec too."""
        found = self._ask("GET", "/container", pod, container, namespace)
        return ContainerState(Path(found["root"]), {one["pid"]: one["command"] for one in found["processes"]})

    def crash(self, pod: str, container: str = "app", namespace: str = "shop") -> None:
        """SIGKILL to everything in the container, as when the kernel is out of memory."""
        for number in self.container(pod, container, namespace).processes:
            os.kill(number, signal.SIGKILL)

    def rotate_log(self, pod: str, container: str = "app", namespace: str = "shop") -> None:
        """The log's file is renamed and another begun, as the kubelet does at 10 MiB."""
        self._ask("POST", "/rotate", pod, container, namespace)

    # --- faults

    def set_faults(self, *, stall: bool = False, refuse: str = "", delay_seconds: float = 0) -> None:
        """In force until the next call: no byte moves, upgrades are refused ("websocket", "spdy/3.1", "all"), each
        answer waits."""
        self._send("PUT", "/faults", {"stall": stall, "refuse": refuse, "delay_seconds": delay_seconds})

    def cut(self) -> int:
        """Reset every connection with the API server; how many there were."""
        return int(self._send("POST", "/cut")["cut"])

    def _ask(self, method: str, path: str, pod: str, container: str, namespace: str) -> Any:
        query = urlencode({"namespace": namespace, "pod": pod, "container": container})
        return self._send(method, f"{path}?{query}")

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._control.number, timeout=10)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        return json.loads(text) if text else None


def _build_node(port: int) -> dict[str, Any]:
    """Pods reach it by their `nodeName` alone: nothing is scheduled to it."""
    resources = {"cpu": "4", "memory": "8Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE,
            "labels": {
                "kubernetes.io/hostname": NODE,
                "kubernetes.io/os": "linux",
                KUBELET_LABEL: "processes",
            },
        },
        "spec": {"taints": [{"key": KUBELET_LABEL, "effect": "NoSchedule"}]},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": "127.0.0.1"},
                {"type": "Hostname", "address": NODE},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
            "allocatable": resources,
            "capacity": resources,
        },
    }
