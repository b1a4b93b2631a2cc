"""Translation markers: gettext_noop for messages of this package, without Django."""

from __future__ import annotations


def gettext_noop(text: str) -> str:
    """Mark `text` for the catalogue of translations; whoever shows it translates it."""
    return text
