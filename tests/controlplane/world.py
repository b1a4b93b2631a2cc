"""World of the tests: the objects in a control plane, and how they are created.

The YAML files under world/ hold what can be written by hand, hostile.py the objects with hostile text.
"""

import base64
import datetime
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import yaml

from tests.controlplane.certificates import make_signing_request
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.hostile import TEXTS as HOSTILE_TEXTS
from tests.controlplane.hostile import build_definitions, build_objects, build_statuses
from tests.controlplane.processes import wait_until
from tests.controlplane.users import build_rbac_objects

FOLDER = Path(__file__).parent / "world"
NODES = tuple(f"node-{number}" for number in range(1, 6))
SECRET_VALUE = "correct-horse-battery-staple"  # of Secret shop/web, also in its last-applied annotation


class Fillable(Protocol):
    """The real control plane, or a simulated one (tests/simulated_cluster.py)."""

    def apply(
        self, objects: Iterable[dict[str, Any]], *, server_side: bool = True, status: bool = False
    ) -> None: ...

    def create(self, objects: Iterable[dict[str, Any]], *, manager: str = "kubectl-create") -> None: ...

    def wait_for(self, condition: str, plural: str, *, namespace: str = "", seconds: int = 30) -> None:
        """Until all of that kind are so, in one namespace or of the whole cluster."""


def fill(plane: Fillable) -> None:
    """All of it; pods run a moment after this returns (wait_for_pods)."""
    apply_base_objects(plane)
    names = ("services", "workloads", "rules", "drivers", "things")
    plane.apply(part for name in names for part in _read_file(name))
    plane.apply([build_web_secret()], server_side=False)
    plane.create([*build_definitions(), *build_events(), build_certificate_request()])
    plane.wait_for("Established", "customresourcedefinitions")
    plane.create(build_objects(), manager=HOSTILE_TEXTS["image"])
    plane.apply([*_read_statuses("things"), *build_statuses()], status=True)


def fill_small(plane: Fillable) -> None:
    """Enough for a second cluster: the foundation, the widgets, one Deployment in shop and one in pay."""
    apply_base_objects(plane)
    deployments = [build_deployment("web", "shop", replicas=1), build_deployment("till", "pay", replicas=2)]
    plane.apply([*_read_file("things"), *deployments])


def apply_base_objects(plane: Fillable) -> None:
    """Namespaces, nodes, roles and definitions: what the rest stands on, and a small world by itself."""
    parts = [part for name in ("namespaces", "rbac", "definitions") for part in _read_file(name)]
    plane.apply([*parts, *build_rbac_objects(), *build_nodes()])
    plane.wait_for("Established", "customresourcedefinitions")


def wait_for_pods(plane: Fillable) -> None:
    """Until the Deployments of shop and pay have all their pods."""
    for namespace in ("shop", "pay"):
        plane.wait_for("Available", "deployments", namespace=namespace, seconds=60)


def build_deployment(name: str, namespace: str, *, replicas: int) -> dict[str, Any]:
    """The plainest; its pods carry the label app=<name>."""
    containers = [{"name": name, "image": f"registry.example/{name}:1"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}},
        },
    }


def wait_for_metrics(plane: ControlPlane) -> None:
    """Until metrics.k8s.io knows what the pods of shop/web use: two scrapes, about 40 seconds from the start."""
    arguments = ("top", "pods", "-n", "shop", "-l", "app=web", "--no-headers")
    wait_until(lambda: "web-" in plane.kubectl(*arguments, check=False), "metrics", seconds=120, step=0.5)


def build_nodes() -> list[dict[str, Any]]:
    """kwok keeps every node alive; the scheduler goes by what is allocatable from the start."""
    resources = {"cpu": "16", "memory": "64Gi", "pods": "250", "ephemeral-storage": "200Gi"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": {
                    "kubernetes.io/hostname": name,
                    "kubernetes.io/os": "linux",
                    "kubernetes.io/arch": "amd64",
                    "topology.kubernetes.io/zone": f"zone-{number % 2 + 1}",
                    "node-role.kubernetes.io/worker": "",
                },
                "annotations": {
                    "metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource"
                },
            },
            "status": {"allocatable": resources, "capacity": resources, "nodeInfo": _node_info(name)},
        }
        for number, name in enumerate(NODES)
    ]


def _node_info(name: str) -> dict[str, str]:
    """The last node says of itself what it likes (as far as kwok, which copies it unquoted, bears it)."""
    honest = {
        "architecture": "amd64",
        "bootID": "",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kernelVersion": "6.1.0-26-amd64",
        "kubeProxyVersion": "",
        "kubeletVersion": "v1.36.3",
        "machineID": "",
        "operatingSystem": "linux",
        "osImage": "Debian GNU/Linux 12 (bookworm)",
        "systemUUID": "",
    }
    texts = {"osImage": "image", "kernelVersion": "htmx", "containerRuntimeVersion": "address"}
    hostile = {field: HOSTILE_TEXTS[text] for field, text in texts.items()}
    return honest | hostile if name == NODES[-1] else honest


def build_web_secret() -> dict[str, Any]:
    """Applied by kubectl itself, so that its last-applied annotation holds the value a second time."""
    data = {"password": SECRET_VALUE, "username": "web"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "web", "namespace": "shop"},
        "type": "Opaque",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def build_events() -> list[dict[str, Any]]:
    """Beside those that the controllers and the scheduler write."""
    events = (
        (
            "Normal",
            "ScalingReplicaSet",
            "Scaled up replica set web to 3",
            "apps/v1",
            "Deployment",
            "web",
            "shop",
        ),
        ("Warning", "BackOff", "Back-off restarting failed container", "v1", "Pod", "toolbox", "shop"),
        ("Warning", "FailedMount", 'secret "gone" not found', "apps/v1", "StatefulSet", "db", "shop"),
        ("Warning", "ProvisioningFailed", "no such class", "v1", "PersistentVolumeClaim", "waiting", "pay"),
        ("Normal", "Polished", "Polished to a shine", "example.com/v1", "Widget", "small", "shop"),
    )
    return [build_event(f"told-{number}", *one) for number, one in enumerate(events)]


def build_event(
    name: str, kind: str, reason: str, message: str, api: str, about: str, about_name: str, namespace: str
) -> dict[str, Any]:
    """A core Event of a kind (Normal, Warning) about an object."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    target = {"apiVersion": api, "kind": about, "name": about_name, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": target,
        "type": kind,
        "reason": reason,
        "message": message,
        "source": {"component": "quarterdeck-tests"},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 3,
    }


def build_certificate_request() -> dict[str, Any]:
    request = base64.b64encode(make_signing_request("newcomer", ["team-shop"]).encode()).decode()
    signer = {
        "signerName": "kubernetes.io/kube-apiserver-client",
        "usages": ["client auth"],
        "request": request,
    }
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "newcomer"},
        "spec": signer,
    }


def _read_statuses(name: str) -> Iterator[dict[str, Any]]:
    """A status is dropped at creation and sent again, without the spec, to the subresource."""
    for part in _read_file(name):
        if "status" in part:
            yield {key: value for key, value in part.items() if key != "spec"}


def _read_file(name: str) -> list[dict[str, Any]]:
    return list(yaml.load_all((FOLDER / f"{name}.yaml").read_text(), Loader=yaml.CSafeLoader))
