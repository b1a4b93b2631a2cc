"""Who did what, and with which proof? The page of the trail: all of it for auditors, each person's own for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from people.audit import cursors
from people.audit.filters import Asked, asked
from people.audit.live import window_of
from people.audit.models import Result
from people.audit.shown import ROWS, head_of, is_live, row_context, sealed_before
from people.audit.walk import Page, Walk
from people.decorators import person, signed_in
from people.models import User

PERSONS = 500  # user names that are offered

# What is offered; any other verb may be written as well.
VERBS = (
    "create", "update", "patch", "delete", "deletecollection", "get", "list", "watch",
    "sign-in", "sign-out", "link-used", "invite", "standing", "activate", "deactivate", "password", "session-end",
    "team-create", "team-delete", "member-add", "member-role", "member-remove",
    "cluster-add", "cluster-edit", "cluster-delete", "share-add", "share-remove",
    "credential-set", "credential-remove", "export",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """What one page shows, and the places from which the pages beside it go on ("" where there is none)."""

    page: Page
    older: str = ""
    newer: str = ""
    is_newest: bool = False
    error: str = ""


@require_safe
@never_cache
@signed_in
def trail(request: HttpRequest) -> HttpResponse:
    """The newest deeds that fit the query, or those beside the place that it names."""
    user, now = person(request), timezone.now()
    wanted = asked(request.GET, now)
    part = _part(user, wanted, request)
    live = is_live(wanted, request.GET, now)
    context = {
        **_form(user, wanted),
        **_links(user, wanted, part),
        "part": part,
        "rows": [row_context(user, deed) for deed in part.page.deeds],
        "deeds": part.page.deeds,
        "looked": part.page.looked,
        "sealed_before": None if part.older else sealed_before(),
        "window": window_of(part.page.deeds),
        "head": head_of(user),
        "sees_all": cursors.sees_all(user),
        "viewer": user,
        "is_live": live,
        "live": f"{get_script_prefix()}live/",
        "address": f"{reverse('people:audit:trail')}?{wanted.query()}",
    }
    wrong = bool(wanted.errors or part.error)
    return render(request, "people/audit/trail.html", context, status=400 if wrong else 200)


def _part(user: User, wanted: Asked, request: HttpRequest) -> Part:
    """The deeds; none where the query cannot be understood, so that nobody takes them for an answer to it."""
    if wanted.errors:
        return Part(Page([], None))
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    try:
        beyond = cursors.read(user, after or before) if after or before else None
    except cursors.NoPlace:
        return Part(
            Page([], None),
            error=_("This link does not match an entry in your audit trail. Start from the latest entries."),
        )
    if after:
        return _newer(user, wanted, beyond)
    page = Walk(user, wanted.filter).page(beyond, ROWS)
    older = cursors.write(user, page.onward) if page.onward is not None else ""
    newer = cursors.write(user, page.deeds[0].place) if before and page.deeds else ""
    return Part(page, older, newer, is_newest=not before)


def _newer(user: User, wanted: Asked, beyond: int | None) -> Part:
    page = Walk(user, wanted.filter, oldest_first=True).page(beyond, ROWS)
    shown = Page(page.deeds[::-1], page.onward, page.looked)
    older = cursors.write(user, shown.deeds[-1].place if shown.deeds else (beyond or 0) + 1)
    newer = cursors.write(user, page.onward) if page.onward is not None else ""
    return Part(shown, older, newer)


def _form(user: User, wanted: Asked) -> dict[str, Any]:
    """The filter: as it was typed, what is wrong with it, and what is offered."""
    names = User.objects.order_by("username").values_list("username", flat=True)
    return {
        "typed": wanted.typed,
        "errors": wanted.errors,
        "verbs": VERBS,
        "results": Result.values,
        "persons": list(names[:PERSONS]) if cursors.sees_all(user) else [],
    }


def _links(user: User, wanted: Asked, part: Part) -> dict[str, Any]:
    """Where the pages beside this one are, and the export of what is shown."""
    newest = part.page.deeds[0] if part.page.deeds else None
    return {
        "newest_query": wanted.query(),
        "older_query": wanted.query(before=part.older) if part.older else "",
        "newer_query": wanted.query(after=part.newer) if part.newer else "",
        "presets": [
            (label, wanted.query(**{"from": text, "to": ""}), wanted.typed.get("from") == text)
            for label, text in ((_("Last hour"), "1h"), (_("Last 24 hours"), "1d"), (_("Last 7 days"), "1w"))
        ],
        "hold_query": wanted.query(before=cursors.write(user, newest.place + 1)) if newest else "",
    }
