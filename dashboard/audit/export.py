"""Export views: the audit trail as bounded CSV or JSON Lines files, each export recorded."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from dashboard.audit import csv_cells, cursors
from dashboard.audit.actions import Action
from dashboard.audit.filters import AuditQuery, parse_query
from dashboard.audit.pagination import Pagination
from dashboard.audit.presenter import archived_before
from dashboard.pieces.notice import Notice
from people.audit import record
from people.audit.time_range import format_utc
from people.decorators import person, require_sign_in
from people.models import User

# Actions in one file, about 10 MB: the server holds a file until the browser has received it.
MAX_FILE_ACTIONS = 10_000
MAX_FILES = 100  # on one page
COUNT_TIME_LIMIT = 3.0  # seconds, to count the list of files
READ_TIME_LIMIT = 20.0  # seconds, to read one file
EXPORT_SLOTS = threading.BoundedSemaphore(2)  # files that are made at the same time
SLOT_TIMEOUT = 10.0  # seconds to wait for a slot
FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}
VIEWS = {"csv": "accounts:audit:csv", "jsonl": "accounts:audit:json_lines"}


@dataclass(frozen=True)
class File:
    """One file of an export: its number, the query of its URL, the time of its last row and how many actions it has."""

    number: int
    query: str
    ends: datetime | None
    action_count: int


@require_safe
@never_cache
@require_sign_in
def files(request: HttpRequest) -> HttpResponse:
    """The files of an export, oldest first; where `format` is given and all fits into one, that file itself."""
    user, now = person(request), timezone.now()
    try:
        audit_query, after, _through = _read_query(request, user, now)
    except InvalidExport as error:
        return error.response
    pagination = Pagination(user, audit_query.filter, oldest_first=True, time_limit=COUNT_TIME_LIMIT)
    boundaries = pagination.find_boundaries(after, MAX_FILE_ACTIONS, MAX_FILES)
    view = VIEWS.get(request.GET.get("format", ""))
    if view and len(boundaries.parts) < 2 and boundaries.next_sequence is None:
        return HttpResponseRedirect(f"{reverse(view)}?{audit_query.query(after=_write_cursor(user, after))}")
    context = {
        "files": _files(user, audit_query, pagination, after, boundaries.parts),
        "more_query": audit_query.query(after=_write_cursor(user, boundaries.next_sequence))
        if boundaries.next_sequence is not None
        else "",
        "audit_query": audit_query,
        "limit": MAX_FILE_ACTIONS,
        "audit_trail_query": audit_query.query(),
        "archived_before": archived_before(),
    }
    return render(request, "audit/export.html", context)


@require_GET
@never_cache
@require_sign_in
def csv_file(request: HttpRequest) -> HttpResponse:
    """For spreadsheets: with a byte order mark, since they take the file for Latin letters without one."""
    return _file(request, "csv")


@require_GET
@never_cache
@require_sign_in
def json_lines_file(request: HttpRequest) -> HttpResponse:
    """For programs: every row exactly as it is stored."""
    return _file(request, "jsonl")


# --- below: not for outsiders


class InvalidExport(Exception):
    """The URL asks for nothing that could be exported; `response` leads to the page that says why."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def _file(request: HttpRequest, form: str) -> HttpResponse:
    """At most MAX_FILE_ACTIONS; a Link header leads to the rest. The export is recorded before it is sent."""
    user, now = person(request), timezone.now()
    try:
        audit_query, after, through = _read_query(request, user, now)
    except InvalidExport as error:
        return error.response
    if not EXPORT_SLOTS.acquire(timeout=SLOT_TIMEOUT):
        return _busy(request)
    try:
        pagination = Pagination(user, audit_query.filter, oldest_first=True, time_limit=READ_TIME_LIMIT)
        page = pagination.page(after, MAX_FILE_ACTIONS, through)
        body = _render_body(page.actions, form, can_see_all=cursors.can_see_all(user))
    finally:
        EXPORT_SLOTS.release()
    record.record(_draft_entry(user, audit_query, form, page.actions))
    response = HttpResponse(body, content_type=FORMATS[form])
    response["Content-Disposition"] = (
        f'attachment; filename="{_file_name(audit_query, form, page.actions, now)}"'
    )
    if page.next_sequence is not None:
        more = audit_query.query(
            after=_write_cursor(user, page.next_sequence), through=_write_cursor(user, through)
        )
        response["Link"] = f'<{reverse(VIEWS[form])}?{more}>; rel="next"'
    return response


def _read_query(request: HttpRequest, user: User, now: datetime) -> tuple[AuditQuery, int | None, int | None]:
    """The query with its times made exact, and the sequences between which the file lies."""
    audit_query = parse_query(request.GET, now)
    page = reverse("accounts:audit:trail")
    if audit_query.errors:
        raise InvalidExport(HttpResponseRedirect(f"{page}?{audit_query.query()}"))
    cursor_texts = [request.GET.get(name, "") for name in ("after", "through")]
    try:
        after, through = (cursors.read(user, text) if text else None for text in cursor_texts)
    except cursors.InvalidCursor:
        raise InvalidExport(HttpResponseRedirect(f"{page}?{audit_query.query(after='nowhere')}")) from None
    return audit_query.fix_times(now), after, through


def _files(
    user: User,
    audit_query: AuditQuery,
    pagination: Pagination,
    after: int | None,
    parts: list[tuple[int, int]],
) -> list[File]:
    found = []
    for number, (last, count) in enumerate(parts, 1):
        query = audit_query.query(after=_write_cursor(user, after), through=_write_cursor(user, last))
        found.append(File(number, query, pagination.time_before(last), count))
        after = last
    return found


def _write_cursor(user: User, sequence: int | None) -> str:
    return "" if sequence is None else cursors.write(user, sequence)


def _render_body(actions: list[Action], form: str, *, can_see_all: bool) -> bytes:
    if form == "csv":
        return csv_cells.csv_text(actions, can_see_all=can_see_all).encode("utf-8-sig")
    return csv_cells.json_lines(actions, can_see_all=can_see_all).encode()


def _draft_entry(user: User, audit_query: AuditQuery, form: str, actions: list[Action]) -> record.AuditDraft:
    """Who exported which part of the audit trail; without sequences, which not everybody may know."""
    detail = {"format": form, "entries": len(actions), "filter": dict(audit_query.typed)}
    if actions:
        detail |= {"first": format_utc(actions[0].at), "last": format_utc(actions[-1].at)}
    return record.draft_for_user(user, "export", target="trail", detail=detail)


def _file_name(audit_query: AuditQuery, form: str, actions: list[Action], now: datetime) -> str:
    """`quarterdeck-trail_20260701T101112Z_result=denied_from-20260601T000000Z.csv`."""
    parts = [f"{name}={text}" for name, text in audit_query.typed.items() if name not in ("from", "to")]
    span = [f"{actions[0].at:%Y%m%dT%H%M%SZ}-to-{actions[-1].at:%Y%m%dT%H%M%SZ}"] if actions else []
    return (
        csv_cells.join_file_name(["quarterdeck-trail", f"{now:%Y%m%dT%H%M%SZ}", *span, *parts]) + f".{form}"
    )


def _busy(request: HttpRequest) -> HttpResponse:
    context = {
        "layout": "base.html",
        "status": 503,
        "notice": Notice(_("Another export is in progress"), _("Try again in a few seconds."), "warning"),
    }
    response = render(request, "errors/page.html", context, status=503)
    response["Retry-After"] = "5"
    return response
