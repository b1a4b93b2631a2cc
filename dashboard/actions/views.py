"""Confirm page: the one view of all actions, which shows what an action will do, checks it and does it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clusters.access import reviews
from clusters.access.reviews import ReviewResult
from clusters.actions.dependents import Dependents
from clusters.actions.protection import needs_typed_name
from clusters.api.errors import ApiError, Forbidden, NotFound
from clusters.api.resource_attributes import ResourceAttributes
from clusters.bulk.starting import TooManyRuns
from clusters.gateway.connect import connect
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.delayed import find_delay, start_delayed
from dashboard.actions.deletion import MAX_DEPENDENTS, build_rows, describe_gaps
from dashboard.actions.forms import ActionForm
from dashboard.actions.subject import Subject
from dashboard.actions.table import find_page
from dashboard.actions.typed_names import describe_typed_names
from dashboard.address.paths import Address, parse
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.kinds.table import find_slug
from dashboard.objects.kind_pages import ActionCheck, find_check
from dashboard.objects.opening import open_object
from dashboard.objects.views import build_object_frame
from dashboard.pieces.notice import Notice
from people.decorators import get_session_id, person, require_sign_in

LOST_PERMISSION = gettext_lazy("Your permission for this ended after the page was shown. Nothing was done.")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@require_sign_in
@handle_cluster_errors
def action_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """What an action would do, and with a POST do it. `check` in the form only has the API server check it."""
    address = parse(path, request.GET)
    cluster_session = connect(person(request), address.cluster)
    page = find_page(find_slug(address.resource), path["action"])
    if page is None:
        raise Http404(_("Objects of this kind have no such page."))
    if request.method == "POST":
        cluster_session.require_role(_name_attributes(page, address))
    opened = open_object(person(request), address, with_related=False)
    try:
        found = opened.found
        check = find_check(page.action, opened)
        if found is None or check is None:
            raise NotFound(_("This cluster does not serve what this action needs."), status=404)
        subject = Subject(opened, found)
        if request.method == "POST":
            return _act(request, page, subject, check)
        return _show(request, page, subject, check, page.form(subject=subject))
    finally:
        opened.close()


def _name_attributes(page: ActionPage, address: Address) -> ResourceAttributes:
    """What the action asks of Kubernetes as far as the URL says it: enough for the role, and for the audit trail."""
    kind, action = find_slug(address.resource), page.action
    group, plural = action.made or (kind.group, kind.plural)
    name = "" if action.made else address.name
    return ResourceAttributes(action.verb, group, "", plural, action.subresource, address.namespace, name)


def _act(request: HttpRequest, page: ActionPage, subject: Subject, check: ActionCheck) -> HttpResponse:
    form = page.form(request.POST, subject=subject)
    if request.POST.get("uid", "") not in ("", subject.uid):
        return _show(request, page, subject, check, page.form(subject=subject), _describe_other(), status=409)
    if page.find_blocker(subject):
        return _show(request, page, subject, check, form, status=409)
    is_dry_run = "check" in request.POST
    dependents = None
    if not is_dry_run:
        dependents = _require_name(request, page, subject, form)
    if not form.is_valid():
        return _show(request, page, subject, check, form, dependents=dependents, status=422)
    values = None if is_dry_run else find_delay(page, subject, form.cleaned_data)
    if values is not None:
        return _delay(request, page, subject, check, form, values)
    return _send(request, page, subject, check, form, dependents)


def _send(
    request: HttpRequest,
    page: ActionPage,
    subject: Subject,
    check: ActionCheck,
    form: ActionForm,
    dependents: Dependents | None,
) -> HttpResponse:
    change, is_dry_run = page.build(subject, form.cleaned_data), "check" in request.POST
    try:
        response = (change.as_dry_run() if is_dry_run else change).send(subject.cluster_session)
    except ApiError as error:
        notice = page.explain_error(error)
        if notice is None:
            _note_lost_permission(request, error)
            raise
        return _show(request, page, subject, check, form, notice, dependents=dependents, status=409)
    if is_dry_run:
        notices = _describe_dry_run(response.warnings)
        return _show(request, page, subject, check, form, *notices, dependents=dependents)
    for warning in response.warnings:
        messages.warning(request, warning)
    next_url = page.next_url(subject, response.json())
    if (
        page.search is None or next_url != subject.address.path()
    ):  # else its page says that it is being deleted
        messages.success(request, str(page.done) % {"name": subject.name})
    return redirect(next_url)


def _note_lost_permission(request: HttpRequest, error: ApiError) -> None:
    """Above the page of the denial: that it was permitted when the confirm page was shown."""
    if isinstance(error, Forbidden) and request.POST.get("review") == "allowed":
        messages.error(request, LOST_PERMISSION)


def _delay(
    request: HttpRequest,
    page: ActionPage,
    subject: Subject,
    check: ActionCheck,
    form: ActionForm,
    values: Values,
) -> HttpResponse:
    """Have it done after the undo window. A right that is known to be gone is said now, and not then."""
    session = subject.cluster_session
    reviews.forget(
        session.connection.fingerprint
    )  # nobody looks any more when it is sent: the review is a new one
    if session.review_access([check.attributes])[check.attributes].state == "denied":
        if request.POST.get("review") == "allowed":
            messages.error(request, LOST_PERMISSION)
        return _show(request, page, subject, check, form, status=403)
    try:
        run_id = start_delayed(request, page, subject, values)
    except TooManyRuns as error:
        notice = Notice(str(error), severity="warning", is_announced=True)
        return _show(request, page, subject, check, form, notice, status=409)
    return redirect("bulk:run", run_id=run_id)


def _require_name(
    request: HttpRequest, page: ActionPage, subject: Subject, form: ActionForm
) -> Dependents | None:
    """Have the name typed where that is needed. Who typed it anyway is not kept waiting for a search."""
    session_id = get_session_id(request)
    if needs_typed_name(subject.cluster_session, session_id) or page.needs_name(subject):
        form.require_name()
    elif page.search is not None and form.data.get("typed", "").strip() != subject.name:
        dependents = page.search(subject)
        if dependents.count > MAX_DEPENDENTS:
            form.require_name()
        return dependents
    return None


def _show(
    request: HttpRequest,
    page: ActionPage,
    subject: Subject,
    check: ActionCheck,
    form: ActionForm,
    *notices: Notice,
    dependents: Dependents | None = None,
    status: int = 200,
) -> HttpResponse:
    """The confirm page. The action's own review goes first: all reviews of a page share one budget."""
    result = subject.cluster_session.review_access([check.attributes])[check.attributes]
    frame = build_object_frame(subject.opened)
    context = {
        **frame,
        "kind": subject.resource.kind,
        "action_title": page.action.title,
        "heading": str(page.heading) % {"name": subject.name},
        "sentence": str(page.sentence) % {"name": subject.name},
        "button": page.button,
        "is_dangerous": page.action.is_dangerous,
        "form": form,
        "review": result.state,
        "is_denied": result.state == "denied",
        "is_unknown": result.state == "unknown",
        "reason": check.explain(result),
        "blocker": page.find_blocker(subject),
        "notices": [*notices, *_describe_denial(check, result), *page.describe(subject)],
        "command": page.command(subject, _current_values(form)),
        **_build_dependents(page, subject, dependents),
    }
    typed_names = describe_typed_names(request, subject.cluster_session)
    context["needs_name"] = (
        form.needs_name
        or typed_names.is_required
        or page.needs_name(subject)
        or context.get("dependent_count", 0) > MAX_DEPENDENTS
    )
    context |= {
        "run_id": uuid.uuid4() if subject.is_protected else "",
        "undo_seconds": settings.TIMINGS.operations.undo_window if _is_delayed(page, subject, form) else 0,
        "typed_names": typed_names,
    }
    return render(request, "actions/confirm.html", context, status=status)


