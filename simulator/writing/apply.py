"""Server-side apply: merges by type, removes fields that the manager gave up, and answers 409 on a conflict.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from simulator.cluster import Cluster
from simulator.requests.statuses import Cause, StatusError
from simulator.schemas.resources import Object, Resource
from simulator.schemas.types import Type
from simulator.writing.fieldsets import (
    DEDUCED,
    Path,
    child_type,
    collect_fields,
    compare,
    element_of,
    format_path,
    is_owned_whole,
)
from simulator.writing.managed import STRIPPED, Manager, Share, Shares, reset_paths, set_shares, shares_of
from simulator.writing.options import WriteOptions

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class ApplyResult:
    """The new object with its managedFields. It is to be filled in and checked as by an update."""

    thing: Object
    shares: Shares


def apply(
    cluster: Cluster, resource: Resource, live: Object, config: Object, options: WriteOptions
) -> ApplyResult:
    """`live` is the object as it is served, or {"metadata": {}}; raises the 409 of a conflict."""
    type_ = cluster.types.get_type(resource)
    shares = shares_of(live)
    manager = Manager(options.manager, "Apply", resource.api_version, options.subresource)
    last = shares[manager.key].paths if manager.key in shares else set()
    fields = collect_fields(config, type_)
    fields -= reset_paths(fields, resource, options.subresource)
    merged = merge(live, config, type_)
    owned = set(fields)
    for share in shares.values():
        if share.manager.key != manager.key:
            owned |= share.paths
    new = _prune(merged, last, owned, type_)
    _claim_fields(live, new, type_, shares, manager, options, resource)
    before = shares.get(manager.key)
    time = before.time if before is not None else ""  # of an apply that changes nothing
    if _differs(live, new):
        time = cluster.clock.stamp()
    shares[manager.key] = Share(manager, fields - STRIPPED, time)
    return ApplyResult(set_shares(_update_last_applied(new, config, options), shares), shares)


def _update_last_applied(new: Object, config: Object, options: WriteOptions) -> Object:
    """kubectl's own note of what it applied on its side is updated by kubectl's apply on the server's."""
    annotations = new["metadata"].get("annotations") or {}
    if options.manager != "kubectl" or not annotations.get(LAST_APPLIED):
        return new
    metadata = {key: value for key, value in config["metadata"].items() if key != "annotations"}
    own = {
        key: value
        for key, value in (config["metadata"].get("annotations") or {}).items()
        if key != LAST_APPLIED
    }
    noted = config | {"metadata": metadata | ({"annotations": own} if own else {})}
    text = json.dumps(noted, separators=(",", ":"), sort_keys=True) + "\n"
    return new | {"metadata": new["metadata"] | {"annotations": annotations | {LAST_APPLIED: text}}}


def merge(left: Any, right: Any, type_: Type) -> Any:
    """The right side wins; maps and associative lists are merged."""
    if left is None or right is None or is_owned_whole(right, type_) or type(left) is not type(right):
        return copy.deepcopy(right)
    if isinstance(right, dict):
        found = dict(left)
        for key, one in right.items():
            found[key] = merge(left.get(key), one, child_type(type_, key))
        return found
    return _merge_list(left, right, type_)


def _merge_list(left: list[Any], right: list[Any], type_: Type) -> list[Any]:
    """In the order of structured-merge-diff (typed/merge.go): what only the left has comes as early as it stood."""
    olds = {element_of(one, type_): one for one in left}
    news = {element_of(one, type_): one for one in right}
    inner = type_.element or DEDUCED
    shared = [element for element in news if element in olds]
    lefts, rights, found, merged = list(olds), list(news), [], set()
    while lefts or rights:
        first = lefts[0] if lefts else None
        if (
            first is not None
            and rights
            and first != rights[0]
            and first in news
            and shared
            and shared[0] != first
        ):
            lefts.pop(0)  # it comes where the right has it
        elif first is not None and first not in news:
            found.append(olds[lefts.pop(0)])
        elif first is not None and first in merged:
            lefts.pop(0)
        elif rights:
            element = rights.pop(0)
            if first == element:
                lefts.pop(0)
            merged.add(element)
            found.append(merge(olds.get(element), news[element], inner))
            shared = [one for one in shared if one != element]
    return found


def _claim_fields(
    live: Object,
    new: Object,
    type_: Type,
    shares: Shares,
    manager: Manager,
    options: WriteOptions,
    resource: Resource,
) -> None:
    """Take the changed fields from the others; raises the 409 where that is not forced."""
    difference = compare(live, new, type_)
    taken = difference.added | difference.modified
    taken -= reset_paths(taken, resource, options.subresource)
    conflicts = [
        (share.manager, path)
        for share in shares.values()
        if share.manager.key != manager.key
        for path in sorted(share.paths & taken)
    ]
    if conflicts and not options.is_forced:
        raise field_conflict_error(conflicts)
    for share in shares.values():
        if share.manager.key != manager.key:
            share.paths = share.paths - taken - difference.removed


def field_conflict_error(conflicts: list[tuple[Manager, Path]]) -> StatusError:
    causes = [
        Cause("FieldManagerConflict", f"conflict with {manager.describe()}", format_path(path))
        for manager, path in sorted(conflicts, key=lambda one: (one[0].describe(), one[1]))
    ]
    if len(causes) == 1:
        message = f"Apply failed with 1 conflict: {causes[0].message}: {causes[0].field}"
    else:
        lines: list[str] = []
        for name in dict.fromkeys(cause.message for cause in causes):
            lines.append(f"{name.replace('conflict', 'conflicts', 1)}:")
            lines += [f"- {cause.field}" for cause in causes if cause.message == name]
        message = f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)
    return StatusError(409, message, "Conflict", {"causes": [cause.json() for cause in causes]})


def _prune(thing: Object, last: set[Path], owned: set[Path], type_: Type) -> Object:
    """Without what the manager applied last time, does not apply now, and nobody else owns."""
    remaining = {path[:length] for path in owned for length in range(1, len(path) + 1)}
    gone = {path for path in last if path not in remaining}
    if not gone:
        return thing
    found = _remove_paths(thing, gone, remaining, type_, ())
    return found if isinstance(found, dict) else {}


def _remove_paths(value: Any, gone: set[Path], retained: set[Path], type_: Type, path: Path) -> Any:
    if isinstance(value, dict) and not is_owned_whole(value, type_):
        found = {}
        for key, one in value.items():
            inner = (*path, f"f:{key}")
            if inner in gone:
                continue
            new = _remove_paths(one, gone, retained, child_type(type_, key), inner)
            if new in ({}, []) and one not in ({}, []) and inner not in retained:
                continue
            found[key] = new
        return found
    if isinstance(value, list) and not is_owned_whole(value, type_):
        pairs = [(one, (*path, element_of(one, type_))) for one in value]
        element = type_.element or DEDUCED
        return [
            _remove_paths(one, gone, retained, element, inner) for one, inner in pairs if inner not in gone
        ]
    return value


def _differs(live: Object, new: Object) -> bool:
    def bare(thing: Object) -> Object:
        return thing | {"metadata": {k: v for k, v in thing["metadata"].items() if k != "managedFields"}}

    return bare(live) != bare(new)
