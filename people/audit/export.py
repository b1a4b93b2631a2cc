"""How does the trail leave the server? As files of CSV or JSON lines, each bounded and itself on record."""

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

from people.audit import cells, cursors, record
from people.audit.deeds import Deed
from people.audit.filters import Asked, asked
from people.audit.moments import utc
from people.audit.shown import sealed_before
from people.audit.walk import Walk
from people.decorators import person, signed_in
from people.models import User

FILE = 10_000  # deeds in one file, about 10 MB: the server holds a file until the browser has taken it
FILES = 100  # that are listed on one page
PATIENCE = 3.0  # seconds that the list of files is counted for
READING = 20.0  # seconds that one file is read for
AT_ONCE = threading.BoundedSemaphore(2)  # files that are made at the same time
TURN = 10.0  # seconds that one waits for its turn
FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}
VIEWS = {"csv": "people:audit:csv", "jsonl": "people:audit:json_lines"}


@dataclass(frozen=True)
class File:
    """One file of an export: its number, what its address asks for, the time of its last row and its deeds."""

    number: int
    query: str
    ends: datetime | None
    deeds: int


@require_safe
@never_cache
@signed_in
def files(request: HttpRequest) -> HttpResponse:
    """The files of an export, oldest first; where `format` is given and all fits into one, that file itself."""
    user, now = person(request), timezone.now()
    try:
        wanted, after, _through = _asked(request, user, now)
    except Unclear as unclear:
        return unclear.answer
    walk = Walk(user, wanted.filter, oldest_first=True, patience=PATIENCE)
    cuts = walk.cuts(after, FILE, FILES)
    view = VIEWS.get(request.GET.get("format", ""))
    if view and len(cuts.parts) < 2 and cuts.onward is None:
        return HttpResponseRedirect(f"{reverse(view)}?{wanted.query(after=_place(user, after))}")
    context = {
        "files": _files(user, wanted, walk, after, cuts.parts),
        "further": wanted.query(after=_place(user, cuts.onward)) if cuts.onward is not None else "",
        "wanted": wanted,
        "most": FILE,
        "trail_query": wanted.query(),
        "sealed_before": sealed_before(),
    }
    return render(request, "people/audit/export.html", context)


@require_GET
@never_cache
@signed_in
def csv_file(request: HttpRequest) -> HttpResponse:
    """For spreadsheets: with a byte order mark, since they take the file for Latin letters without one."""
    return _file(request, "csv")


@require_GET
@never_cache
@signed_in
def json_lines_file(request: HttpRequest) -> HttpResponse:
    """For programs: every row exactly as it is stored."""
    return _file(request, "jsonl")


# --- below: not for outsiders


class Unclear(Exception):
    """The address asks for nothing that could be answered; `answer` leads to where that is said."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


def _file(request: HttpRequest, form: str) -> HttpResponse:
    """At most FILE deeds; where more follow, a Link header says how to get them. It is on record before it leaves."""
    user, now = person(request), timezone.now()
    try:
        wanted, after, through = _asked(request, user, now)
    except Unclear as unclear:
        return unclear.answer
    if not AT_ONCE.acquire(timeout=TURN):
        return _busy(request)
    try:
        walk = Walk(user, wanted.filter, oldest_first=True, patience=READING)
        page = walk.page(after, FILE, through)
        body = _written(page.deeds, form, whole=cursors.sees_all(user))
    finally:
        AT_ONCE.release()
    record.record(_fact(user, wanted, form, page.deeds))
    response = HttpResponse(body, content_type=FORMATS[form])
    response["Content-Disposition"] = f'attachment; filename="{_name(wanted, form, page.deeds, now)}"'
    if page.onward is not None:
        more = wanted.query(after=_place(user, page.onward), through=_place(user, through))
        response["Link"] = f'<{reverse(VIEWS[form])}?{more}>; rel="next"'
    return response


def _asked(request: HttpRequest, user: User, now: datetime) -> tuple[Asked, int | None, int | None]:
    """The filter with its times made exact, and the places between which the file lies."""
    wanted = asked(request.GET, now)
    trail = reverse("people:audit:trail")
    if wanted.errors:
        raise Unclear(HttpResponseRedirect(f"{trail}?{wanted.query()}"))
    places = {name: request.GET.get(name, "") for name in ("after", "through")}
    try:
        after, through = (cursors.read(user, text) if text else None for text in places.values())
    except cursors.NoPlace:
        raise Unclear(HttpResponseRedirect(f"{trail}?{wanted.query(after='nowhere')}")) from None
    return wanted.fixed(now), after, through


def _files(
    user: User, wanted: Asked, walk: Walk, after: int | None, parts: list[tuple[int, int]]
) -> list[File]:
    found = []
    for number, (last, deeds) in enumerate(parts, 1):
        query = wanted.query(after=_place(user, after), through=_place(user, last))
        found.append(File(number, query, walk.time_before(last), deeds))
        after = last
    return found


def _place(user: User, place: int | None) -> str:
    return "" if place is None else cursors.write(user, place)


def _written(deeds: list[Deed], form: str, *, whole: bool) -> bytes:
    if form == "csv":
        return cells.csv_text(deeds, whole=whole).encode("utf-8-sig")
    return cells.json_lines(deeds, whole=whole).encode()


def _fact(user: User, wanted: Asked, form: str, deeds: list[Deed]) -> record.Fact:
    """Who took which part of the trail; without the rows' numbers, which are not everybody's to know."""
    detail = {"format": form, "deeds": len(deeds), "filter": dict(wanted.typed)}
    if deeds:
        detail |= {"first": utc(deeds[0].at), "last": utc(deeds[-1].at)}
    return record.by(user, "export", subject="trail", detail=detail)


def _name(wanted: Asked, form: str, deeds: list[Deed], now: datetime) -> str:
    """`trail_20260701T101112Z_result=denied_from-20260601T000000Z.csv`."""
    parts = [f"{name}={text}" for name, text in wanted.typed.items() if name not in ("from", "to")]
    span = [f"{deeds[0].at:%Y%m%dT%H%M%SZ}-to-{deeds[-1].at:%Y%m%dT%H%M%SZ}"] if deeds else []
    return cells.in_file_name(["quarterdeck-trail", f"{now:%Y%m%dT%H%M%SZ}", *span, *parts]) + f".{form}"


def _busy(request: HttpRequest) -> HttpResponse:
    context = {
        "layout": "base.html",
        "status": 503,
        "title": _("Another export is in progress"),
        "advice": _("Try again in a few seconds."),
    }
    response = render(request, "errors/page.html", context, status=503)
    response["Retry-After"] = "5"
    return response