def _is_delayed(page: ActionPage, subject: Subject, form: ActionForm) -> bool:
    """As far as it is known before the form is filled in."""
    values = _current_values(form)
    return find_delay(page, subject, {"replicas": None, **values}) is not None


def _build_dependents(page: ActionPage, subject: Subject, dependents: Dependents | None) -> dict[str, Any]:
    if page.search is None:
        return {}
    found = dependents if dependents is not None else page.search(subject)
    return {
        "has_dependents": True,
        "dependents": build_rows(subject, found),
        "dependent_count": found.count,
        "gaps": describe_gaps(found),
    }


def _current_values(form: ActionForm) -> dict[str, Any]:
    """The form's values where they are valid, for the equivalent command; nothing of what is not."""
    if not form.is_bound:
        return {}
    form.is_valid()
    return dict(form.cleaned_data)


def _describe_denial(check: ActionCheck, result: ReviewResult) -> list[Notice]:
    if result.state != "denied":
        return []
    return [Notice(_("You do not have permission to do this."), check.explain(result), "error")]


def _describe_other() -> Notice:
    return Notice(
        _("Nothing was done: this is another object than the one you confirmed."),
        _(
            "The object was deleted, and another one of the same name was created. This page shows the new one."
        ),
        "error",
        is_announced=True,
    )


def _describe_dry_run(warnings: tuple[str, ...]) -> list[Notice]:
    notice = Notice(
        _("The API server accepts this change. Nothing was changed yet."),
        _("It was checked by the API server, with its admission plugins (dry run)."),
        "success",
        is_announced=True,
    )
    return [notice, *(Notice(one, severity="warning", source=_("Warning")) for one in warnings)]
