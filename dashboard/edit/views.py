"""Edit page view of any object: the text, the review of a dry run, and the save that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clusters.access.reviews import ReviewResult
from clusters.api.errors import ApiError, BadRequest
from clusters.changes.drafts import close_draft
from clusters.changes.violations import Violation
from clusters.gateway.connect import ClusterSession, connect
from dashboard.address import kubectl
from dashboard.address.paths import Address, parse
from dashboard.edit import drafts
from dashboard.edit.conflict import Conflict
from dashboard.edit.draft_notices import DraftOffer, offer_drafts
from dashboard.edit.drafts import edit_page_of
from dashboard.edit.editing import (
    Outcome,
    Submission,
    advance,
    handle,
    make_target,
    read_submission,
    restore,
    start,
)
from dashboard.edit.forms import (
    announce_saved,
    build_form_context,
    check_editable,
    describe_undoers,
    describe_warnings,
    list_methods,
    refuse_role,
    render_kept_text,
    show_typed_text,
)
from dashboard.edit.marked_lines import mark_lines
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.permissions import explain_result
from dashboard.kinds.fields import dig
from dashboard.objects.kind_pages import find_rollout_path
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.views import build_object_frame
from dashboard.pieces.notice import Notice
from dashboard.shell.cluster_errors import describe_error, status_of
from people.decorators import person, require_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@show_typed_text
@require_sign_in
@handle_cluster_errors
def edit_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """GET shows the object's text; POST reviews it by a dry run, or saves what was reviewed. Nothing typed is lost."""
    address = parse(path, request.GET)
    session = connect(person(request), address.cluster)
    submission = _read_or_restore(request, session, address)
    try:
        opened = open_object(person(request), address, with_related=False)
    except ApiError as error:
        if submission is None:
            raise
        return render_kept_text(request, session, address, _form_context(address, submission), error)
    try:
        check_editable(opened)
        if request.method == "POST" and submission is not None:
            return _submit(request, opened, advance(opened, submission))
        shown = submission or start(opened)
        page = edit_page_of(address)
        offer = offer_drafts(session, page, shown.draft, shown.text, is_restored=submission is not None)
        return render(request, "edit/edit.html", _context(opened, shown, Outcome(), offer))
    except BadRequest as error:
        if submission is None:
            raise
        return render_kept_text(request, session, address, _form_context(address, submission), error)
    finally:
        opened.close()


def _read_or_restore(request: HttpRequest, session: ClusterSession, address: Address) -> Submission | None:
    """What the form brought, which is kept before anything else is done; or the draft that is opened again."""
    if request.method != "POST":
        found = drafts.restore(session, edit_page_of(address), request.GET.get("draft", ""))
        return None if found is None else restore(*found)
    refuse_role(session, address, "update")
    submission = read_submission(request.POST)
    drafts.keep_draft(session, edit_page_of(address), submission.draft, submission.content)
    return submission


def _submit(request: HttpRequest, opened: OpenObject, submission: Submission) -> HttpResponse:
    template = dig(opened.found, "spec", "template")
    outcome = handle(opened, submission)
    if outcome.stored is not None:
        close_draft(person(request), submission.draft)
        is_rollout = dig(outcome.stored.object, "spec", "template") != template
        return _redirect(request, opened, outcome.stored.warnings, is_rollout=is_rollout)
    if outcome.merged is not None:
        submission = outcome.merged
        page = edit_page_of(opened.address)
        drafts.keep_draft(opened.cluster_session, page, submission.draft, submission.content)
    return render(request, "edit/edit.html", _context(opened, submission, outcome), status=_status(outcome))


def _redirect(
    request: HttpRequest, opened: OpenObject, warnings: Sequence[str], *, is_rollout: bool
) -> HttpResponse:
    address = opened.address
    announce_saved(request, address.name, warnings)
    return redirect(find_rollout_path(opened.kind, address) if is_rollout else address.path())


def _status(outcome: Outcome) -> int:
    if outcome.error is not None:
        return status_of(outcome.error)
    if outcome.conflict is not None:
        return 409
    return 422 if outcome.violations else 200


def _form_context(address: Address, submission: Submission) -> dict[str, Any]:
    hint = _("Read exactly as kubectl reads it. What only the server sets is left out: it is kept.")
    return {**build_form_context(edit_page_of(address), address, submission), "hint": hint}


def _context(
    opened: OpenObject, submission: Submission, outcome: Outcome, offer: DraftOffer | None = None
) -> dict[str, Any]:
    """The permission is reviewed before the navigation's: they share one budget."""
    result = _review_permission(opened, submission)
    return {
        **build_object_frame(opened),
        **_form_context(opened.address, submission),
        "tab": "edit",
        "method": "edit",
        "methods": list_methods(opened.address, is_secret=opened.is_secret),
        "is_denied": result.state == "denied",
        "reason": _explain(opened, submission, result),
        "review": outcome.review,
        "conflict": outcome.conflict,
        "undoers": describe_undoers(outcome.review.undoers) if outcome.review else None,
        "notices": [*(offer.notices if offer else ()), *_notices(outcome, submission)],
        "offered_drafts": offer.drafts if offer else (),
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
    if outcome.conflict is not None:
        found.append(_describe_conflict(outcome.conflict))
    if outcome.merged is not None and outcome.review is not None:
        advice = _("Your text and what is there now are merged. Check the review, then save.")
        found.append(Notice(advice=advice, severity="info", is_announced=True))
    if outcome.review is not None and submission.is_save:
        advice = _("The text changed after the review. Here is a new one: check it, then save.")
        found.append(Notice(advice=advice, severity="warning", is_announced=True))
    warnings = outcome.review.warnings if outcome.review else outcome.error.warnings if outcome.error else ()
    return [*found, *describe_warnings(warnings)]


def _describe_conflict(conflict: Conflict) -> Notice:
    undecided = conflict.undecided
    advice = (
        ngettext(
            "%(n)d field was changed by both sides: choose, then merge.",
            "%(n)d fields were changed by both sides: choose for each, then merge.",
            undecided,
        )
        % {"n": undecided}
        if undecided
        else _("Nothing collides. Merge both, and review the result.")
    )
    title = _("Somebody else changed this object. Nothing was saved.")
    return Notice(title, advice, severity="warning", is_announced=True)
