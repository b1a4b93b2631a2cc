"""Template filters of the audit trail: visible text, details as JSON, times in UTC."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from django import template

from people.audit.sanitizing import sanitize_text
from people.models import GlobalRole, TeamRole

register = template.Library()
LONGEST = 5000  # characters of one text
# Old rows keep the names that the team roles had when they were written: the hash covers them.
ROLE_LABELS = {
    **dict(GlobalRole.choices),
    **dict(TeamRole.choices),
    "reader": TeamRole.VIEWER.label,
    "operator": TeamRole.EDITOR.label,
}


@register.filter
def visible(text: object) -> str:
    """What could turn, hide or break the line as `\\u202e`; also where the row was not written by this program."""
    return sanitize_text(text, LONGEST)


@register.filter
def role_label(role: str) -> str:
    """The label of a global or team role as a row stores it; a role that is not known is shown as it is."""
    return str(ROLE_LABELS[role]) if role in ROLE_LABELS else visible(role)


@register.filter
def visible_json(detail: Mapping[str, object]) -> str:
    """A row's detail as JSON on one line."""
    return sanitize_text(json.dumps(detail, ensure_ascii=False, sort_keys=True), LONGEST)


@register.filter
def full_utc(when: datetime | None) -> str:
    """A time in full, to the microsecond."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC") if when else ""
