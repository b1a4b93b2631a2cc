"""What does a page of the trail show of a deed, and to whom?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from people.audit import cursors
from people.audit.deeds import Deed
from people.audit.filters import Asked
from people.audit.models import Entry
from people.models import User

ROWS = 100  # deeds on a page
PLACES = ("before", "after")  # where in the trail a page begins


def is_live(wanted: Asked, query: QueryDict, now: datetime) -> bool:
    """Whether new rows belong on the page: the newest one, of a time that is not over."""
    if wanted.errors or any(query.get(name) for name in PLACES):
        return False
    return wanted.filter.until is None or wanted.filter.until > now


def head_of(user: User) -> str:
    """The last row as `sequence:hash`, to be remembered outside of this server; "" for who may not see all rows."""
    if not cursors.sees_all(user):
        return ""
    last = Entry.objects.order_by("-sequence").values_list("sequence", "hash").first()
    return f"{last[0]}:{last[1]}" if last else ""


def sealed_before() -> datetime | None:
    """Before when deeds are in sealed segments and on no page; None where all are here.

    It is the beginning of a month, so that it tells nobody when others did something.
    """
    first = Entry.objects.order_by("sequence").values_list("sequence", "at").first()
    if first is None or first[0] == 1:
        return None
    return first[1].astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def row_context(user: User, deed: Deed) -> dict[str, Any]:
    """The context of row.html, `places` apart."""
    sees_all = cursors.sees_all(user)
    last = deed.last
    proof = f"{last.sequence}:{last.hash}" if sees_all else last.hash
    return {
        "deed": deed,
        "entry": deed.first,
        "last": last,
        "sees_all": sees_all,
        "proof": proof,
        "short_proof": proof[: proof.find(":") + 9] if sees_all else proof[:8],
        "href": f"{reverse('people:audit:trail')}?before={cursors.write(user, deed.place + 1)}#{deed.id}",
        "level": LEVELS.get(deed.result, "unknown"),
    }


LEVELS = {"ok": "ok", "denied": "warning", "failed": "error", "unknown": "unknown"}
