"""Notices: turns feed states and API errors into title, advice and button."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.credentials.suspension import CredentialSuspended, Suspension
from clusters.feeds.states import FeedState, State, state_of
from clusters.gateway.connect import ClusterSession
from clusters.models import Credential
from dashboard.clusters.suspensions import build_suspension_notice
from dashboard.pieces.notice import Button, Notice, Retry, Severity

# States that say all by their word alone: what is held is there, or will be in a moment.
STATES_WITHOUT_NOTICE = frozenset({State.LIVE, State.POLLED, State.LOADING, State.EXPIRED})
WARNINGS = frozenset({State.RECONNECTING, State.BEHIND, State.CLOSED})


def build_state_notice(
    state: FeedState, cluster_session: ClusterSession, *, where: str = "", page: str = ""
) -> Notice:
    """A feed that is not live, on a page that is at `page`."""
    error = state.error
    if state.state is State.UNAUTHORIZED:
        return _build_unauthorized_notice(cluster_session, where, page, state.message)
    severity: Severity = "warning" if state.state in WARNINGS else "error"
    if error is None:
        text = _(state.message) if state.message else _("This view was closed. Reload the page.")
        reload = (Button(_("Reload"), page),) if page else ()
        return Notice(text, severity=severity, buttons=reload, subject=where)
    return Notice(
        _(error.title),
        advice(state.state, error),
        severity,
        subject=where,
        message=state.message,
        as_of=state.as_of,
        retry_at=state.retry_at,
        stale_cluster=cluster_session.cluster.slug if state.as_of else "",
    )


def build_error_notice(error: ApiError, where: str, *, slug: str) -> Notice:
    """A cluster of several whose discovery failed."""
    retry = Retry(reverse("resources:answers", args=[slug])) if error.is_transient else None
    text = f"{_(error.advice)} {_retry_hint()}" if error.is_transient else _(error.advice)
    return Notice(_(error.title), text, subject=where, message=error.message, retry=retry)


def build_unreachable_notice(error: ApiError, slug: str, as_of: datetime | None) -> Notice:
    """The one cluster of a page that is open already, and that does not answer now."""
    text = advice(state_of(error), error)
    stale = slug if as_of else ""
    return Notice(_(error.title), text, message=error.message, as_of=as_of, stale_cluster=stale)


def build_no_credential_notice(where: str, *, slug: str, page: str, text: str) -> Notice:
    """There is nothing to ask with."""
    add = Button(_("Add credential"), credential_href(slug, page))
    return Notice(text, severity="warning", buttons=(add,), subject=where)


def build_suspended_notice(waiting: CredentialSuspended, where: str, *, page: str) -> Notice:
    """There is something to ask with, and it is not used until its owner says so."""
    href = build_suspended_url(waiting.credential, waiting.suspension, page)
    return build_suspension_notice(waiting.credential, waiting.suspension, href, where)


def build_suspended_url(credential: Credential, suspension: Suspension, page: str = "") -> str:
    """Where a credential whose cluster has moved is confirmed, else where another is added; and the way back."""
    is_confirmable = credential.team_id is None and suspension.is_moved
    name = "clusters:confirm_credential" if is_confirmable else "clusters:credential"
    return _build_url(name, credential.cluster.slug, page)


def advice(state: State, error: ApiError) -> str:
    """What to try, and what happens by itself."""
    by_itself: Mapping[State, str] = {
        State.RECONNECTING: _retry_hint(),
        State.UNREACHABLE: _retry_hint(),
        State.FAILING: _retry_hint(),
        State.BEHIND: _("This page waits as long as the API server asks, then resumes by itself."),
        State.DENIED: _("The page resumes by itself when you have permission again."),
        State.GONE: _("The page resumes by itself if the object is created again."),
    }
    own = "" if state is State.BEHIND else _(error.advice)
    return f"{own} {by_itself.get(state, '')}".strip()


def credential_href(slug: str, page: str) -> str:
    """Where the credential for this cluster is added or renewed, and the way back."""
    return _build_url("clusters:credential", slug, page)


def _build_url(name: str, slug: str, page: str) -> str:
    return reverse(name, args=[slug]) + (f"?{urlencode({'next': page})}" if page else "")


def _retry_hint() -> str:
    return _("Retrying every few seconds; this page resumes by itself.")


def _build_unauthorized_notice(
    cluster_session: ClusterSession, where: str, page: str, message: str
) -> Notice:
    """The API server does not say why it refuses a credential; when ours ends is known here."""
    expires_at = cluster_session.credential.expires_at
    if expires_at is not None and expires_at <= timezone.now():
        title = _("Your credential for %(cluster)s has expired.") % {"cluster": cluster_session.cluster.name}
        why = _("It was valid until %(when)s UTC.") % {"when": expires_at.strftime("%Y-%m-%d %H:%M:%S")}
    else:
        title = _("%(cluster)s no longer accepts your credential.") % {
            "cluster": cluster_session.cluster.name
        }
        why = _("It expired, was revoked, or its ServiceAccount was deleted; the cluster does not say which.")
    if cluster_session.team:
        why += " " + _("This is the credential shared by team %(team)s.") % {"team": cluster_session.team}
    hint = _("Renew it, and this page continues where it left off.")
    renew = Button(_("Renew credential"), credential_href(cluster_session.cluster.slug, page))
    return Notice(title, f"{why} {hint}", buttons=(renew,), subject=where, message=message)
