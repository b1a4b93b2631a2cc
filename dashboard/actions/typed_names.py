"""Typed names: what a confirm page says of them in a protected cluster, and lifting them for an hour where one may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clusters.actions.protection import can_lift, end_lift, find_lift, lift
from clusters.api.resource_attributes import ResourceAttributes
from clusters.gateway.connect import ClusterSession, connect
from dashboard.accounts.sign_in import safe_next_url
from dashboard.frame.entrance import handle_cluster_errors
from people.decorators import get_session_id, person, require_sign_in


@dataclass(frozen=True)
class TypedNames:
    """For one session at one cluster. `lifted_until` is None while names are typed; without `url` nobody can change
    that here."""

    is_required: bool
    lifted_until: datetime | None
    url: str


def describe_typed_names(request: HttpRequest, cluster_session: ClusterSession) -> TypedNames:
    """Whether names are typed to confirm, and where this person changes that."""
    until = find_lift(cluster_session, get_session_id(request))
    url = reverse("resources:typed_names", args=[cluster_session.cluster.slug])
    return TypedNames(
        cluster_session.cluster.protected and until is None, until, url if can_lift(cluster_session) else ""
    )


@require_POST
@require_sign_in
@handle_cluster_errors
def change_typed_names(request: HttpRequest, cluster: str) -> HttpResponse:
    """Lift the typed names of a protected cluster for this session, or have them typed again."""
    cluster_session = connect(person(request), cluster)
    cluster_session.require_role(ResourceAttributes("update", "*", resource="*"))
    session_id = get_session_id(request)
    if request.POST.get("change") != "lift":
        if end_lift(cluster_session, session_id):
            text = _("Names are typed again in %(cluster)s.")
            messages.success(request, text % {"cluster": cluster_session.cluster})
    elif lift(cluster_session, session_id) is None:
        messages.error(request, _("No administrator allowed you to lift typed names in this cluster."))
    else:
        messages.success(
            request,
            _("In %(cluster)s you type no names for an hour, in this session.")
            % {"cluster": cluster_session.cluster},
        )
    return redirect(safe_next_url(request.POST.get("next", "")))
