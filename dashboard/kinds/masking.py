"""Masking: replaces the values of an object's fields, and every copy of them, before anything is rendered."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LONGEST_ANNOTATION = 256
DEEPEST = 100  # levels of managedFields; an API server makes fewer than ten for a Secret


@dataclass(frozen=True)
class Hidden:
    """Stands where a value was; `size` is the value's length in bytes. Nothing of the value is in it."""

    size: int

    def __str__(self) -> str:
        size = ngettext("%(size)d byte", "%(size)d bytes", self.size) % {"size": self.size}
        return _("‹hidden: %(size)s›") % {"size": size}


def mask_values(found: Mapping[str, Any], fields: Collection[str]) -> Mapping[str, Any]:
    """A copy with `Hidden` for each value of the top-level `fields`; without fields the object itself.

    Hidden are all of the fields, the last applied configuration, every other annotation that is long or JSON
    (tools keep whole copies there), and values kept in managedFields (`v:` and `k:` entries).
    """
    if not fields:
        return found
    masked = dict(found)
    for field in fields:
        if field in masked:
            masked[field] = _values(masked[field])
    masked["metadata"] = _metadata(masked.get("metadata"))
    return masked


def value_of(found: Mapping[str, Any], key: str) -> bytes | None:
    """One decoded value of a Secret; None where it has no such key. What is no base64 comes as it is."""
    values = found.get("data")
    value = values.get(key) if isinstance(values, Mapping) else None
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value.encode()


def _values(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return Hidden(_size(values))
    return {key: Hidden(_size(value)) for key, value in values.items()}


def _size(value: Any) -> int:
    """The length in bytes, as decoded where it is base64; numbers and such by their JSON."""
    if not isinstance(value, str):
        return len(_json(value))
    try:
        return len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return len(value.encode("utf-8", "replace"))


def _json(value: Any) -> str:
    """For its length and beginning; "{" alone where it is nested beyond what can be written."""
    try:
        return json.dumps(value)
    except RecursionError:
        return "{"


def _metadata(metadata: Any) -> Any:
    if not isinstance(metadata, Mapping):
        return metadata
    masked = dict(metadata)
    if isinstance(annotations := masked.get("annotations"), Mapping):
        masked["annotations"] = {key: _annotation(key, value) for key, value in annotations.items()}
    if isinstance(entries := masked.get("managedFields"), list):
        masked["managedFields"] = [_mask_managed_fields(entry) for entry in entries]
    return masked


def _annotation(key: str, value: Any) -> Any:
    text = value if isinstance(value, str) else _json(value)
    if key == LAST_APPLIED or len(text) > LONGEST_ANNOTATION or text.lstrip()[:1] in ("{", "["):
        return Hidden(len(text.encode("utf-8", "replace")))
    return value


def _mask_managed_fields(node: Any, depth: int = 0) -> Any:
    """The names of fields stay; `v:` (a value of a set) and `k:` (keys of a list's entry) hold values."""
    if depth > DEEPEST:
        return Hidden(0)
    if isinstance(node, Mapping):
        return {_field(key): _mask_managed_fields(value, depth + 1) for key, value in node.items()}
    return [_mask_managed_fields(entry, depth + 1) for entry in node] if isinstance(node, list) else node


def _field(key: str) -> str:
    return f"{key[:2]}{Hidden(len(key) - 2)}" if key[:2] in ("v:", "k:") else key
