"""Hidden values in the editor and its diffs: placeholders, and that two hidden values differ without showing either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.kinds.masking import Hidden


class Differing(Hidden):
    """A hidden value that is another one than before."""

    def __str__(self) -> str:
        return _("%(hidden)s differs") % {"hidden": super().__str__()}


def write_placeholders(masked: Any) -> Any:
    """The object with the text of each Hidden in its place, as it stands in the editor."""
    if isinstance(masked, Hidden):
        return str(masked)
    if isinstance(masked, Mapping):
        return {key: write_placeholders(value) for key, value in masked.items()}
    return [write_placeholders(one) for one in masked] if isinstance(masked, list) else masked


def list_placeholders(masked: Any) -> Iterator[str]:
    """The texts that stand for hidden values."""
    if isinstance(masked, Hidden):
        yield str(masked)
    for value in (
        masked.values() if isinstance(masked, Mapping) else masked if isinstance(masked, list) else ()
    ):
        yield from list_placeholders(value)


def mark_differing(masked: Any, raw: Any, other: Any) -> Any:
    """The masked object, with Differing where its raw value is not that of `other` at the same path."""
    if isinstance(masked, Hidden):
        return masked if other is None or raw == other else Differing(masked.size)
    if isinstance(masked, Mapping):
        return {
            key: mark_differing(value, _child(raw, key), _child(other, key)) for key, value in masked.items()
        }
    if isinstance(masked, list):
        return [
            mark_differing(value, _child(raw, index), _child(other, index))
            for index, value in enumerate(masked)
        ]
    return masked


def _child(found: Any, key: Any) -> Any:
    if isinstance(found, Mapping):
        return found.get(key)
    return found[key] if isinstance(found, list) and isinstance(key, int) and key < len(found) else None
