"""Fixtures of the pass-through: a TLS front, tokens, and kubectl with a kubeconfig that leads through us."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import canary
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.passthrough.tls_front import TlsFront


@dataclass(frozen=True)
class Passage:
    """One person's way through the dashboard to one cluster."""

    url: str  # of the API
    secret: str
    kubeconfig: Path
    plane: ControlPlane
    pk: int  # of the token

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Over plain HTTP, as a library behind the load balancer would."""
        headers = {"Authorization": f"Bearer {self.secret}", **options.pop("headers", {})}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url + path, headers=headers, timeout=60, **options)

    def kubectl(self, *arguments: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        return run_kubectl(self.plane, self.kubeconfig, *arguments, input=input)


def run_kubectl(
    plane: ControlPlane, kubeconfig: Path, *arguments: str, input: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(plane.binaries.kubectl), "--kubeconfig", str(kubeconfig), *arguments],
        input=input,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={
            "HOME": str(kubeconfig.parent),
            "KUBECACHEDIR": str(kubeconfig.parent / f"cache-{kubeconfig.stem}"),
            "KUBERC": "off",
            "PATH": "/usr/bin:/bin",
            **environment,
        },
    )


class Passages:
    """Makes tokens and the ways that they open."""

    def __init__(self, server: DashboardServer, plane: ControlPlane, front: TlsFront, folder: Path) -> None:
        self.server, self.plane, self.front, self.folder = server, plane, front, folder
        self._number = 0

    def open(self, name: str, slug: str = "harbour", **scope: Any) -> Passage:
        made = self.server.run_command("issue_token", name=name, clusters=[slug], **scope)
        secret = canary.plant(f"personal token of {name}", made["secret"])
        self._number += 1
        kubeconfig = self.folder / f"{name}-{self._number}.json"
        kubeconfig.write_text(json.dumps(self._build_kubeconfig(slug, secret)))
        return Passage(f"{self.server.url}/k8s/clusters/{slug}", secret, kubeconfig, self.plane, made["pk"])

    def _build_kubeconfig(self, slug: str, secret: str) -> dict[str, Any]:
        (self.folder / "ca.pem").write_text(self.front.ca)
        cluster = {
            "server": f"{self.front.url}/k8s/clusters/{slug}",
            "certificate-authority": str(self.folder / "ca.pem"),
        }
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": slug, "cluster": cluster}],
            "users": [{"name": "me", "user": {"token": secret}}],
            "contexts": [{"name": slug, "context": {"cluster": slug, "user": "me"}}],
            "current-context": slug,
        }


@pytest.fixture(scope="session")
def tls_front(dashboard_server: DashboardServer) -> Iterator[TlsFront]:
    with TlsFront(dashboard_server.port) as front:
        yield front


@pytest.fixture(scope="session")
def passages(
    dashboard_server: DashboardServer,
    controlplane: ControlPlane,
    tls_front: TlsFront,
    tmp_path_factory: pytest.TempPathFactory,
) -> Passages:
    return Passages(dashboard_server, controlplane, tls_front, tmp_path_factory.mktemp("passages"))
