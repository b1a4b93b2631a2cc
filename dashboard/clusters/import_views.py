"""Import page: paste a kubeconfig, choose contexts, and see the result of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clusters.credentials.errors import BadCredential
from clusters.credentials.import_execution import ImportOutcome, carry_out
from clusters.credentials.import_plan import Choice, ContextState, PlannedContext, plan_import, user_importer
from clusters.credentials.kubeconfig import Kubeconfig, read_kubeconfig
from clusters.sharing import roles, visible_clusters
from dashboard.clusters.credential_form import KubeconfigForm, offer_form
from dashboard.clusters.importing import ImportResult, describe
from dashboard.clusters.notices import PROGRAMS, make_error_notice
from dashboard.clusters.service_account import Account, account_for
from dashboard.pieces.notice import Notice
from people.decorators import person, require_sign_in
from people.models import Team, TeamRole

MOST_AT_ONCE = 20  # contexts that are tried in one go


@sensitive_post_parameters("kubeconfig")
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@never_cache
def import_kubeconfig(request: HttpRequest) -> HttpResponse:
    """Two steps, both with the text in the form: nothing of it is stored in between."""
    user = person(request)
    if request.method != "POST":
        return _page(request, KubeconfigForm())
    form = offer_form("kubeconfig", request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, is_wrong=True)
    importer = user_importer(user)
    try:
        kubeconfig = read_kubeconfig(form.cleaned_data["kubeconfig"])
    except BadCredential as wrong:
        return _page(request, form, notice=make_error_notice(wrong), is_wrong=True)
    plan = plan_import(kubeconfig, list(visible_clusters(user)), importer, _read_choices(request, kubeconfig))
    if "carry-out" not in request.POST:
        return _page(request, form, plan)
    chosen = [one for one in plan if one.choice and one.state is not ContextState.REFUSED]
    if not chosen or len(chosen) > MOST_AT_ONCE:
        message = (
            _("Select at least one context.") if not chosen else _("Select at most 20 contexts at a time.")
        )
        return _page(request, form, plan, notice=Notice(message, is_announced=True), is_wrong=True)
    return _apply(request, form, kubeconfig, carry_out(chosen, importer))


def _apply(
    request: HttpRequest, form: forms.Form, kubeconfig: Kubeconfig, outcomes: Iterable[ImportOutcome]
) -> HttpResponse:
    """Say what was done; where something was not, the form stays, with what can be done after this."""
    results = [describe(outcome) for outcome in outcomes]
    for result in results:
        if not result.notice:
            messages.success(request, f"{result.context}: {result.text}")
    if all(not result.notice for result in results):
        return redirect("clusters:clusters")
    user = person(request)
    plan = plan_import(kubeconfig, list(visible_clusters(user)), user_importer(user), {})
    return _page(request, form, plan, results=results, is_wrong=True)


def _read_choices(request: HttpRequest, kubeconfig: Kubeconfig) -> dict[int, Choice]:
    """What was ticked; a tick counts only for the context that it was shown beside."""
    ticked = request.POST.getlist("context-chosen")
    team = None
    if person(request).is_administrator:
        team = Team.objects.filter(slug=request.POST.get("team", "")).first()
    return {
        number: Choice(
            request.POST.get(f"name-{number}", "").strip(),
            request.POST.get(f"slug-{number}", "").strip(),
            team,
        )
        for number, context in enumerate(kubeconfig.contexts)
        if f"{number}:{context.name}" in ticked
    }


def _account(request: HttpRequest, planned: PlannedContext) -> Account | None:
    """The steps for who signs in by a program; an editor's role is known of a cluster that is here already."""
    if not any(one.reason in PROGRAMS for one in planned.errors):
        return None
    user = person(request)
    role = roles(user).get(planned.cluster.pk, TeamRole.VIEWER) if planned.cluster else TeamRole.VIEWER
    return account_for(user, role, context=planned.context)


def _page(
    request: HttpRequest,
    form: forms.Form,
    plan: Sequence[PlannedContext] = (),
    *,
    notice: Notice | None = None,
    results: Sequence[ImportResult] = (),
    is_wrong: bool = False,
) -> HttpResponse:
    ticked = request.POST.getlist("context-chosen")
    usable = [one for one in plan if one.state is not ContextState.REFUSED]
    if len(usable) == 1 and "carry-out" not in request.POST:
        ticked = [f"{usable[0].number}:{usable[0].context.name}"]  # the only one there is to choose
    context = {
        "form": form,
        "rows": [_row(request, one, ticked) for one in plan],
        "notice": notice,
        "results": [result for result in results if result.notice],
        "teams": Team.objects.order_by("name"),
        "team": request.POST.get("team", ""),
    }
    return render(request, "clusters/import.html", context, status=422 if is_wrong else 200)


def _row(request: HttpRequest, planned: PlannedContext, ticked: Sequence[str]) -> dict[str, Any]:
    """A context as the page shows it; what was typed for it stands there again."""
    return {
        "plan": planned,
        "is_chosen": f"{planned.number}:{planned.context.name}" in ticked,
        "name": request.POST.get(f"name-{planned.number}", planned.name),
        "slug": request.POST.get(f"slug-{planned.number}", planned.slug),
        "notices": [make_error_notice(error) for error in planned.errors],
        "account": _account(request, planned),
    }
