"""Audit trail view: all entries for auditors and administrators, each user's own for the rest."""

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

from dashboard.audit import cursors
from dashboard.audit.filters import AuditQuery, parse_query
from dashboard.audit.live import window_of
from dashboard.audit.pagination import Page, Pagination
from dashboard.audit.presenter import ROWS, archived_before, checkpoint_of, is_live, row_context
from people.audit.models import Result
from people.decorators import person, require_sign_in
from people.models import User

MAX_USERNAMES = 500  # user names that are offered

# What is offered; any other verb may be typed as well. "standing" is what "global-role" was called earlier.
VERBS = (
    "create", "update", "patch", "delete", "deletecollection", "get", "list", "watch",
    "sign-in", "sign-out", "link-used", "invite", "global-role", "standing", "activate", "deactivate", "password",
    "session-end",
    "token-create",
    "token-revoke",
    "team-create", "team-delete", "member-add", "member-role", "member-remove",
    "cluster-add", "cluster-edit", "cluster-delete", "share-add", "share-remove",
    "credential-set", "credential-remove", "export", "drain-start", "drain-stop", "drain-resume",
)  # fmt: skip


@dataclass(frozen=True)
class PagePosition:
    """What one page shows, and the cursors of the pages beside it ("" where there is none)."""

    page: Page
    older: str = ""
    newer: str = ""
    is_newest: bool = False
    error: str = ""


@require_safe
@never_cache
@require_sign_in
def audit_trail(request: HttpRequest) -> HttpResponse:
    """The newest actions that match the query, or those beside the cursor that it names."""
    user, now = person(request), timezone.now()
    audit_query = parse_query(request.GET, now)
    part = _find_page(user, audit_query, request)
    live = is_live(audit_query, request.GET, now)
    context = {
        **_form(user, audit_query),
        **_links(user, audit_query, part),
        "part": part,
        "rows": [row_context(user, action) for action in part.page.actions],
        "actions": part.page.actions,
        "searched_until": part.page.searched_until,
        "archived_before": None if part.older else archived_before(),
        "window": window_of(part.page.actions),
        "checkpoint": checkpoint_of(user),
        "can_see_all": cursors.can_see_all(user),
        "viewer": user,
        "is_live": live,
        "live": f"{get_script_prefix()}live/",
        "address": f"{reverse('accounts:audit:trail')}?{audit_query.query()}",
    }
    wrong = bool(audit_query.errors or part.error)
    return render(request, "audit/audit_trail.html", context, status=400 if wrong else 200)


def _find_page(user: User, audit_query: AuditQuery, request: HttpRequest) -> PagePosition:
    """The actions; none where the query is invalid, so that nobody takes them for a result of it."""
    if audit_query.errors:
        return PagePosition(Page([], None))
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    try:
        beyond = cursors.read(user, after or before) if after or before else None
    except cursors.InvalidCursor:
        return PagePosition(
            Page([], None),
            error=_("This link does not match an entry in your audit trail. Start from the latest entries."),
        )
    if after:
        return _newer(user, audit_query, beyond)
    page = Pagination(user, audit_query.filter).page(beyond, ROWS)
    older = cursors.write(user, page.next_sequence) if page.next_sequence is not None else ""
    newer = cursors.write(user, page.actions[0].sequence) if before and page.actions else ""
    return PagePosition(page, older, newer, is_newest=not before)


def _newer(user: User, audit_query: AuditQuery, cursor: int | None) -> PagePosition:
    page = Pagination(user, audit_query.filter, oldest_first=True).page(cursor, ROWS)
    shown = Page(page.actions[::-1], page.next_sequence, page.searched_until)
    older = cursors.write(user, shown.actions[-1].sequence if shown.actions else (cursor or 0) + 1)
    newer = cursors.write(user, page.next_sequence) if page.next_sequence is not None else ""
    return PagePosition(shown, older, newer)


def _form(user: User, audit_query: AuditQuery) -> dict[str, Any]:
    """The filter: as it was typed, what is wrong with it, and what is offered."""
    names = User.objects.order_by("username").values_list("username", flat=True)
    return {
        "typed": audit_query.typed,
        "errors": audit_query.errors,
        "verbs": VERBS,
        "results": Result.values,
        "persons": list(names[:MAX_USERNAMES]) if cursors.can_see_all(user) else [],
    }


def _links(user: User, audit_query: AuditQuery, part: PagePosition) -> dict[str, Any]:
    """Where the pages beside this one are, and the export of what is shown."""
    newest = part.page.actions[0] if part.page.actions else None
    return {
        "newest_query": audit_query.query(),
        "older_query": audit_query.query(before=part.older) if part.older else "",
        "newer_query": audit_query.query(after=part.newer) if part.newer else "",
        "presets": [
            (label, audit_query.query(**{"from": text, "to": ""}), audit_query.typed.get("from") == text)
            for label, text in ((_("Last hour"), "1h"), (_("Last 24 hours"), "1d"), (_("Last 7 days"), "1w"))
        ],
        "pause_query": audit_query.query(before=cursors.write(user, newest.sequence + 1)) if newest else "",
    }
