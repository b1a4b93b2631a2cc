"""Bulk views: the page that confirms an action on many objects, and the page of a run with its progress and results."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from clusters.actions.protection import needs_typed_name
from clusters.api.errors import BadRequest
from clusters.bulk import engine
from clusters.bulk.reading import BulkTarget
from clusters.bulk.starting import TooManyRuns, start_run
from clusters.models import BulkItem, BulkRun, BulkState
from dashboard.address.paths import BadAddress
from dashboard.bulk.plan import Plan, make_plan
from dashboard.bulk.selection import Selection, address_of, read_selection
from dashboard.bulk.table import PAGES, BulkForm, BulkPage
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.kinds.table import find_slug
from dashboard.pieces.notice import Notice
from dashboard.shell.cluster_errors import render_cluster_error
from people.audit.changes import audited_change
from people.audit.draft import draft_for_user
from people.audit.record import record
from people.decorators import get_session_id, person, require_sign_in
from people.models import User

MAX_RUNS = 50  # on the page of one's own runs
ORDER = (
    BulkState.FAILED,
    BulkState.UNKNOWN,
    BulkState.SENDING,
    BulkState.WAITING,
    BulkState.SKIPPED,
    BulkState.DONE,
)
TONES = {
    BulkState.DONE: "ok",
    BulkState.FAILED: "error",
    BulkState.UNKNOWN: "warning",
    BulkState.SENDING: "progress",
}


@dataclass(frozen=True)
class Confirmation:
    """What one request of the confirm page is about. `is_guarded`: an object is in a protected cluster whose typed
    names this session has not lifted."""

    page: BulkPage
    selection: Selection
    plan: Plan
    form: BulkForm
    values: Mapping[str, Any]
    run_id: uuid.UUID
    is_guarded: bool

    @property
    def needs_number(self) -> bool:
        return self.page.action.is_destructive_with(self.values) or self.is_guarded

    @property
    def is_delayed(self) -> bool:
        """Whether it begins after the undo window."""
        return self.page.action.is_destructive_with(self.values) and bool(self.plan.protected)


@require_POST
@never_cache
@require_sign_in
@handle_cluster_errors
def confirm(request: HttpRequest) -> HttpResponse:
    """What becomes of each selected object; with `start` do it. A run that was started already is shown."""
    _require_writer(person(request))
    try:
        return _handle(request)
    except BadAddress as wrong:
        return render_cluster_error(
            request, BadRequest(f"{wrong.field}: {wrong.message}", status=422), status=422
        )


def _handle(request: HttpRequest) -> HttpResponse:
    """Raises BadAddress for an action that there is not, and for what is no selection."""
    user = person(request)
    page = PAGES.get(request.POST.get("action", ""))
    if page is None:
        raise BadAddress("action", _("There is no such action. Go back and choose one of the list."))
    run_id = _read_id(request.POST.get("run", ""))
    is_start = "start" in request.POST
    if is_start and (begun := BulkRun.objects.filter(pk=run_id).first()):
        return redirect("bulk:run", run_id=_require_own(begun, user.pk).pk)
    selection = read_selection(user, request.POST)
    is_filled = is_start or "preview" in request.POST
    form = page.form(request.POST if is_filled else None)
    values = form.build_values() if is_filled and form.is_valid() else {}
    plan = make_plan(user, page, selection, values)
    guarded = [one for one in plan.protected if needs_typed_name(one, get_session_id(request))]
    confirmation = Confirmation(page, selection, plan, form, values, run_id, bool(guarded))
    if not is_start:
        return _show(request, confirmation)
    if not form.is_valid():
        return _show(request, confirmation, status=422)
    if not plan.doable:
        _record_denials(page, plan)
        notice = Notice(_("Nothing was done: every object is left out, for the reason that is shown."))
        return _show(request, confirmation, notice, status=422)
    if confirmation.needs_number and request.POST.get("typed", "").strip() != str(len(plan.doable)):
        notice = Notice(
            _("Type the number of objects to confirm: %(n)d.") % {"n": len(plan.doable)}, is_announced=True
        )
        return _show(request, confirmation, notice, status=422)
    return _start(request, confirmation)


def _require_writer(user: User) -> None:
    if user.is_auditor:
        raise PermissionDenied(_("Auditors have read-only access."))


def _read_id(text: str) -> uuid.UUID:
    """The run's ID as the form has it; a new one where it has none."""
    try:
        return uuid.UUID(text[:64])
    except ValueError:
        return uuid.uuid4()


def _require_own(run: BulkRun, user_id: int) -> BulkRun:
    if run.user_id != user_id:
        raise Http404(_("There is no such run."))
    return run


def _record_denials(page: BulkPage, plan: Plan) -> None:
    """Raises DeniedByRole, recorded, where a role stands in the way."""
    if plan.resource is None:
        return
    for session in plan.sessions.values():
        session.require_role(plan.resource.attributes(page.action.verb, "", "", page.action.subresource))


def _start(request: HttpRequest, confirmation: Confirmation) -> HttpResponse:
    """Keep the run and begin it: once, however often the form is sent."""
    user, plan, run_id = person(request), confirmation.plan, confirmation.run_id
    run = BulkRun(
        id=run_id,
        user=user,
        session=get_session_id(request),
        action=confirmation.page.slug,
        resource=confirmation.selection.resource,
        values=dict(confirmation.values),
    )
    detail = {"objects": len(plan.doable), "clusters": sorted(plan.sessions)}
    try:
        start_run(run, _make_items(run, plan), detail, is_delayed=confirmation.is_delayed)
    except IntegrityError:
        return redirect("bulk:run", run_id=_require_own(BulkRun.objects.get(pk=run_id), user.pk).pk)
    except TooManyRuns as error:
        notice = Notice(str(error), severity="warning", is_announced=True)
        return _show(request, confirmation, notice, status=409)
    return redirect("bulk:run", run_id=run_id)


