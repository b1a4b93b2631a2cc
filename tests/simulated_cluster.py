"""Fixture `simulated_cluster`: a simulated cluster with the same world as the real control plane.

Loaded by tests/conftest.py. It is taken for tests/controlplane wherever a test is of our own rules, forms and pages.
"""

from __future__ import annotations

import datetime
import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.controllers.plane import Pace
from simulator.requests.rbac import MASTERS
from simulator.requests.tokens import ISSUER, account_claims
from simulator.runtime.cluster_runtime import ClusterRuntime
from simulator.schemas.resources import split_api_version
from tests import canary
from tests.controlplane.certificates import Pair
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.kubeconfigs import ADMIN, write_kubeconfig
from tests.controlplane.users import USERS, get_person
from tests.controlplane.world import fill, fill_small, wait_for_pods
from tests.dashboard_server import wait_for
from tests.simulator.caller import Caller
from tests.simulator.loops import Loop

# As quick as kwok.
AGE = 60  # seconds that it has lived through when its world is there
INSTANT = Pace(accept=(0, 0), pull=(0, 0), start=(0, 0.05), probe=(0, 0.05), stop=(0, 0.05), work=(0.05, 0.1))


class SimulatedCluster:
    """One simulated cluster with the test users, in a thread of this process: `with SimulatedCluster() as plane:`.

    What it has in common with ControlPlane is called the same and does the same; the world fills either.
    """

    def __init__(self, name: str = "simulated") -> None:
        began = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=AGE)
        self.cluster = Cluster(name, seed=1, clock=Clock(start=began))
        self._tokens = {one.name: self.cluster.add_person(one.name, one.groups) for one in USERS}
        for whose, token in self._tokens.items():
            canary.plant(f"the token of {whose}", token)
        self._pairs: dict[str, Pair] = {}
        self._lives = ClusterRuntime(self.cluster, pace=INSTANT)
        self._loop = Loop(self.cluster, runtime=self._lives)

    def __enter__(self) -> SimulatedCluster:
        self._loop.__enter__()
        token = self._loop.run(self.cluster.add_person, ADMIN, (MASTERS,))
        self.admin = Caller(self.server, self.ca, token)
        self._folder = tempfile.TemporaryDirectory(prefix="quarterdeck-simulated-")
        for one in USERS:
            pair = Pair(*self.certificate(one.name))
            write_kubeconfig(self.directory, self.server, self.ca, one, self.token(one.name), pair)
        return self

    def __exit__(self, *raised: Any) -> None:
        self.admin.close()
        self._loop.__exit__(*raised)
        self._folder.cleanup()

    # --- where and what

    @property
    def server(self) -> str:
        return self._loop.server.url

    @property
    def ca(self) -> str:
        """The PEM by which the server is known."""
        return self.cluster.authority.pem

    @property
    def directory(self) -> Path:
        return Path(self._folder.name)

    # --- credentials of the test users

    def token(self, name: str) -> str:
        """The static bearer token of a test user."""
        return self._tokens[name]

    def certificate(self, name: str, *, seconds: int | None = None) -> tuple[str, str]:
        """A client certificate and its key (PEM) of a test user; with seconds a new one of that life,
        which is over already where they are negative."""
        groups = get_person(name).groups
        if seconds is not None:
            made = self.cluster.certificate(name, groups, seconds=seconds)
        else:
            made = self._pairs.get(name) or self.cluster.certificate(name, groups)
            self._pairs[name] = made
        canary.plant(f"the key of {name}", made.key)
        return made.certificate, made.key

    def kubeconfig(self, name: str) -> Path:
        """A file with everything inline, as its owner would have it on a laptop."""
        return self.directory / f"{name}.yaml"

    def service_account_token(self, namespace: str, name: str, seconds: int) -> str:
        """A token of that ServiceAccount for so many seconds: any number, negative ones have ended already."""
        account = self.admin.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}")
        uid = account.json["metadata"]["uid"]
        claims = account_claims(namespace, name, uid, seconds=seconds, audiences=[ISSUER], bound={})
        return canary.plant(f"a token of {name}", self.cluster.tokens.sign(claims))

    # --- what is in it

    def apply(
        self, objects: Iterable[dict[str, Any]], *, server_side: bool = True, status: bool = False
    ) -> None:
        """Create or change objects; not on the server's side, as kubectl with its last-applied annotation."""
        for one in objects:
            if not server_side:
                self.create([_add_last_applied(one)])
                continue
            path = f"{self.path(one)}/{one['metadata']['name']}" + ("/status" if status else "")
            reply = self.admin.patch(
                f"{path}?fieldManager=kubectl&force=true", json.dumps(one, ensure_ascii=False), "apply"
            )
            assert reply.status in (200, 201), reply.body

    def create(self, objects: Iterable[dict[str, Any]], *, manager: str = "kubectl-create") -> None:
        """New objects, as they are."""
        for one in objects:
            reply = self.admin.call("POST", self.path(one), one, headers={"User-Agent": manager})
            assert reply.status == 201, reply.body

    def wait_for(self, condition: str, plural: str, *, namespace: str = "", seconds: int = 30) -> None:
        """Until all of that kind are so, in one namespace or of the whole cluster."""

        def are_so() -> bool:
            found = self._loop.run(self._conditions, plural, namespace)
            return all((condition, "True") in one for one in found)

        wait_for(are_so, seconds, f"{plural} are not {condition}")

    def catch_up(self) -> None:
        """Live through its first minute at once, in which pods start: its time is now's afterwards."""
        self._loop.run(self._lives.step, AGE)

    def _conditions(self, plural: str, namespace: str) -> list[set[tuple[str, str]]]:
        resource = next(one for one in self.cluster.catalog if one.plural == plural)
        return [
            {(each["type"], each["status"]) for each in (one.get("status") or {}).get("conditions") or ()}
            for one in self.cluster.store.items(resource.storage, namespace)
        ]

    def path(self, thing: dict[str, Any]) -> str:
        group, version = split_api_version(thing["apiVersion"])
        resource = wait_for(lambda: self.cluster.catalog.find_kind(group, version, thing["kind"]))
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        scope = (
            f"/namespaces/{thing['metadata'].get('namespace', 'default')}" if resource.is_namespaced else ""
        )
        return f"{root}{scope}/{resource.plural}"


Plane = ControlPlane | SimulatedCluster


def _add_last_applied(thing: dict[str, Any]) -> dict[str, Any]:
    last = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(thing) + "\n"}
    return thing | {"metadata": thing["metadata"] | {"annotations": last}}


@pytest.fixture(scope="session")
def simulated_cluster() -> Iterator[SimulatedCluster]:
    """A cluster that all tests share, with the users and the whole world of the real one; leave it as you found it."""
    with SimulatedCluster() as plane:
        fill(plane)
        plane.catch_up()
        wait_for_pods(plane)
        yield plane


@pytest.fixture(scope="session")
def second_simulated_cluster() -> Iterator[SimulatedCluster]:
    """Another one, for pages over several: the same users, a small world, its own CA and tokens."""
    with SimulatedCluster("second") as plane:
        fill_small(plane)
        plane.catch_up()
        wait_for_pods(plane)
        yield plane
