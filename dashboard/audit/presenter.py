"""Presenter: template context of the audit trail's rows, its checkpoint and archive notice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from dashboard.audit import cursors
from dashboard.audit.actions import Action
from dashboard.audit.filters import AuditQuery
from people.audit.integrity.reading import find_end
from people.audit.models import AuditEntry
from people.models import User

ROWS = 100  # actions on a page
CURSOR_PARAMETERS = ("before", "after")  # where in the audit trail a page begins


def is_live(audit_query: AuditQuery, query: QueryDict, now: datetime) -> bool:
    """Whether new rows belong on the page: the newest one, of a time that is not over."""
    if audit_query.errors or any(query.get(name) for name in CURSOR_PARAMETERS):
        return False
    return audit_query.filter.until is None or audit_query.filter.until > now


def checkpoint_of(user: User) -> str:
    """The last row as `sequence:hash`, to be remembered outside of this server; "" for who may not see all rows."""
    if not cursors.can_see_all(user):
        return ""
    end = find_end()
    return str(end) if end.sequence else ""


def archived_before() -> datetime | None:
    """The time before which all actions are archived and on no page; None where all are here.

    It is the beginning of a month, so that it tells nobody when others did something.
    """
    first = AuditEntry.objects.order_by("sequence").values_list("sequence", "at").first()
    if first is None or first[0] == 1:
        return None
    return first[1].astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def row_context(user: User, action: Action) -> dict[str, Any]:
    """The context of row.html, except `cluster_links`."""
    can_see_all = cursors.can_see_all(user)
    last = action.last
    hash_text = f"{last.sequence}:{last.hash}" if can_see_all else last.hash
    return {
        "action": action,
        "entry": action.first,
        "last": last,
        "can_see_all": can_see_all,
        "hash_text": hash_text,
        "short_hash": hash_text[: hash_text.find(":") + 9] if can_see_all else hash_text[:8],
        "href": f"{reverse('accounts:audit:trail')}?before={cursors.write(user, action.sequence + 1)}#{action.id}",
        "level": LEVELS.get(action.result, "unknown"),
    }


LEVELS = {"ok": "ok", "denied": "warning", "failed": "error", "unknown": "unknown"}