def _make_items(run: BulkRun, plan: Plan) -> Sequence[BulkItem]:
    return [
        BulkItem(
            run=run,
            number=number,
            cluster=one.target.cluster,
            namespace=one.target.namespace,
            name=one.target.name,
            uid=one.target.uid,
            state=BulkState.SKIPPED if one.is_left_out else BulkState.WAITING,
            is_changed=one.is_changed,
            message=one.reason if one.is_left_out else "",
        )
        for number, one in enumerate(plan.items, 1)
    ]


def _show(
    request: HttpRequest, confirmation: Confirmation, *notices: Notice, status: int = 200
) -> HttpResponse:
    page, plan, selection = confirmation.page, confirmation.plan, confirmation.selection
    kind = find_slug(selection.resource)
    doable = plan.doable
    context = {
        "page": page,
        "kinds": kind.label or kind.plural,
        "form": confirmation.form,
        "run_id": confirmation.run_id,
        "items": plan.items,
        "doable_count": len(doable),
        "left_out_count": len(plan.items) - len(doable),
        "changed_count": sum(one.is_changed for one in doable),
        "has_several_clusters": len({one.target.cluster for one in plan.items}) > 1,
        "list_url": selection.listing.url(),
        "protected": [session.cluster for session in plan.protected],
        "undo_seconds": settings.TIMINGS.operations.undo_window if confirmation.is_delayed else 0,
        "needs_number": confirmation.needs_number,
        "typed": request.POST.get("typed", ""),
        "notices": notices,
    }
    return render(request, "bulk/confirm.html", context, status=status)


@dataclass(frozen=True)
class ResultRow:
    """An object of a run with what became of it."""

    item: BulkItem
    url: str
    word: str
    tone: str


@require_safe
@never_cache
@require_sign_in
def run_page(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Progress and results of one's own run; for htmx only the part that changes."""
    run = get_object_or_404(BulkRun, pk=run_id, user=person(request))
    items = list(run.items.all())
    count = Counter(item.state for item in items)
    items.sort(key=lambda item: (ORDER.index(BulkState(item.state)), item.number))
    now = timezone.now()
    waits = run.begun_at is None and run.stopped_at is None and run.starts_at > now
    is_interrupted = engine.is_interrupted(run, settings.TIMINGS.bulk, now)
    is_over = bool(run.finished_at or run.stopped_at) or is_interrupted
    left = count[BulkState.WAITING] + count[BulkState.SENDING] if is_over else 0
    kind = find_slug(run.resource)
    context = {
        "run": run,
        "page": PAGES[run.action],
        "kinds": kind.label or kind.plural,
        "rows": [
            ResultRow(
                one,
                _find_url(one, run.resource),
                _name_state(BulkState(one.state), is_over=is_over),
                TONES.get(BulkState(one.state), ""),
            )
            for one in items
        ],
        "counts": [
            (_name_state(state, is_over=is_over), count[state], TONES.get(state, ""))
            for state in ORDER
            if count[state]
        ],
        "total": len(items),
        "settled": len(items) - count[BulkState.WAITING] - count[BulkState.SENDING],
        "waits": waits,
        "seconds_left": max(0, round((run.starts_at - now).total_seconds())),
        "is_over": is_over,
        "is_interrupted": is_interrupted,
        "retry_count": (count[BulkState.FAILED] + count[BulkState.UNKNOWN] + left)
        if is_over and run.stop_reason != engine.CALLED_BACK
        else 0,
    }
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "bulk/run.html#progress" if is_part else "bulk/run.html", context)


def _name_state(state: BulkState, *, is_over: bool) -> str:
    """Of a run that is over nothing waits any more."""
    return _("not done") if is_over and state == BulkState.WAITING else str(state.label)


def _find_url(item: BulkItem, resource: str) -> str:
    return address_of(BulkTarget(item.cluster, item.namespace, item.name, item.uid), resource).path()


@require_safe
@never_cache
@require_sign_in
def runs_page(request: HttpRequest) -> HttpResponse:
    """One's own runs, the newest first."""
    runs = BulkRun.objects.filter(user=person(request)).order_by("-created_at")[:MAX_RUNS]
    rows = [(run, PAGES[run.action].title, find_slug(run.resource).label or run.resource) for run in runs]
    return render(request, "bulk/runs.html", {"rows": rows})


@require_POST
@require_sign_in
def retry(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Do again what failed, in the session that sends this."""
    user = person(request)
    _require_writer(user)
    run = get_object_or_404(BulkRun, pk=run_id, user=user)
    with audited_change():
        if engine.retry(run, get_session_id(request), settings.TIMINGS.bulk):
            record(draft_for_user(user, "bulk-retry", target=f"run {run.pk}: {run.action}"))
    return redirect("bulk:run", run_id=run.pk)


@require_POST
@require_sign_in
def call_back(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Within the undo window let nothing begin; later let nothing more begin."""
    user = person(request)
    _require_writer(user)
    run = get_object_or_404(BulkRun, pk=run_id, user=user)
    target = f"run {run.pk}: {run.action}"
    with audited_change():
        if engine.stop(run, engine.CALLED_BACK):
            record(draft_for_user(user, "bulk-call-back", target=target))
        elif engine.stop(run, engine.STOPPED):
            record(draft_for_user(user, "bulk-stop", target=target))
    return redirect("bulk:run", run_id=run.pk)
