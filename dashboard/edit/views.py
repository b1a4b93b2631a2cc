"""Edit page view of any object: the text, the review of a dry run, and the save that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clusters.access.reviews import ReviewResult
from clusters.api.errors import ApiError, BadRequest
from clusters.changes.violations import Violation
from clusters.gateway.connect import connect
from dashboard.address import kubectl
from dashboard.address.paths import parse
from dashboard.edit.editing import (
    Outcome,
    Submission,
    advance,
    handle,
    make_target,
    read_submission,
    refuse_role,
    start,
)
from dashboard.edit.marked_lines import mark_lines
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.permissions import explain_result
from dashboard.kinds.fields import dig
from dashboard.kinds.invisible import escape_invisible
from dashboard.objects.kind_pages import find_rollout_path
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.views import build_object_frame
from dashboard.pieces.notice import Detail, Notice
from dashboard.shell.cluster_errors import describe_error, status_of
from people.decorators import person, require_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@require_sign_in
@handle_cluster_errors
def edit_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """GET shows the object's text; POST reviews it by a dry run, or saves what was reviewed. Nothing typed is lost."""
    address = parse(path, request.GET)
    if request.method == "POST":
        refuse_role(connect(person(request), address.cluster), address)
    opened = open_object(person(request), address, with_related=False)
    try:
        _check_editable(opened)
        if request.method != "POST":
            return render(request, "edit/edit.html", _context(opened, start(opened), Outcome()))
        submission = advance(opened, read_submission(request.POST))
        template = dig(opened.found, "spec", "template")
        outcome = handle(opened, submission)
        if outcome.stored is not None:
            is_rollout = dig(outcome.stored.object, "spec", "template") != template
            return _redirect(request, opened, outcome.stored.warnings, is_rollout=is_rollout)
        return render(
            request, "edit/edit.html", _context(opened, submission, outcome), status=_status(outcome)
        )
    finally:
        opened.close()


def _check_editable(opened: OpenObject) -> None:
    """Raises BadRequest for what cannot be edited as a whole."""
    if opened.is_cut:
        message = _("This object is nested too deeply to be edited here. Use kubectl edit.")
        raise BadRequest(message, status=400)
    if opened.is_deleted:
        raise BadRequest(_("This object has been deleted."), status=404)


def _redirect(
    request: HttpRequest, opened: OpenObject, warnings: Sequence[str], *, is_rollout: bool
) -> HttpResponse:
    messages.success(request, _("Saved %(name)s.") % {"name": opened.address.name})
    for warning in warnings:
        messages.warning(request, warning)
    address = opened.address
    return redirect(find_rollout_path(opened.kind, address) if is_rollout else address.path())


def _status(outcome: Outcome) -> int:
    if outcome.error is not None:
        return status_of(outcome.error)
    return 422 if outcome.violations else 200


def _context(opened: OpenObject, submission: Submission, outcome: Outcome) -> dict[str, Any]:
    """The permission is reviewed before the navigation's: they share one budget."""
    result = _review_permission(opened, submission)
    return {
        **build_object_frame(opened),
        "tab": "edit",
        "edit_url": opened.address.path("edit"),
        "schema_url": reverse("resources:schema", args=[opened.address.cluster]),
        "text": submission.text,
        "rows": min(40, max(12, submission.text.count("\n") + 2)),
        "version": submission.version,
        "digest": submission.digest,
        "started": submission.started,
        "is_denied": result.state == "denied",
        "reason": _explain(opened, submission, result),
        "review": outcome.review,
        "undoers": _describe_undoers(outcome),
        "notices": list(_notices(outcome, submission)),
        "violations": mark_lines(outcome.violations, submission.text),
        "remarks": mark_lines([Violation(one.message, one.line) for one in outcome.remarks], submission.text),
        "is_secret": opened.is_secret,
        "commands": [kubectl.edit_command(opened.address)],
    }


def _review_permission(opened: OpenObject, submission: Submission) -> ReviewResult:
    check = make_target(opened, submission.version).attributes
    return opened.cluster_session.review_access([check])[check]


def _explain(opened: OpenObject, submission: Submission, result: ReviewResult) -> str:
    verb = make_target(opened, submission.version).verb
    return explain_result(opened.resource, verb, opened.address.namespace, result)


def _notices(outcome: Outcome, submission: Submission) -> Sequence[Notice]:
    found: list[Notice] = []
    if outcome.error is not None:
        found.append(describe_error(outcome.error))
    elif outcome.violations:
        title, advice = _("Not saved"), _("Correct the marked lines. Nothing was sent to the cluster.")
        found.append(Notice(title, advice, is_announced=True))
    if outcome.review is not None and submission.is_save:
        advice = _("The text changed after the review. Here is a new one: check it, then save.")
        found.append(Notice(advice=advice, severity="warning", is_announced=True))
    warnings = outcome.review.warnings if outcome.review else _warnings(outcome.error)
    if warnings:
        details = tuple(Detail(warning) for warning in warnings)
        found.append(Notice(_("The API server warns"), severity="warning", details=details))
    return found


def _describe_undoers(outcome: Outcome) -> Notice | None:
    """Who will write over the change, where somebody is known."""
    if outcome.review is None or not outcome.review.undoers:
        return None
    details = tuple(Detail(f"{escape_invisible(one.name)}: {one.advice}") for one in outcome.review.undoers)
    return Notice(_("This change can be undone"), severity="warning", details=details)


def _warnings(error: ApiError | None) -> Sequence[str]:
    return error.warnings if error is not None else ()
