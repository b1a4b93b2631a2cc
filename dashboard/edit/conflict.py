"""Conflict of an edit: what was started from, what is there now and what was typed, and what they merge to."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clusters.api.errors import ApiError
from clusters.changes.errors import UnreadableText
from clusters.changes.list_keys import ListKeys, read_list_keys
from clusters.changes.managed_fields import find_owners
from clusters.changes.merging import Choice, Merge, MergedField, merge
from clusters.changes.objects import MISSING, Version, strip_server_fields, version_of
from clusters.changes.reading_yaml import read_documents
from clusters.openapi.kind_schemas import fetch_schema
from dashboard.edit.hidden_values import is_placeholder, write_placeholders, write_typed
from dashboard.kinds.table import mask
from dashboard.objects import yaml_lines
from dashboard.objects.opening import OpenObject

NEWER_TIMEOUT = 3.0  # seconds until a version that the API server has is here
LONGEST = 4000  # characters of a value that are shown
MOST_SHOWN = 200  # fields


@dataclass(frozen=True)
class ConflictRow:
    """A field that is not the same on all sides, as YAML; "" where a side has none. `managers` own it now."""

    merged: MergedField
    base: str = field(repr=False)
    theirs: str = field(repr=False)
    yours: str = field(repr=False)
    managers: Sequence[str]


@dataclass(frozen=True)
class Conflict:
    """`merge` is what becomes of it, `current` the text of the object as it is in the `version` that is there."""

    merge: Merge
    rows: Sequence[ConflictRow]
    current: str = field(repr=False)
    version: Version
    is_recreated: bool
    has_comments: bool

    @property
    def undecided(self) -> int:
        """How many fields collide and wait for a choice."""
        return sum(one.choice is None for one in self.merge.collisions)


@dataclass(frozen=True)
class Typed:
    """What was typed, the text that it was started from, and the choices made so far."""

    value: Mapping[str, Any] = field(repr=False)
    text: str = field(repr=False)
    base: str = field(repr=False)
    version: Version
    choices: Mapping[str, Choice] = field(default_factory=dict)


def find_conflict(opened: OpenObject, typed: Typed) -> Conflict | None:
    """None where nothing changed meanwhile, or where it is not known what was started from."""
    live = opened.feed.content.snapshot().object or {}
    version = version_of(live)
    is_known = bool(typed.base and typed.version.resource_version and typed.version.uid)
    if version == typed.version or not is_known or _is_older(version, typed.version):
        return None
    try:
        base = read_documents(typed.base)[0].value
    except (UnreadableText, IndexError):
        return None
    if not isinstance(base, Mapping):
        return None
    keys = _fetch_list_keys(opened)
    theirs = write_placeholders(strip_server_fields(opened.found or {}, opened.resource))
    yours = strip_server_fields(typed.value, opened.resource)
    if opened.is_secret:
        yours = _fold_string_data(yours)
    shown = write_typed(mask(yours, opened.kind), yours) if opened.is_secret else yours
    is_opaque = is_placeholder if opened.is_secret else _is_never_opaque
    whole, visible = (
        merge(base, theirs, one, keys=keys, choices=typed.choices, is_opaque=is_opaque)
        for one in (yours, shown)
    )
    return Conflict(
        whole,
        _build_rows(visible, keys, live),
        yaml_lines.text(theirs),
        version,
        version.uid != typed.version.uid,
        any(line.lstrip().startswith("#") or " #" in line for line in typed.text.split("\n")),
    )


def wait_for_newer(opened: OpenObject, version: Version) -> None:
    """Until another version than this one is here; the API server has just said that there is one."""
    changed = threading.Event()
    opened.feed.listen(changed.set)
    try:
        if version_of(opened.feed.content.snapshot().object or {}) == version:
            changed.wait(NEWER_TIMEOUT)
    finally:
        opened.feed.unlisten(changed.set)


def _is_older(found: Version, looked_at: Version) -> bool:
    """Whether what is here has not caught up yet with what the page showed, which another process may have made."""
    one, other = found.resource_version, looked_at.resource_version
    is_number = all(text.isascii() and text.isdecimal() and len(text) < 20 for text in (one, other))
    return found.uid == looked_at.uid and is_number and int(one) < int(other)


def _is_never_opaque(_value: Any) -> bool:
    return False


def _fetch_list_keys(opened: OpenObject) -> ListKeys:
    """Without a schema a list is one value, which is safe: it collides sooner."""
    try:
        return read_list_keys(fetch_schema(opened.cluster_session.client, opened.resource))
    except ApiError:
        return ListKeys()


def _fold_string_data(typed: dict[str, Any]) -> dict[str, Any]:
    """A Secret with its stringData in data, as the API server stores it: there it meets what others changed."""
    texts = typed.get("stringData")
    if not isinstance(texts, Mapping) or not isinstance(typed.get("data") or {}, Mapping):
        return typed
    if not all(isinstance(text, str) and not is_placeholder(text) for text in texts.values()):
        return typed
    data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    rest = {key: value for key, value in typed.items() if key != "stringData"}
    return {**rest, "data": {**(typed.get("data") or {}), **data}}


def _build_rows(visible: Merge, keys: ListKeys, live: Mapping[str, Any]) -> Sequence[ConflictRow]:
    """Collisions first, and all of them."""
    owners = find_owners(live)
    fields = [*visible.collisions, *(one for one in visible.fields if one.state != "collision")]
    rows = []
    for one in fields[: max(MOST_SHOWN, len(visible.collisions))]:
        pointer = keys.find_pointer(live, one.path)
        managers = dict.fromkeys(
            manager.name for manager, owned in owners if pointer and owned.covers(pointer)
        )
        rows.append(
            ConflictRow(
                one, write_value(one.base), write_value(one.theirs), write_value(one.yours), list(managers)
            )
        )
    return rows


def write_value(value: Any) -> str:
    """As YAML, cut where it is long; "" where there is none."""
    if value is MISSING:
        return ""
    text = yaml_lines.text(value).rstrip("\n")
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
