"""Garbage collector: foreground, background and orphan deletion of dependents by owner references.

https://kubernetes.io/docs/concepts/architecture/garbage-collection/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.cluster import Cluster
from simulator.requests.statuses import StatusError
from simulator.store import Event, Object, Storage
from simulator.writing import registry
from simulator.writing.deletion import FOREGROUND, ORPHAN, DeleteOptions, delete
from simulator.writing.options import WriteOptions

WRITE_OPTIONS = WriteOptions(manager="kube-controller-manager")
ObjectKey = tuple[Storage, str]  # and the key in it


@dataclass
class GarbageCollector:
    """The owners and dependents of one cluster, by uid."""

    cluster: Cluster
    _dependents: dict[str, set[ObjectKey]] = field(default_factory=dict)
    _is_loaded: bool = False

    def reconcile(self, event: Event) -> None:
        self._load_dependents()
        self._note(event)
        metadata = event.object["metadata"]
        if event.type == "DELETED":
            for object_key in sorted(self._dependents.pop(metadata["uid"], ())):
                self._collect(object_key, metadata["uid"])
            self._free_owners(event.object)
        elif "deletionTimestamp" in metadata:
            self._finish(event.storage, event.object)
        elif event.type == "ADDED":
            self._collect_ownerless(event)

    def _load_dependents(self) -> None:
        """What was there before anybody listened."""
        if self._is_loaded:
            return
        self._is_loaded = True
        for storage in self.cluster.store.storages():
            for thing in self.cluster.store.items(storage):
                self._add(storage, thing)

    def _add(self, storage: Storage, thing: Object) -> None:
        for owner in thing["metadata"].get("ownerReferences") or ():
            self._dependents.setdefault(owner["uid"], set()).add((storage, _key(thing)))

    def _note(self, event: Event) -> None:
        object_key = event.storage, event.key
        for owner in (event.previous or {"metadata": {}})["metadata"].get("ownerReferences") or ():
            self._dependents.get(owner["uid"], set()).discard(object_key)
        if event.type != "DELETED":
            self._add(event.storage, event.object)

    def _get(self, key: ObjectKey) -> Object | None:
        namespace, _, name = key[1].partition("/")
        return self.cluster.store.get(key[0], namespace, name)

    def _collect(self, key: ObjectKey, gone: str) -> None:
        """A dependent of an owner that is gone: it goes too where no other owner is left."""
        thing = self._get(key)
        if thing is None:
            return
        owners = thing["metadata"].get("ownerReferences") or []
        left = [one for one in owners if one["uid"] != gone and self._is_there(one, thing)]
        if left:
            self._change(key, thing, {"ownerReferences": left})
        elif any(one["uid"] == gone for one in owners):
            self._delete(key, thing, DeleteOptions(policy="Background"))

    def _collect_ownerless(self, event: Event) -> None:
        """One that was made for an owner that is already gone."""
        owners = event.object["metadata"].get("ownerReferences") or []
        if owners and not any(self._is_there(one, event.object) for one in owners):
            object_key = event.storage, event.key
            self._delete(object_key, event.object, DeleteOptions(policy="Background"))

    def _is_there(self, owner: dict[str, Any], thing: Object) -> bool:
        group, _, version = owner["apiVersion"].rpartition("/")
        resource = self.cluster.catalog.find_kind(group, version, owner["kind"])
        if resource is None:
            return True  # unknown
        namespace = thing["metadata"].get("namespace", "") if resource.is_namespaced else ""
        found = self.cluster.store.get(resource.storage, namespace, owner["name"])
        return found is not None and found["metadata"]["uid"] == owner["uid"]

    def _finish(self, storage: Storage, thing: Object) -> None:
        """An owner that waits for its dependents, or for them to be let go."""
        finalizers = thing["metadata"].get("finalizers") or []
        object_keys = sorted(self._dependents.get(thing["metadata"]["uid"], ()))
        if ORPHAN in finalizers:
            self._orphan(storage, thing, object_keys)
        elif FOREGROUND in finalizers:
            blocking = [
                object_key
                for object_key in object_keys
                if (one := self._get(object_key)) and _blocks(one, thing)
            ]
            for object_key in object_keys:
                one = self._get(object_key)
                if one is not None and "deletionTimestamp" not in one["metadata"]:
                    self._delete(object_key, one, DeleteOptions(policy="Foreground"))
            if not any(self._get(object_key) for object_key in blocking):
                self._release(storage, thing, FOREGROUND)

    def _orphan(self, storage: Storage, thing: Object, keys: list[ObjectKey]) -> None:
        uid = thing["metadata"]["uid"]
        for object_key in keys:
            one = self._get(object_key)
            if one is not None:
                left = [
                    owner for owner in one["metadata"].get("ownerReferences") or () if owner["uid"] != uid
                ]
                self._change(object_key, one, {"ownerReferences": left})
        self._release(storage, thing, ORPHAN)

    def _free_owners(self, thing: Object) -> None:
        """Owners that waited for this one."""
        for owner in thing["metadata"].get("ownerReferences") or ():
            group, _, version = owner["apiVersion"].rpartition("/")
            resource = self.cluster.catalog.find_kind(group, version, owner["kind"])
            if resource is None:
                continue
            namespace = thing["metadata"].get("namespace", "") if resource.is_namespaced else ""
            found = self.cluster.store.get(resource.storage, namespace, owner["name"])
            if found is not None and FOREGROUND in (found["metadata"].get("finalizers") or ()):
                self._finish(resource.storage, found)

    def _release(self, storage: Storage, thing: Object, finalizer: str) -> None:
        found = self._get((storage, _key(thing)))
        if found is not None:
            left = [one for one in found["metadata"].get("finalizers") or () if one != finalizer]
            self._change((storage, _key(thing)), found, {"finalizers": left})

    def _change(self, target: ObjectKey, thing: Object, changes: dict[str, Any]) -> None:
        resource = self.cluster.catalog.find_any_version(*target[0])
        metadata = thing["metadata"]
        if resource is None:
            return

        def changed(old: Object) -> Object:
            metadata = {key: value for key, value in (old["metadata"] | changes).items() if value != []}
            return old | {"metadata": metadata}

        try:
            registry.update(
                self.cluster,
                resource,
                metadata.get("namespace", ""),
                metadata["name"],
                changed,
                WRITE_OPTIONS,
            )
        except StatusError:
            return  # it was deleted in the meantime

    def _delete(self, key: ObjectKey, thing: Object, options: DeleteOptions) -> None:
        resource = self.cluster.catalog.find_any_version(*key[0])
        metadata = thing["metadata"]
        if resource is not None:
            delete(self.cluster, resource, metadata.get("namespace", ""), metadata["name"], options)


def _blocks(thing: Object, owner: Object) -> bool:
    uid = owner["metadata"]["uid"]
    references = thing["metadata"].get("ownerReferences") or ()
    return any(one["uid"] == uid and one.get("blockOwnerDeletion") for one in references)


def _key(thing: Object) -> str:
    metadata = thing["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"
