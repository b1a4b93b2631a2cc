"""How is text of the trail drawn? So that nothing in it is invisible, breaks a line or turns the writing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from django import template

from people.audit.texts import plain

register = template.Library()
LONGEST = 5000  # characters of one text


@register.filter
def sight(text: object) -> str:
    """What could turn, hide or break the line as `\\u202e`; also where the row was not written by this program."""
    return plain(text, LONGEST)


@register.filter
def json_sight(detail: Mapping[str, object]) -> str:
    """A row's detail as JSON on one line."""
    return plain(json.dumps(detail, ensure_ascii=False, sort_keys=True), LONGEST)


@register.filter
def in_utc(when: datetime | None) -> str:
    """A time in full, to the microsecond."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC") if when else ""
