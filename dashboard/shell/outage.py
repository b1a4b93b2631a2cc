"""Database outage: 503 with the typed form fields, and a banner on every page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboard.pieces.notice import Notice, Retry
from dashboard.shell.context import Shell
from people.audit.record import health
from people.broadcast import broadcast
from people.storage import (
    REQUEST_LOCK_TIMEOUT,
    StorageOutage,
    find_kind,
    limit_lock_wait,
    storage,
)

RETRY_SECONDS = 5
OUTAGE_HEADER = "Quarterdeck-Outage"  # a header, by which a page's script knows that nothing can be saved
MAX_FIELDS = 200
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def outage_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Runs last, so that it meets what a view raises first. All that is answered during an outage is marked."""

    def marked(request: HttpRequest) -> HttpResponse:
        with _limit_lock_wait(request):
            response = get_response(request)
        outage = storage.outage
        if outage is not None:
            response.headers.setdefault(OUTAGE_HEADER, outage.kind)
        return response

    marked.process_exception = render_unavailable  # type: ignore[attr-defined] # Django asks the function for it
    return marked


def render_unavailable(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    """503 where the error is an outage of the database. Drawn without it, and so without the person's frame."""
    if not storage.note(error):
        return None
    context = _context(request, is_busy=find_kind(error) == "busy")
    response = HttpResponse(render_to_string("errors/outage.html", context), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    response[OUTAGE_HEADER] = "database"
    return response


def _limit_lock_wait(request: HttpRequest) -> AbstractContextManager[None]:
    """What is sent waits for a lock of the database as long as a person would, and while one is known not at all.

    A stranger costs PostgreSQL no connection for it: what each has by its URL will do.
    """
    is_stranger = request.session.session_key is None
    if request.method in SAFE_METHODS or (is_stranger and connection.vendor == "postgresql"):
        return nullcontext()
    return limit_lock_wait(REQUEST_LOCK_TIMEOUT)


def banner() -> SafeString:
    """What stands above every page while nothing can be saved, or changes come late; empty while all is well."""
    notice = describe_outage(storage.outage)
    if notice is None:
        late = describe_late()
        return SafeString("") if late is None else render_to_string("parts/notice.html", {"notice": late})
    text = _("You can keep browsing, but nothing can be saved and changes to clusters are blocked.")
    return render_to_string(
        "parts/notice.html", {"notice": replace(notice, advice=f"{text} {notice.advice}")}
    )


def describe_late() -> Notice | None:
    """What takes longer while processes cannot send each other messages."""
    if broadcast.late_since is None:
        return None
    text = _(
        "Sign-outs and changes of access take up to 15 seconds to reach pages that are open elsewhere. Everything else "
        "works as usual. If you run this server: Redis (QUARTERDECK_REDIS_URL) is not responding."
    )
    return Notice(_("Some changes arrive late."), text, severity="warning", since=broadcast.late_since)


def describe_outage(outage: StorageOutage | None) -> Notice | None:
    """The outage in words: what happened, since when, and what to do."""
    audit_trail = health()
    if outage is None:
        if audit_trail.is_writable:
            return None
        title = _("The audit trail is not writable.")
        return Notice(title, _find_advice("unwritable"), since=audit_trail.since)
    titles = {
        "full": _("The Quarterdeck server's disk is full."),
        "locked": _("Quarterdeck's database is locked by another program."),
        "unwritable": _("Quarterdeck's database is not writable."),
        "unreachable": _("Quarterdeck's database is not responding."),
        "damaged": _("Quarterdeck's database file is damaged."),
        "busy": _("Quarterdeck's database is busy."),
    }
    return Notice(titles[outage.kind], _find_advice(outage.kind), since=outage.since)


def _find_advice(kind: str) -> str:
    advice = {
        "full": _("If you run this server: free up space in the data folder (QUARTERDECK_DATA)."),
        "locked": _("This clears up by itself when that program (a backup, a migration, a shell) finishes."),
        "damaged": _("If you run this server: stop it, and restore the database from a backup."),
        "busy": _("If this happens often and you run this server: see “Scaling” in its documentation."),
    }
    return advice.get(kind, _("If you run this server: see its log for the cause."))


def _context(request: HttpRequest, *, is_busy: bool) -> dict[str, Any]:
    is_post = request.method == "POST"
    fields, has_secrets = _read_fields(request) if is_post else ([], False)
    return {
        "notice": _describe_failure(is_post=is_post, is_busy=is_busy),
        "retrying": Notice(
            advice=_("Retrying every few seconds. This page opens automatically once the server responds."),
            severity="info",
            is_announced=True,
            retry=Retry(wait=RETRY_SECONDS),
        ),
        "is_post": is_post,
        "fields": fields,
        "has_secrets": has_secrets,
        "action": request.get_full_path(),
        "csrf_token": get_token(request) if is_post else "",
        "shell": Shell(request, None),
    }


def _describe_failure(*, is_post: bool, is_busy: bool) -> Notice:
    """What the outage did to this request; it may be over by now."""
    busy = StorageOutage("busy") if is_busy else None
    text = _("Nothing was changed and nothing was sent.") if is_post else _("This page could not be loaded.")
    notice = describe_outage(storage.outage or busy) or Notice()
    return replace(notice, advice=f"{text} {notice.advice}".strip(), since=None)


def _read_fields(request: HttpRequest) -> tuple[list[tuple[str, str]], bool]:
    """What was typed, to be sent again, and whether something of it is secret and left out."""
    marked = getattr(request, "sensitive_post_parameters", ())
    secret = set(request.POST) if marked == "__ALL__" else {"csrfmiddlewaretoken", *marked}
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    kept = [(name, value) for name, value in pairs if name not in secret]
    has_secrets = any(name in secret and name != "csrfmiddlewaretoken" for name, _value in pairs)
    return kept[:MAX_FIELDS], has_secrets
