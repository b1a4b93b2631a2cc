"""Is there the same in the simulated cluster of the other rooms' tests (tests/simulated.py) as in the real one?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.contract.contenders import real
from tests.controlplane import world
from tests.controlplane.cast import CAST
from tests.controlplane.controlplane import ControlPlane
from tests.simulated import Simulated
from tests.simulator.caller import Caller

STORED_OTHERWISE = {".status", ".stringData"}  # by its own endpoint, in .data
ANEW = {".firstTimestamp", ".lastTimestamp", ".spec.request"}  # each time that the world is written down


class Listed:
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


def put() -> list[dict[str, Any]]:
    listed = Listed()
    world.fill(listed)
    return listed.objects


def missing(wanted: Any, there: Any, where: str = "") -> list[str]:
    """What of it is not there, or is otherwise; defaults and what the cluster adds by itself are no matter."""
    if isinstance(wanted, dict) and isinstance(there, dict):
        return [
            one
            for key, value in wanted.items()
            for one in missing(value, there.get(key), f"{where}.{key}")
            if f"{where}.{key}" not in STORED_OTHERWISE | ANEW
        ]
    if isinstance(wanted, list) and isinstance(there, list) and len(wanted) <= len(there):
        return [one for pair in zip(wanted, there, strict=False) for one in missing(*pair, where)]
    return [] if wanted == there else [where]


def test_every_object_of_the_world_is_in_both(simulated: Simulated, controlplane: ControlPlane) -> None:
    objects, differ = put(), {}
    assert len(objects) > 100
    for caller in (simulated.admin, real(controlplane).admin):
        for one in objects:
            path = f"{simulated.path(one)}/{one['metadata']['name']}"
            if lost := missing(one, caller.get(path).json):
                differ[f"{caller.server}{path}"] = lost
    assert differ == {}


def test_the_cast_is_who_it_is_in_the_real_one(simulated: Simulated, controlplane: ControlPlane) -> None:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    for one in CAST:
        for plane in (simulated, controlplane):
            for caller in (
                Caller(plane.server, plane.ca, plane.token(one.name)),
                Caller(plane.server, plane.ca, pair=plane.certificate(one.name)),
            ):
                reply = caller.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
                assert reply.json["status"]["userInfo"]["username"] == one.name
                assert set(one.groups) < set(reply.json["status"]["userInfo"]["groups"])
                caller.close()
