"""Hidden values in the editor, its diffs and drafts: placeholders, and that values differ without showing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.kinds.masking import Hidden

LONGEST = 64  # characters of a placeholder


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


def is_placeholder(text: Any) -> bool:
    """Whether the text stands for a hidden value, or for one that a draft left out, and so says nothing of any."""
    if not isinstance(text, str):
        return False
    size = "".join(sign for sign in text[:LONGEST] if sign.isascii() and sign.isdecimal())
    return text == describe_not_kept() or (bool(size) and text == str(Hidden(int(size))))


def describe_not_kept() -> str:
    """Stands in a draft for a value that was typed and is not in it."""
    return _("‹not kept: type it again›")


def write_not_kept(masked: Any, typed: Any) -> Any:
    """What may be kept of a typed object: placeholders as they are, and no other value where it is masked."""
    if isinstance(masked, Hidden):
        return typed if is_placeholder(typed) else describe_not_kept()
    if isinstance(masked, Mapping):
        return {key: write_not_kept(value, _child(typed, key)) for key, value in masked.items()}
    if isinstance(masked, list):
        return [write_not_kept(value, _child(typed, index)) for index, value in enumerate(masked)]
    return masked


def write_typed(masked: Any, typed: Any) -> Any:
    """A typed object as it is shown: placeholders as they are, and of every other hidden value that it was typed."""
    if isinstance(masked, Hidden):
        return typed if is_placeholder(typed) else _("‹typed, %(size)d bytes›") % {"size": masked.size}
    if isinstance(masked, Mapping):
        return {key: write_typed(value, _child(typed, key)) for key, value in masked.items()}
    if isinstance(masked, list):
        return [write_typed(value, _child(typed, index)) for index, value in enumerate(masked)]
    return masked


def fill_placeholders(masked: Any, typed: Any, raw: Any) -> Any:
    """A typed object with the values of the raw one where it has the placeholders that stand there."""
    if isinstance(masked, Hidden):
        return raw if typed == str(masked) and raw is not None else typed
    if isinstance(masked, Mapping) and isinstance(typed, Mapping):
        return {
            key: fill_placeholders(masked.get(key), value, _child(raw, key)) for key, value in typed.items()
        }
    return typed


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
