"""Index of the store for controllers: dependents by owner, pods by node, orphans by namespace."""

from __future__ import annotations

import functools
from typing import Any

from simulator.quantities import parse_quantity
from simulator.store import Event, Object, Storage, Store

PODS, REPLICA_SETS = ("", "pods"), ("apps", "replicasets")
ADOPTABLE = (PODS, REPLICA_SETS)  # of which a controller takes those that have none
ObjectKey = tuple[Storage, str]  # and the key (namespace/name) in it


class Index:
    """Reads the store when it is created, and is then updated with every event."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._owned: dict[str, dict[ObjectKey, None]] = {}
        self._by_node: dict[str, dict[str, None]] = {}
        self._siblings: dict[tuple[str, str], int] = {}  # by owner's uid and node
        self._requested: dict[str, list[float]] = {}  # by node: cores, bytes, pods
        self._orphans: dict[tuple[Storage, str], dict[str, None]] = {}  # by storage and namespace
        for storage in store.storages():
            for thing in store.items(storage):
                self._add(storage, key_of(thing), thing)

    def update(self, event: Event) -> None:
        if event.previous is not None:
            self._drop(event.storage, event.key, event.previous)
        if event.type != "DELETED":
            self._add(event.storage, event.key, event.object)

    def list_owned(self, owner: Object, storage: Storage) -> list[Object]:
        """What has it as its controller, in the order of names."""
        owned = self._owned.get(owner["metadata"]["uid"], {})
        keys = sorted(key for kind, key in owned if kind == storage)
        return [thing for key in keys if (thing := self._get(storage, key)) is not None]

    def list_pods_on(self, node: str) -> list[Object]:
        """Bound to it, whatever their phase, in the order of namespace and name."""
        keys = sorted(self._by_node.get(node, ()))
        return [thing for key in keys if (thing := self._get(PODS, key)) is not None]

    def count_siblings(self, uid: str, node: str) -> int:
        """How many pods of an owner are there."""
        return self._siblings.get((uid, node), 0)

    def sum_requested(self, node: str) -> tuple[float, float, float]:
        """Cores, bytes and pods that are taken there."""
        cores, size, pods = self._requested.get(node, (0.0, 0.0, 0.0))
        return cores, size, pods

    def list_orphans(self, storage: Storage, namespace: str) -> list[Object]:
        """Pods or ReplicaSets that no controller has."""
        keys = sorted(self._orphans.get((storage, namespace), ()))
        return [thing for key in keys if (thing := self._get(storage, key)) is not None]

    def _get(self, storage: Storage, key: str) -> Object | None:
        namespace, _, name = key.partition("/")
        return self._store.get(storage, namespace, name)

    def _add(self, storage: Storage, key: str, thing: Object) -> None:
        owner = controller_of(thing)
        if owner is not None:
            self._owned.setdefault(owner["uid"], {})[storage, key] = None
        elif storage in ADOPTABLE:
            self._orphans.setdefault((storage, thing["metadata"]["namespace"]), {})[key] = None
        if storage == PODS and (node := (thing.get("spec") or {}).get("nodeName")):
            self._by_node.setdefault(node, {})[key] = None
            self._count(node, thing, 1)

    def _drop(self, storage: Storage, key: str, thing: Object) -> None:
        owner = controller_of(thing)
        if owner is not None and (owned := self._owned.get(owner["uid"])) is not None:
            owned.pop((storage, key), None)
            if not owned:
                del self._owned[owner["uid"]]
        if owner is None and storage in ADOPTABLE:
            self._orphans.get((storage, thing["metadata"]["namespace"]), {}).pop(key, None)
        if storage == PODS and (node := (thing.get("spec") or {}).get("nodeName")):
            self._by_node.get(node, {}).pop(key, None)
            self._count(node, thing, -1)

    def _count(self, node: str, pod: Object, sign: int) -> None:
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            return
        if (owner := controller_of(pod)) is not None:
            sibling_key = owner["uid"], node
            count = self._siblings.get(sibling_key, 0) + sign
            if count:
                self._siblings[sibling_key] = count
            else:
                self._siblings.pop(sibling_key, None)
        total = self._requested.setdefault(node, [0.0, 0.0, 0.0])
        for number, size in enumerate((*requests(pod), 1.0)):
            total[number] += sign * size


def requests(pod: Object) -> tuple[float, float]:
    """Cores and bytes that its containers ask for."""
    cores = size = 0.0
    for one in pod["spec"].get("containers") or ():
        requested = (one.get("resources") or {}).get("requests") or {}
        cores += amount(str(requested.get("cpu", "0")))
        size += amount(str(requested.get("memory", "0")))
    return cores, size


@functools.lru_cache(4096)
def amount(text: str) -> float:
    """Of a quantity; 0 where it is none."""
    try:
        return float(parse_quantity(text))
    except (ArithmeticError, ValueError):
        return 0.0


def key_of(thing: Object) -> str:
    metadata = thing["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def controller_of(thing: Object) -> dict[str, Any] | None:
    """The owner reference that says controller: true."""
    for one in thing["metadata"].get("ownerReferences") or ():
        if one.get("controller"):
            found: dict[str, Any] = one
            return found
    return None


def controller_reference(owner: Object) -> dict[str, Any]:
    """To be put into what it makes."""
    metadata = owner["metadata"]
    found = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"]}
    return found | {"uid": metadata["uid"], "controller": True, "blockOwnerDeletion": True}
