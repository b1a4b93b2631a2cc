"""ResourceQuota controller: usage of a namespace, recounted shortly after each change.

https://kubernetes.io/docs/concepts/policy/resource-quotas/
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from simulator.controllers.index import PODS
from simulator.controllers.plane import Controller, EventMapper, Plane, map_to_itself
from simulator.controllers.pods import is_going, is_over
from simulator.quantities import parse_quantity
from simulator.store import Event, Object, Storage

QUOTAS, CLAIMS = ("", "resourcequotas"), ("", "persistentvolumeclaims")
NAME = "resource-quota-controller"
DELAY = 1.0
COUNTED_RESOURCES = (
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "secrets",
    "services",
    "resourcequotas",
)
PLAIN = {"cpu": "requests.cpu", "memory": "requests.memory"}


def sync(plane: Plane, namespace: str, name: str) -> None:
    own = plane.get(QUOTAS, namespace, name)
    if own is None or is_going(own):
        return
    hard = own["spec"].get("hard") or {}
    used = {key: usage(plane, namespace, key) for key in hard}
    plane.set_status(QUOTAS, own, {"hard": hard, "used": used})


def usage(plane: Plane, namespace: str, key: str) -> str:
    """Of one of the quota's keys, as a quantity."""
    if key == "pods":
        return str(sum(not is_over(one) for one in plane.cluster.store.items(PODS, namespace)))
    if key in COUNTED_RESOURCES:
        return str(len(plane.cluster.store.items(("", key), namespace)))
    if key.startswith("count/"):
        plural, _, group = key.removeprefix("count/").partition(".")
        return str(len(plane.cluster.store.items((group, plural), namespace)))
    part, _, resource = PLAIN.get(key, key).partition(".")
    if resource == "storage":
        claims = plane.cluster.store.items(CLAIMS, namespace)
        return _format_amount(
            [parse_quantity(one["spec"]["resources"]["requests"]["storage"]) for one in claims], "storage"
        )
    pods = [one for one in plane.cluster.store.items(PODS, namespace) if not is_over(one)]
    return _format_amount(
        [
            parse_quantity(_container_amount(each, part, resource))
            for one in pods
            for each in one["spec"]["containers"]
        ],
        resource,
    )


def _container_amount(container: Object, part: str, resource: str) -> Any:
    return ((container.get("resources") or {}).get(part) or {}).get(resource, "0")


def _format_amount(amounts: list[Decimal], resource: str) -> str:
    total = sum(amounts, Decimal(0))
    if resource == "cpu":
        return str(int(total)) if total == int(total) else f"{int(total * 1000)}m"
    for suffix, size in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if total and total % size == 0:
            return f"{int(total / size)}{suffix}"
    return str(int(total))


def _map_any(plane: Plane, event: Event) -> Iterable[str]:
    if event.type == "MODIFIED" and (event.storage != PODS or _is_same(event)):
        return ()
    namespace = event.key.partition("/")[0]
    for own in plane.cluster.store.items(QUOTAS, namespace):
        plane.requeue_after((NAME, f"{namespace}/{own['metadata']['name']}"), DELAY)
    return ()


def _is_same(event: Event) -> bool:
    return event.previous is not None and is_over(event.previous) == is_over(event.object)


_WATCHED_STORAGES: tuple[Storage, ...] = (
    PODS, CLAIMS, ("", "configmaps"), ("", "secrets"), ("", "services"), ("apps", "deployments"), ("batch", "jobs"),
)  # fmt: skip
_WATCHES: dict[Storage, EventMapper] = {QUOTAS: map_to_itself, **dict.fromkeys(_WATCHED_STORAGES, _map_any)}
CONTROLLER = Controller(NAME, _WATCHES, sync)
