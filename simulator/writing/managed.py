"""managedFields: ownership of fields by manager, updated with every write.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from simulator.cluster import Cluster
from simulator.schemas.resources import Object, Resource
from simulator.schemas.types import Type
from simulator.writing.decoding import encodable
from simulator.writing.fieldsets import Path, compare, format_fields, parse_fields
from simulator.writing.options import WriteOptions

MAX_UPDATERS = 10
ANCIENT = "ancient-changes"
STRIPPED = {("f:apiVersion",), ("f:kind",), ("f:metadata",)} | {
    ("f:metadata", f"f:{name}")
    for name in (
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields",
        "resourceVersion", "clusterName",
    )
}  # fmt: skip


@dataclass(frozen=True)
class Manager:
    """One entry: an applier is one whatever its version."""

    name: str
    operation: str
    api_version: str
    subresource: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        version = "" if self.operation == "Apply" else self.api_version
        return self.name, self.operation, version, self.subresource

    def describe(self) -> str:
        """As a conflict names it."""
        text = f'"{self.name}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return f"{text} using {self.api_version}" if self.operation == "Update" else text


@dataclass
class Share:
    manager: Manager
    paths: set[Path]
    time: str


Shares = dict[tuple[str, str, str, str], Share]


def shares_of(thing: Object) -> Shares:
    """Read from an object's managedFields."""
    found: Shares = {}
    for one in thing["metadata"].get("managedFields") or ():
        manager = Manager(
            one.get("manager", ""),
            one.get("operation", ""),
            one.get("apiVersion", ""),
            one.get("subresource", ""),
        )
        found[manager.key] = Share(manager, parse_fields(one.get("fieldsV1") or {}), one.get("time", ""))
    return found


def set_shares(thing: Object, shares: Shares) -> Object:
    """A copy with these managedFields."""
    metadata = {key: value for key, value in thing["metadata"].items() if key != "managedFields"}
    entries = [_entry(one) for one in shares.values() if one.paths]
    if entries:
        metadata["managedFields"] = sorted(entries, key=_order)
    return thing | {"metadata": metadata}


def record_update(
    cluster: Cluster, resource: Resource, was: Object | None, new: Object, options: WriteOptions
) -> Object:
    """The object with what this write (no apply) took into its manager's share."""
    given = new["metadata"].get("managedFields")
    source = new if given and not options.subresource else was or {"metadata": {}}
    shares = {} if given in ([], [{}]) and not options.subresource else shares_of(source)
    if was is not None and not shares:
        return set_shares(new, {})
    type_ = _type_of(cluster, resource)
    old = was if was is not None else _empty(resource, type_)
    difference = compare(_strip_managed_fields(old), _strip_managed_fields(new), type_)
    for paths in (difference.added, difference.modified, difference.removed):
        paths.difference_update(reset_paths(paths, resource, options.subresource))
    taken = difference.added | difference.modified
    for share in shares.values():
        share.paths = share.paths - taken - difference.removed
    if options.operation == "Update":
        _add(shares, _manager(resource, options), taken - STRIPPED, cluster.clock.stamp())
    _cap(shares)
    return set_shares(new, shares)


def reset_paths(paths: set[Path], resource: Resource, subresource: str) -> set[Path]:
    """Of these, the fields that this endpoint puts back: nobody becomes their owner by writing there."""
    if subresource == "status":
        if resource.definition is None:
            return {path for path in paths if path[:1] == ("f:spec",)}
        return {path for path in paths if path[:1] != ("f:status",)}
    if "status" in resource.subresources:
        return {path for path in paths if path[:1] == ("f:status",)}
    return set()


def strip_times(thing: Object) -> Object:
    """For a comparison: the times of managedFields say nothing."""
    fields = thing["metadata"].get("managedFields")
    if not fields:
        return thing
    bare = [{key: value for key, value in one.items() if key != "time"} for one in fields]
    return thing | {"metadata": thing["metadata"] | {"managedFields": bare}}


def _type_of(cluster: Cluster, resource: Resource) -> Type:
    return cluster.types.get_type(resource)


def _empty(resource: Resource, type_: Type) -> Object:
    """What Go makes of nothing."""
    return encodable({"metadata": {}}, type_) if resource.definition is None else {"metadata": {}}


def _strip_managed_fields(thing: Object) -> Object:
    metadata = {key: value for key, value in thing["metadata"].items() if key != "managedFields"}
    return thing | {"metadata": metadata}


def _manager(resource: Resource, options: WriteOptions) -> Manager:
    return Manager(options.manager, "Update", resource.api_version, options.subresource)


def _add(shares: Shares, manager: Manager, paths: set[Path], now: str) -> None:
    if not paths:
        return
    share = shares.setdefault(manager.key, Share(manager, set(), now))
    shares[manager.key] = replace(share, paths=share.paths | paths, time=now)


def _cap(shares: Shares) -> None:
    """Beyond ten updaters the oldest are merged into one."""
    updaters = sorted(
        (one for one in shares.values() if one.paths and one.manager.operation == "Update"),
        key=lambda one: (one.time, one.manager.key),
    )
    if len(updaters) <= MAX_UPDATERS:
        return
    for one in updaters[: len(updaters) - MAX_UPDATERS + 1]:
        ancient = Manager(ANCIENT, "Update", one.manager.api_version, "")
        paths = one.paths
        if ancient.key in shares and one.manager != ancient:
            paths = paths | shares[ancient.key].paths
        del shares[one.manager.key]
        shares[ancient.key] = Share(ancient, paths, one.time)


def _entry(share: Share) -> dict[str, Any]:
    manager = share.manager
    found: dict[str, Any] = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
    }
    if share.time:
        found["time"] = share.time
    found |= {"fieldsType": "FieldsV1", "fieldsV1": format_fields(share.paths)}
    return found | {"subresource": manager.subresource} if manager.subresource else found


def _order(entry: dict[str, Any]) -> tuple[str, ...]:
    names = ("operation", "time", "manager", "apiVersion", "subresource")
    return tuple(entry.get(name, "") for name in names)
