"""Contenders of the contract tests: a simulated cluster and the real control plane, with the same users."""

from __future__ import annotations

import base64
import datetime
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simulator.cluster import Cluster
from simulator.controllers.plane import Pace
from simulator.pods.runs import LogLine
from simulator.requests.rbac import MASTERS
from simulator.runtime.cluster_runtime import ClusterRuntime
from simulator.server import kubeconfig
from tests.controlplane import world
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.kubeconfigs import ADMIN
from tests.controlplane.users import USERS, build_rbac_objects
from tests.dashboard_server import wait_for
from tests.simulator.caller import Caller
from tests.simulator.loops import Loop

SIMULATOR, KUBERNETES = "simulator", "kubernetes"
INSTANT_PACE = Pace(
    accept=(0, 0), pull=(0, 0), start=(0, 0.05), probe=(0, 0.05), stop=(0, 0.05), work=(0.05, 0.1)
)
FOUNDATION = ("namespaces", "rbac", "definitions")

# What kubectl notes of its own threads: that it gave up a watch while an event was being read, which is chance.
CLIENT_LOG = re.compile(r"^I\d{4} [\d:.]+ +\d+ reflector\.go:\d+\] .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Contender:
    """One of both. `kubectl_binary`, and a kubeconfig for each test user and the admin."""

    name: str
    server: str
    ca: str
    kubectl_binary: Path
    folder: Path  # of the kubeconfigs, and kubectl's cache
    token: Callable[[str], str]  # of a test user; ADMIN has a kubeconfig alone
    admin: Caller
    callers: dict[str, Caller] = field(
        default_factory=dict
    )  # of the test users, cached for their connections

    def caller(self, person: str = ADMIN) -> Caller:
        """As a test user, by token."""
        if person == ADMIN:
            return self.admin
        if person not in self.callers:
            self.callers[person] = Caller(self.server, self.ca, self.token(person))
        return self.callers[person]

    def anonymous(self) -> Caller:
        """Without any credential."""
        return Caller(self.server, self.ca)

    def kubectl(self, *arguments: str, person: str = ADMIN, input: str | None = None) -> tuple[int, str, str]:
        """Exit code, standard output and standard error (without CLIENT_LOG)."""
        command = [str(self.kubectl_binary), "--kubeconfig", str(self.folder / f"{person}.yaml"), *arguments]
        environment = {
            "HOME": str(self.folder),
            "KUBECACHEDIR": str(self.folder / f"cache-{self.name}"),
            "KUBERC": "off",
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run(
            command, input=input, capture_output=True, text=True, env=environment, timeout=120, check=False
        )
        return done.returncode, done.stdout, CLIENT_LOG.sub("", done.stderr)


@contextmanager
def start_simulated(
    folder: Path, kubectl_binary: Path, pod_log: Path, *, has_controllers: bool = False
) -> Iterator[Contender]:
    """The foundation of the tests' world in a simulated cluster; every container has written what is in pod_log,
    as in the real one (controlplane.pod_log).

    With `has_controllers` it has controllers, and kubelets as quick as kwok. Without, a test puts in what controllers
    would have made.
    """
    cluster = Cluster("contract", seed=1)
    cluster.logs.source = lambda run, since, until, count: read_pod_log(pod_log, since, until, count)
    for name in FOUNDATION:
        cluster.load(_read_documents(name))
    cluster.load([*build_rbac_objects(), *world.build_nodes()])
    tokens = {one.name: cluster.add_person(one.name, one.groups) for one in USERS}
    tokens[ADMIN] = cluster.add_person(ADMIN, [MASTERS])
    cluster_runtime = ClusterRuntime(cluster, pace=INSTANT_PACE) if has_controllers else None
    with Loop(cluster, runtime=cluster_runtime) as served:
        for name, token in tokens.items():
            (folder / f"{name}.yaml").write_text(kubeconfig(served.server, token, name=name))
        ca = cluster.authority.pem
        pair = cluster.certificate(ADMIN, [MASTERS])
        admin = Caller(served.server.url, ca, pair=(pair.certificate, pair.key))
        yield Contender(SIMULATOR, served.server.url, ca, kubectl_binary, folder, tokens.__getitem__, admin)


def connect_real(plane: ControlPlane) -> Contender:
    """The control plane that all tests share: what a test makes there, it makes in a namespace of its own."""
    folder = plane.directory / "kubeconfigs"
    user = yaml.safe_load((folder / f"{ADMIN}.yaml").read_text())["users"][0]["user"]
    admin = Caller(plane.server, plane.ca, pair=read_client_pair(user))
    return Contender(KUBERNETES, plane.server, plane.ca, plane.binaries.kubectl, folder, plane.token, admin)


def create_namespace(admin: Caller, name: str) -> None:
    """Creates it and waits for what controllers put there."""
    metadata = {"name": name, "labels": {"team": "contract"}}
    reply = admin.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    assert reply.status == 201, reply.body
    wait_for(lambda: admin.get(f"/api/v1/namespaces/{name}/serviceaccounts/default").status == 200)
    wait_for(lambda: admin.get(f"/api/v1/namespaces/{name}/configmaps/kube-root-ca.crt").status == 200)


def read_pod_log(pod_log: Path, since: float, until: float, count: int) -> list[LogLine]:
    """CRI lines: `2026-01-01T00:00:00.000000000Z stdout F text`."""
    found = []
    for line in pod_log.read_text().splitlines():
        stamp, _, _, text = line.split(" ", 3)
        found.append(LogLine(datetime.datetime.fromisoformat(stamp[:26] + "+00:00").timestamp(), text))
    return [one for one in found if since < one.timestamp <= until][-count:]


def read_client_pair(user: dict[str, str]) -> tuple[str, str]:
    """The certificate and key of a kubeconfig's user, PEM."""
    names = ("client-certificate-data", "client-key-data")
    certificate, key = (base64.b64decode(user[name]).decode() for name in names)
    return certificate, key


def _read_documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.load_all((world.FOLDER / f"{name}.yaml").read_text(), Loader=yaml.CSafeLoader))
