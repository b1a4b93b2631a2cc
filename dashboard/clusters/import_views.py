"""Import page: paste a kubeconfig, choose contexts, and see the result of each."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clusters.credentials.errors import BadCredential
from clusters.credentials.kubeconfig import read_kubeconfig
from clusters.sharing import roles
from dashboard.clusters.credential_form import KubeconfigForm, offer_form
from dashboard.clusters.importing import MOST_AT_ONCE, Choice, ImportResult, Plan, carry_out, plans
from dashboard.clusters.notices import Notice, make_notice
from dashboard.clusters.service_account import Account, account_for
from people.decorators import person, require_sign_in
from people.models import Team, TeamRole, User


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
    try:
        found = plans(read_kubeconfig(form.cleaned_data["kubeconfig"]), user)
    except BadCredential as wrong:
        return _page(request, form, notice=make_notice(wrong), is_wrong=True)
    if "carry-out" not in request.POST:
        return _page(request, form, found)
    chosen = _read_choices(request, found)
    if not chosen or len(chosen) > MOST_AT_ONCE:
        message = (
            _("Select at least one context.") if not chosen else _("Select at most 20 contexts at a time.")
        )
        return _page(request, form, found, notice=Notice(message), is_wrong=True)
    return _apply_choices(request, user, form, chosen)


def _apply_choices(
    request: HttpRequest, user: User, form: forms.Form, chosen: Sequence[tuple[Plan, Choice]]
) -> HttpResponse:
    results = carry_out(user, chosen)
    for result in results:
        if not result.notice:
            messages.success(request, f"{result.context}: {result.text}")
    if all(not result.notice for result in results):
        return redirect("clusters:clusters")
    again = plans(read_kubeconfig(form.cleaned_data["kubeconfig"]), user)
    return _page(request, form, again, results=results, is_wrong=True)


def _read_choices(request: HttpRequest, found: Sequence[Plan]) -> list[tuple[Plan, Choice]]:
    """What was ticked; a tick counts only for the context that it was shown beside."""
    ticked = request.POST.getlist("context-chosen")
    team = Team.objects.filter(slug=request.POST.get("team", "")).first()
    chosen = []
    for plan in found:
        if plan.action == "nothing" or f"{plan.number}:{plan.context.name}" not in ticked:
            continue
        name = request.POST.get(f"name-{plan.number}", "").strip()
        slug = request.POST.get(f"slug-{plan.number}", "").strip()
        chosen.append((plan, Choice(name, slug, team if person(request).is_administrator else None)))
    return chosen


def _account(request: HttpRequest, plan: Plan) -> Account | None:
    """The steps for who signs in by a program; an editor's role is known of a cluster that is here already."""
    if not plan.needs_account:
        return None
    user = person(request)
    role = roles(user).get(plan.cluster.pk, TeamRole.VIEWER) if plan.cluster else TeamRole.VIEWER
    return account_for(user, role, context=plan.context)


def _page(
    request: HttpRequest,
    form: forms.Form,
    found: Sequence[Plan] = (),
    *,
    notice: Notice | None = None,
    results: Sequence[ImportResult] = (),
    is_wrong: bool = False,
) -> HttpResponse:
    ticked = request.POST.getlist("context-chosen")
    usable = [plan for plan in found if plan.action != "nothing"]
    if len(usable) == 1 and "carry-out" not in request.POST:
        ticked = [f"{usable[0].number}:{usable[0].context.name}"]  # the only one there is to choose
    rows = [
        {
            "plan": plan,
            "is_chosen": f"{plan.number}:{plan.context.name}" in ticked,
            "name": request.POST.get(f"name-{plan.number}", plan.context.cluster),
            "slug": request.POST.get(f"slug-{plan.number}", plan.slug),
            "account": _account(request, plan),
        }
        for plan in found
    ]
    context = {
        "form": form,
        "rows": rows,
        "notice": notice,
        "results": [result for result in results if result.notice],
        "teams": Team.objects.order_by("name"),
        "team": request.POST.get("team", ""),
    }
    return render(request, "clusters/import.html", context, status=422 if is_wrong else 200)
