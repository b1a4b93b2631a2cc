"""Contract of worlds: the simulated cluster of tests/simulated_cluster.py contains the same as the real one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.contract.contenders import connect_real
from tests.controlplane import world
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import USERS
from tests.simulated_cluster import SimulatedCluster
from tests.simulator.caller import Caller

STORED_OTHERWISE = {".status", ".stringData"}  # by its own endpoint, in .data
GENERATED_FIELDS = {
    ".firstTimestamp",
    ".lastTimestamp",
    ".spec.request",
}  # each time that the world is written down


class CollectedObjects:
    """Takes what the world puts into a cluster, and puts it nowhere."""

    def __init__(self) -> None:
        self.objects: list[dict[str, Any]] = []

    def apply(
        self, objects: Iterable[dict[str, Any]], *, server_side: bool = True, status: bool = False
    ) -> None:
        self.objects += [] if status else objects

    def create(self, objects: Iterable[dict[str, Any]], *, manager: str = "") -> None:
        self.objects += objects

    def wait_for(self, condition: str, plural: str, *, namespace: str = "", seconds: int = 0) -> None:
        """Nothing is on its way."""


def collect_objects() -> list[dict[str, Any]]:
    listed = CollectedObjects()
    world.fill(listed)
    return listed.objects


def missing(expected: Any, there: Any, where: str = "") -> list[str]:
    """What of it is not there, or is otherwise; defaults and what the cluster adds by itself are no matter."""
    if isinstance(expected, dict) and isinstance(there, dict):
        return [
            one
            for key, value in expected.items()
            for one in missing(value, there.get(key), f"{where}.{key}")
            if f"{where}.{key}" not in STORED_OTHERWISE | GENERATED_FIELDS
        ]
    if isinstance(expected, list) and isinstance(there, list) and len(expected) <= len(there):
        return [one for pair in zip(expected, there, strict=False) for one in missing(*pair, where)]
    return [] if expected == there else [where]


def test_every_object_of_the_world_is_in_both(
    simulated_cluster: SimulatedCluster, controlplane: ControlPlane
) -> None:
    objects, differ = collect_objects(), {}
    assert len(objects) > 100
    for caller in (simulated_cluster.admin, connect_real(controlplane).admin):
        for one in objects:
            path = f"{simulated_cluster.path(one)}/{one['metadata']['name']}"
            if lost := missing(one, caller.get(path).json):
                differ[f"{caller.server}{path}"] = lost
    assert differ == {}


def test_the_users_are_the_same_as_in_the_real_one(
    simulated_cluster: SimulatedCluster, controlplane: ControlPlane
) -> None:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    for one in USERS:
        for plane in (simulated_cluster, controlplane):
            for caller in (
                Caller(plane.server, plane.ca, plane.token(one.name)),
                Caller(plane.server, plane.ca, pair=plane.certificate(one.name)),
            ):
                reply = caller.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
                assert reply.json["status"]["userInfo"]["username"] == one.name
                assert set(one.groups) < set(reply.json["status"]["userInfo"]["groups"])
                caller.close()
