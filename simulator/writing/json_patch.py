"""JSON Patch (RFC 6902), with the API server's leniency and error messages."""

from __future__ import annotations

import copy
from typing import Any

LARGEST = 10_000  # operations


class PatchError(Exception):
    """An operation that cannot be done; the text is evanphx/json-patch's."""


def apply_json_patch(thing: Any, operations: list[dict[str, Any]]) -> Any:
    """A new value."""
    found = copy.deepcopy(thing)
    for one in operations:
        found = _apply_operation(found, one)
    return found


def _apply_operation(thing: Any, one: dict[str, Any]) -> Any:
    kind, path = one.get("op"), str(one.get("path", ""))
    if kind in ("add", "replace"):
        return _set(thing, path, copy.deepcopy(one.get("value")), is_insert=kind == "add")
    if kind == "remove":
        return _remove(thing, path)
    if kind == "test":
        if _get(thing, path, "test") != one.get("value"):
            raise PatchError(f"testing value {path} failed: test failed")
        return thing
    if kind == "copy":
        return _set(thing, path, copy.deepcopy(_get(thing, str(one.get("from")), "copy")), is_insert=True)
    if kind == "move":
        source = str(one.get("from"))
        value = _get(thing, source, "move")
        return _set(_remove(thing, source), path, value, is_insert=True)
    raise PatchError(f"Unexpected kind: {kind}")


def _parts(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _get(thing: Any, path: str, kind: str) -> Any:
    value = thing
    for part in _parts(path):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif kind == "test":
            return None
        else:
            raise _missing_path_error(kind, path)
    return value


def _set(thing: Any, path: str, value: Any, *, is_insert: bool) -> Any:
    parts = _parts(path)
    if not parts:
        return value
    holder = _holder(thing, parts, "add" if is_insert else "replace", path)
    if isinstance(holder, dict):
        holder[parts[-1]] = value
    elif parts[-1] == "-" and is_insert:
        holder.append(value)
    elif parts[-1].isdigit() and int(parts[-1]) <= len(holder) - (0 if is_insert else 1):
        position = int(parts[-1])
        holder[position : position + (0 if is_insert else 1)] = [value]
    else:
        raise _missing_path_error("add" if is_insert else "replace", path)
    return thing


def _remove(thing: Any, path: str) -> Any:
    parts = _parts(path)
    if not parts:
        raise _missing_path_error("remove", path)
    holder = _holder(thing, parts, "remove", path)
    if isinstance(holder, dict) and parts[-1] in holder:
        del holder[parts[-1]]
    elif isinstance(holder, list) and parts[-1].isdigit() and int(parts[-1]) < len(holder):
        del holder[int(parts[-1])]
    elif isinstance(holder, dict):
        raise PatchError(f"remove operation does not apply: doc is missing key: {path}: missing value")
    else:
        raise _missing_path_error("remove", path)
    return thing


def _holder(thing: Any, parts: list[str], kind: str, path: str) -> Any:
    holder = thing
    for part in parts[:-1]:
        if isinstance(holder, dict) and isinstance(holder.get(part), dict | list):
            holder = holder[part]
        elif isinstance(holder, list) and part.isdigit() and int(part) < len(holder):
            holder = holder[int(part)]
        else:
            raise _missing_path_error(kind, path)
    return holder


def _missing_path_error(kind: str, path: str) -> PatchError:
    return PatchError(f"{kind} operation does not apply: doc is missing path: {path}: missing value")
