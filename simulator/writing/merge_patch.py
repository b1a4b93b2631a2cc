"""JSON Merge Patch (RFC 7386)."""

from typing import Any


def apply_merge_patch(thing: Any, patch: Any) -> Any:
    """A new value; parts that the patch does not name are shared with the old one."""
    if not isinstance(patch, dict):
        return patch
    found = dict(thing) if isinstance(thing, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = apply_merge_patch(found.get(key), value)
    return found
