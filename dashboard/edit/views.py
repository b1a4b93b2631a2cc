"""Edit page view of any object: the text, the review of a dry run, and the save that follows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
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
from dashboard.edit.editing import (
    Outcome,
    Submission,
    advance,
    handle,
    make_target,
    read_submission,
    refuse_role,
    restore,
    start,
)
from dashboard.edit.marked_lines import mark_lines
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.permissions import explain_result
from dashboard.kinds.fields import dig
from dashboard.kinds.invisible import escape_invisible
from dashboard.kinds.table import find_slug
from dashboard.objects.kind_pages import find_rollout_path
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.views import build_object_frame
from dashboard.pieces.notice import Detail, Notice
from dashboard.shell.cluster_errors import describe_error, status_of
from people.decorators import is_signed_in, person, require_sign_in, sign_in_url


def show_typed_text(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 401 with what was typed where the session ended meanwhile, in place of a redirect that would lose it."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, **path: str) -> HttpResponseBase:
        typed = request.POST.get("text", "") if request.method == "POST" and not is_signed_in(request) else ""
        if not typed:
            return view(request, **path)
        context = {"typed": typed, "sign_in": sign_in_url(request.path)}
        return render(request, "edit/signed_out.html", context, status=401)

    return wrapper


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
        return _keep_text(request, session, address, submission, error)
    try:
        _check_editable(opened)
        if request.method == "POST" and submission is not None:
            return _submit(request, opened, advance(opened, submission))
        shown = submission or start(opened)
        offer = offer_drafts(session, address, shown, is_restored=submission is not None)
        return render(request, "edit/edit.html", _context(opened, shown, Outcome(), offer))
    except BadRequest as error:
        if submission is None:
            raise
        return _keep_text(request, session, address, submission, error)
    finally:
        opened.close()


def _read_or_restore(request: HttpRequest, session: ClusterSession, address: Address) -> Submission | None:
    """What the form brought, which is kept before anything else is done; or the draft that is opened again."""
    if request.method != "POST":
        found = drafts.restore(session, address, request.GET.get("draft", ""))
        return None if found is None else restore(*found)
    refuse_role(session, address)
    submission = read_submission(request.POST)
    drafts.keep_draft(session, address, submission.draft, submission.content)
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
        drafts.keep_draft(opened.cluster_session, opened.address, submission.draft, submission.content)
    return render(request, "edit/edit.html", _context(opened, submission, outcome), status=_status(outcome))


def _keep_text(
    request: HttpRequest, session: ClusterSession, address: Address, submission: Submission, error: ApiError
) -> HttpResponse:
    """The form alone, where the object cannot be shown: the cluster does not answer, or it was deleted."""
    context = {
        **build_frame_context(address, [session]),
        **_form_context(address, submission),
        "name": address.name,
        "kinds": address.resource,
        "list_url": address.listing().path(),
        "is_secret": bool(find_slug(address.resource).value_fields),
        "notices": [describe_error(error)],
    }
    return render(request, "edit/kept.html", context, status=status_of(error))


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
    if outcome.conflict is not None:
        return 409
    return 422 if outcome.violations else 200


def _form_context(address: Address, submission: Submission) -> dict[str, Any]:
    """What the form itself needs."""
    return {
        "edit_url": address.path("edit"),
        "object_url": address.path(),
        "schema_url": reverse("resources:schema", args=[address.cluster]),
        "text": submission.text,
        "rows": min(40, max(12, submission.text.count("\n") + 2)),
        "version": submission.version,
        "digest": submission.digest,
        "started": submission.started,
        "base": drafts.pack_base(submission.base),
        "draft": submission.draft,
        "draft_url": f"{address.path('edit')}/draft",
        "draft_interval": settings.TIMINGS.edit.draft,
    }


def _context(
    opened: OpenObject, submission: Submission, outcome: Outcome, offer: DraftOffer | None = None
) -> dict[str, Any]:
    """The permission is reviewed before the navigation's: they share one budget."""
    result = _review_permission(opened, submission)
    return {
        **build_object_frame(opened),
        **_form_context(opened.address, submission),
        "tab": "edit",
        "is_denied": result.state == "denied",
        "reason": _explain(opened, submission, result),
        "review": outcome.review,
        "conflict": outcome.conflict,
        "undoers": _describe_undoers(outcome),
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
    warnings = outcome.review.warnings if outcome.review else _warnings(outcome.error)
    if warnings:
        details = tuple(Detail(warning) for warning in warnings)
        found.append(Notice(_("The API server warns"), severity="warning", details=details))
    return found


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


def _describe_undoers(outcome: Outcome) -> Notice | None:
    """Who will write over the change, where somebody is known."""
    if outcome.review is None or not outcome.review.undoers:
        return None
    details = tuple(Detail(f"{escape_invisible(one.name)}: {one.advice}") for one in outcome.review.undoers)
    return Notice(_("This change can be undone"), severity="warning", details=details)


def _warnings(error: ApiError | None) -> Sequence[str]:
    return error.warnings if error is not None else ()
