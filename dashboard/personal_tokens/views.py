"""Views of personal tokens: one's own with the form for a new one, kubeconfigs, and everybody's for administrators."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clusters.models import PersonalToken
from clusters.personal_tokens.store import TooManyTokens, find_token, issue, revoke
from dashboard.personal_tokens.forms import TokenForm
from dashboard.personal_tokens.kubeconfigs import base_url, build_kubeconfig
from people.audit.changes import audited_change
from people.audit.record import draft_for_user, record
from people.decorators import person, require_administrator, require_sign_in
from people.models import User

MAX_SHOWN = 500


@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens; a new one is shown once, on the page that answers the form."""
    user = person(request)
    form = TokenForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            return _issue(request, user, form)
        except TooManyTokens:
            form.add_error(
                None, _("You have as many tokens as one can have. Revoke one that you do not use.")
            )
    context = {"form": form, "tokens": _list(user), "is_over_https": request.is_secure()}
    return render(request, "personal_tokens/tokens.html", context)


def _issue(request: HttpRequest, user: User, form: TokenForm) -> HttpResponse:
    """Raises TooManyTokens."""
    scope = form.scope
    with audited_change():
        token, secret = issue(user, form.cleaned_data["name"], scope, form.lifetime)
        detail = {
            "clusters": [one.slug for one in scope.clusters],
            "namespaces": list(scope.namespaces),
            "read only": scope.read_only,
            "until": token.expires_at.isoformat(),
        }
        target = f"token {token.beginning}"
        record(draft_for_user(user, "token-create", target=target, name=token.name, detail=detail))
    base = base_url(request)
    context = {
        "token": token,
        "secret": secret,
        "kubeconfig": build_kubeconfig(token, secret, base, settings.PUBLIC_CA),
        "servers": [(one.slug, f"{base}/{one.slug}") for one in token.clusters.all()],
        "is_over_https": request.is_secure(),
    }
    return render(request, "personal_tokens/issued.html", context)


@sensitive_post_parameters("secret")
@require_POST
@require_sign_in
def kubeconfig(request: HttpRequest) -> HttpResponse:
    """The kubeconfig of a token whose secret its person sends along: it is stored nowhere."""
    secret = request.POST.get("secret", "")
    token = find_token(secret)
    if token is None or token.user_id != person(request).pk:
        form = TokenForm(None, user=person(request))
        problem = _("This token is not one of yours, or it cannot be used any more.")
        context = {"form": form, "tokens": _list(person(request)), "problem": problem}
        return render(request, "personal_tokens/tokens.html", context, status=422)
    content = build_kubeconfig(token, secret, base_url(request), settings.PUBLIC_CA)
    response = HttpResponse(content, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="quarterdeck.kubeconfig.yaml"'
    return response


@require_POST
@require_sign_in
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own token; to all others it looks as if there were none."""
    user = person(request)
    token = get_object_or_404(PersonalToken.objects.select_related("user"), pk=pk, user=user)
    _revoke(request, user, token)
    return redirect("personal_tokens:tokens")


@require_POST
@require_administrator
def revoke_any_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Anybody's token, for administrators."""
    token = get_object_or_404(PersonalToken.objects.select_related("user"), pk=pk)
    _revoke(request, person(request), token)
    return redirect("personal_tokens:all_tokens")


def _revoke(request: HttpRequest, user: User, token: PersonalToken) -> None:
    with audited_change():
        if revoke(token, user):
            target = f"token {token.beginning} of {token.user.username}"
            record(draft_for_user(user, "token-revoke", target=target, name=token.name))
    messages.success(request, _("Token revoked. Requests with it fail from now on."))


@require_safe
@require_administrator
def all_tokens(request: HttpRequest) -> HttpResponse:
    """Everybody's tokens that can be used, for administrators."""
    usable = PersonalToken.objects.filter(
        revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )
    rows = (
        usable.select_related("user").prefetch_related("clusters").order_by("user__username", "-created_at")
    )
    context = {"tokens": rows[:MAX_SHOWN], "count": usable.count(), "most": MAX_SHOWN}
    return render(request, "personal_tokens/all_tokens.html", context)


def _list(user: User) -> list[PersonalToken]:
    return list(PersonalToken.objects.filter(user=user).prefetch_related("clusters")[:MAX_SHOWN])
