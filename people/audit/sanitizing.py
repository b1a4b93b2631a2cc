"""Sanitizing: bounded audit texts without control, format or unassigned characters."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

CUT = "…"
DETAIL = 4000  # characters of a row's detail as JSON
DEPTH = 3
MOST = 40  # keys of one mapping, entries of one list
LONGEST = 500  # characters of one text in it
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def sanitize_text(text: object, limit: int) -> str:
    """At most `limit` characters; each control, format or unassigned character, and each half of a pair, as `\\x1b`.

    It is the same on every database: NUL, which PostgreSQL refuses, and lone surrogates, which no database takes,
    are among those.
    """
    written = str(text)[: limit + 1]
    shown = (
        written if written.isascii() and written.isprintable() else "".join(map(_escape_character, written))
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + CUT


def sanitize_detail(detail: Mapping[str, Any]) -> dict[str, Any]:
    """What may stand in a row's detail: texts, whole numbers, lists and mappings, all of it within DETAIL."""
    kept: dict[str, Any] = {}
    size = 2
    for key, value in list(detail.items())[:MOST]:
        name, cleaned = sanitize_text(key, 100), _sanitize_value(value, DEPTH)
        size += len(json.dumps([name, cleaned], ensure_ascii=False))
        if size > DETAIL:
            kept[CUT] = True
            break
        kept[name] = cleaned
    return kept


def _sanitize_value(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    if isinstance(value, Mapping) and depth:
        return {
            sanitize_text(key, 100): _sanitize_value(each, depth - 1)
            for key, each in list(value.items())[:MOST]
        }
    if isinstance(value, list | tuple) and depth:
        return [_sanitize_value(each, depth - 1) for each in value[:MOST]]
    return sanitize_text(value, LONGEST)


def _escape_character(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE_CATEGORIES:
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
