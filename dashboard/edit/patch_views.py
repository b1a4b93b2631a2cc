"""Apply and patch page view: server-side apply with its conflicts, other patches and a PUT, each reviewed first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clusters.api.errors import ApiError, BadRequest, Invalid, ServerError
from clusters.changes.drafts import close_draft
from clusters.changes.patches import Method, read_method, verb_of
from clusters.gateway.connect import ClusterSession, connect
from dashboard.address.paths import Address, parse
from dashboard.edit import drafts
from dashboard.edit.draft_notices import DraftOffer, offer_drafts
from dashboard.edit.drafts import patch_page_of
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
from dashboard.edit.patching import (
    PatchOutcome,
    PatchSubmission,
    handle_patch,
    make_patch_target,
    read_patch,
    restore_patch,
    start_patch,
)
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.permissions import explain_result
from dashboard.kinds.table import find_slug
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
def patch_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """`?method=` is apply, merge, strategic, json or replace. POST reviews by a dry run, or saves what was reviewed."""
    address = parse(path, request.GET)
    method = read_method(request.GET.get("method", ""))
    if method == "replace" and find_slug(address.resource).value_fields:
        raise BadRequest(_("A Secret is replaced on its Edit page, which keeps hidden values."), status=400)
    session = connect(person(request), address.cluster)
    submission = _read_or_restore(request, session, address, method)
    try:
        opened = open_object(person(request), address, with_related=False)
    except ApiError as error:
        if submission is None:
            raise
        return render_kept_text(request, session, address, _form_context(address, submission), error)
    try:
        check_editable(opened)
        if request.method == "POST" and submission is not None:
            return _submit(request, opened, submission)
        shown = submission or start_patch(opened, method)
        page = patch_page_of(address, method)
        offer = offer_drafts(session, page, shown.draft, shown.text, is_restored=submission is not None)
        return render(request, "edit/patch.html", _context(opened, PatchOutcome(shown), offer))
    except BadRequest as error:
        if submission is None:
            raise
        return render_kept_text(request, session, address, _form_context(address, submission), error)
    finally:
        opened.close()


def _read_or_restore(
    request: HttpRequest, session: ClusterSession, address: Address, method: Method
) -> PatchSubmission | None:
    """What the form brought, which is kept before anything else is done; or the draft that is opened again."""
    page = patch_page_of(address, method)
    if request.method != "POST":
        found = drafts.restore(session, page, request.GET.get("draft", ""))
        return None if found is None else restore_patch(method, *found)
    refuse_role(session, address, verb_of(method))
    submission = read_patch(request.POST, method)
    drafts.keep_draft(session, page, submission.draft, submission.content)
    return submission


def _submit(request: HttpRequest, opened: OpenObject, submission: PatchSubmission) -> HttpResponse:
    outcome = handle_patch(opened, submission)
    if outcome.stored is not None:
        close_draft(person(request), submission.draft)
        announce_saved(request, opened.address.name, outcome.stored.warnings)
        return redirect(opened.address.path())
    if outcome.submission.text != submission.text:
        page = patch_page_of(opened.address, submission.method)
        drafts.keep_draft(opened.cluster_session, page, outcome.submission.draft, outcome.submission.content)
    return render(request, "edit/patch.html", _context(opened, outcome), status=_status(outcome))


def _status(outcome: PatchOutcome) -> int:
    if outcome.error is not None and not (outcome.violations and isinstance(outcome.error, ServerError)):
        return status_of(outcome.error)  # but an apply with an unknown field is answered 500
    return 409 if outcome.conflicts else 422 if outcome.violations else 200


def _form_context(address: Address, submission: PatchSubmission) -> dict[str, Any]:
    return {
        **build_form_context(patch_page_of(address, submission.method), address, submission),
        "method": submission.method,
        "forced": sorted(submission.forced),
        "is_part": submission.method not in ("apply", "replace"),
        "hint": _describe_method(submission.method),
    }


def _context(opened: OpenObject, outcome: PatchOutcome, offer: DraftOffer | None = None) -> dict[str, Any]:
    """The permission is reviewed before the navigation's: they share one budget."""
    submission, address = outcome.submission, opened.address
    check = make_patch_target(opened, submission.method, submission.version).attributes
    result = opened.cluster_session.review_access([check])[check]
    return {
        **build_object_frame(opened),
        **_form_context(address, submission),
        "tab": "edit",
        "methods": list_methods(address, is_secret=opened.is_secret),
        "is_denied": result.state == "denied",
        "reason": explain_result(opened.resource, check.verb, address.namespace, result),
        "conflicts": outcome.conflicts,
        "review": outcome.review,
        "undoers": describe_undoers(outcome.review.undoers) if outcome.review else None,
        "notices": [*(offer.notices if offer else ()), *_notices(outcome)],
        "offered_drafts": offer.drafts if offer else (),
        "violations": mark_lines(outcome.violations, submission.text),
        "is_secret": opened.is_secret,
    }


def _describe_method(method: Method) -> str:
    hints = {
        "apply": _(
            "All that the manager quarterdeck is to own. What it applied before and is left out here is removed, "
            "unless others own it too."
        ),
        "json": _("A list of operations, each with op, path and value."),
        "replace": _("The whole object. What only the server sets is kept."),
        "merge": _("The fields to change. null removes one; a list is replaced as a whole."),
        "strategic": _("The fields to change. null removes one; lists are merged by their keys."),
    }
    return hints[method]


def _notices(outcome: PatchOutcome) -> Sequence[Notice]:
    submission = outcome.submission
    found: list[Notice] = []
    if outcome.error is not None:
        found.append(describe_error(outcome.error))
        if submission.method == "json" and isinstance(outcome.error, Invalid) and not outcome.error.causes:
            advice = _(
                "A path of an operation is not there, or a test failed. The API server does not say which."
            )
            found.append(Notice(advice=advice, severity="info"))
    elif outcome.violations:
        advice = _("Correct the marked lines. Nothing was sent to the cluster.")
        found.append(Notice(_("Not saved"), advice, is_announced=True))
    if outcome.conflicts:
        advice = _("Nothing was saved. Choose for each field, then review again.")
        title = _("Other managers own what you apply")
        found.append(Notice(title, advice, severity="warning", is_announced=True))
    if outcome.review is not None and (advice := _describe_late(outcome)):
        found.append(Notice(advice=advice, severity="warning", is_announced=True))
    if outcome.review is not None and submission.forced:
        advice = _("The fields that you chose to take over are yours then, and no longer their managers'.")
        found.append(Notice(advice=advice, severity="info"))
    warnings = outcome.review.warnings if outcome.review else outcome.error.warnings if outcome.error else ()
    return [*found, *describe_warnings(warnings)]


def _describe_late(outcome: PatchOutcome) -> str:
    """What changed between what was shown and this review; "" where nothing did."""
    if outcome.is_late and outcome.submission.method == "replace":
        return _(
            "The object changed in the meantime. Lines that are removed below may be changes of somebody else."
        )
    if outcome.is_late:
        return _("The object changed in the meantime. This review is of what is there now.")
    if outcome.submission.step == "save":
        return _("The text changed after the review. Here is a new one: check it, then save.")
    return ""
