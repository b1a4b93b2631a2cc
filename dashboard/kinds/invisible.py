"""Invisible characters: finds and escapes control and bidirectional characters in cluster text."""

from __future__ import annotations

import re

_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_CONTROL_IN_BLOCK = re.compile(_CONTROL.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def escape_invisible(text: str) -> str:
    """The text with what is invisible or turns the writing escaped; tabs and line feeds stay."""
    return _CONTROL_IN_BLOCK.sub(_escape, text)


def escape_controls(text: str) -> str:
    """As `escape_invisible`, tabs and line feeds included."""
    return _CONTROL.sub(_escape, text)


def has_invisible(text: str) -> bool:
    """Whether `escape_invisible` would change the text."""
    return _CONTROL_IN_BLOCK.search(text) is not None


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
