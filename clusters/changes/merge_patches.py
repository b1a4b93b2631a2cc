"""Merge patches (RFC 7396): the patch that makes one object of another, without touching hidden values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from clusters.changes.errors import UnreadableText
from clusters.changes.objects import is_same


def build_merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What leads from `before` to `after`; lists are replaced as a whole, and what is missing is null."""
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            inner = build_merge_patch(old, value)
            if inner:
                patch[key] = inner
        elif key not in before or not is_same(old, value):
            patch[key] = value
    return patch


def refuse_placeholders(patch: Any, placeholders: Collection[str]) -> None:
    """A text that stands for a hidden value is not written as a value: raises UnreadableText where one would be."""
    values = patch.values() if isinstance(patch, Mapping) else patch if isinstance(patch, list) else ()
    for value in values:
        if isinstance(value, str) and value in placeholders:
            raise UnreadableText(
                _("%(text)s stands for a hidden value and cannot be copied. Type the value.")
                % {"text": value}
            )
        refuse_placeholders(value, placeholders)
