"""Benchmark cluster: a real control plane filled with 10,000 pods, and its API client."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import build_rbac_objects
from tests.controlplane.world import build_deployment, build_nodes

PODS = 10_000
NODES = 100
REPLICAS = 50  # of each Deployment
NAMESPACES = 20
PERSON = "ada"  # may do everything in the cluster
Say = Callable[[str], None]


class Api:
    """One persistent connection to the API server, for one thread; it reads each response whole."""

    def __init__(self, plane: ControlPlane, agent: str = "bench/1") -> None:
        context = ssl.create_default_context(cadata=plane.ca)
        server = urlsplit(plane.server)
        self._connection = http.client.HTTPSConnection(
            server.hostname or "", server.port, context=context, timeout=60
        )
        self._headers = {"Authorization": f"Bearer {plane.token(PERSON)}", "User-Agent": agent}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        """The answer's body; AssertionError where it is no success."""
        content = None if body is None else json.dumps(body)
        kind = {"Content-Type": "application/json"} if body is not None else {}
        self._connection.request(method, path, content, {**self._headers, **kind, **headers})
        response = self._connection.getresponse()
        found = response.read()
        assert response.status < 300, f"{method} {path}: {response.status} {found[:300]!r}"
        return found

    def close(self) -> None:
        self._connection.close()


def fill(plane: ControlPlane, pods: int, say: Say) -> None:
    """Nodes, namespaces and Deployments; returns when all pods run. Small worlds have fewer of each."""
    count, replicas = max(1, pods // REPLICAS), min(REPLICAS, pods)
    names = [f"team-{number:02}" for number in range(min(NAMESPACES, count))]
    node_objects = _nodes(max(1, NODES * pods // PODS))
    plane.create(one for one in build_rbac_objects() if one["metadata"]["name"] == f"{PERSON}-cluster-admin")
    api = Api(plane)
    for name in names:
        api("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    for node in node_objects:
        api("POST", "/api/v1/nodes", node)
    for number in range(count):
        namespace = names[number % len(names)]
        one = build_deployment(f"app-{number:03}", namespace, replicas=replicas)
        api("POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", one)
    _wait_until_running(api, count * replicas, say)
    say(f"{count * replicas} pods run on {len(node_objects)} nodes")


def _wait_until_running(api: Api, expected: int, say: Say) -> None:
    until, reported_at = time.monotonic() + 120 + expected / 10, time.monotonic()
    while (running := _count_running(api)) < expected:
        assert time.monotonic() < until, f"{running} of {expected} pods run"
        if time.monotonic() > reported_at + 10:
            reported_at = time.monotonic()
            say(f"{running} of {expected} pods run")
        time.sleep(1)


def _nodes(count: int) -> list[dict[str, Any]]:
    """Like the tests' first node, under other names."""
    pattern = json.dumps(build_nodes()[0])
    return [json.loads(pattern.replace("node-1", f"worker-{number:03}")) for number in range(count)]


def _count_running(api: Api) -> int:
    path, accept = "/api/v1/pods?includeObject=None", "application/json;as=Table;v=v1;g=meta.k8s.io"
    rows = json.loads(api("GET", path, Accept=accept))["rows"] or []
    return sum("Running" in row["cells"] for row in rows)
