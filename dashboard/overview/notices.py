"""Overview notices: why a cluster's counts are missing, with advice and buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.counting.snapshot import Reach
from clusters.credentials.suspension import Suspension
from clusters.models import Cluster, Credential
from dashboard.clusters.credential_states import CredentialStatus
from dashboard.clusters.suspensions import describe_suspension
from dashboard.frame.notices import build_suspended_url
from dashboard.overview.board import Board, BoardCluster
from dashboard.pieces.notice import Button, Notice

LONGEST = 300  # characters of the cluster's own words


@dataclass(frozen=True)
class MissingCounts:
    """Why a cluster's counts are missing. `word` is the state of its row, "" where the state is the cluster's own."""

    notice: Notice
    word: str = ""


def find_missing_counts(board: Board, cluster: BoardCluster) -> MissingCounts | None:
    """None where counts can be shown."""
    if cluster.cluster_session is None:
        return _credential_notice(board, cluster)
    if cluster.counter is None:
        notice = Notice(
            _("This server has reached its limit of monitored clusters."),
            _("You can still open the cluster. Its numbers appear when other people close their overview."),
            "unknown",
        )
        return MissingCounts(notice, _("Not monitored"))
    snapshot = cluster.counter.snapshot
    if snapshot.error is None or snapshot.reach is Reach.REACHABLE:
        return None
    if snapshot.reach is Reach.UNAUTHORIZED and cluster.active_credential.word == "expired":
        return _credential_notice(board, cluster)
    if snapshot.reach is Reach.UNAUTHORIZED:
        return MissingCounts(_rejected_notice(board, cluster, snapshot.error))
    return MissingCounts(_unreachable_notice(board, cluster.access.cluster, snapshot.error))


def _credential_notice(board: Board, board_cluster: BoardCluster) -> MissingCounts:
    """Nothing can be sent there, or what is sent has ended."""
    state, cluster = board_cluster.active_credential, board_cluster.access.cluster
    if state.word == "none":
        add = _button(_("Add credential"), _credential_url(cluster), cluster, primary=True)
        notice = Notice(
            _("You have no credential for this cluster yet."),
            _("Quarterdeck acts as you: add a token, a client certificate or your kubeconfig."),
            "unknown",
            (add,),
        )
        return MissingCounts(notice, _("No credential"))
    if state.credential is not None and state.suspension is not None:
        return _suspended_counts(board, cluster, state.credential, state.suspension)
    renew = _renew_buttons(board, board_cluster, state)
    if state.word == "expired":
        title = _("The credential for this cluster has expired.")
        advice = _("It is no longer used. Add a new one to replace it.")
        return MissingCounts(Notice(title, advice, buttons=renew), _("Credential expired"))
    title = _("The credential cannot be decrypted.")
    advice = _("Its encryption key is missing, or the stored record was altered. Add it again.")
    return MissingCounts(Notice(title, advice, buttons=renew), _("Cannot be decrypted"))


def _suspended_counts(
    board: Board, cluster: Cluster, credential: Credential, suspension: Suspension
) -> MissingCounts:
    """Nothing is sent, and so nothing is counted, until somebody says yes."""
    title, advice, label = describe_suspension(credential, suspension)
    url = build_suspended_url(credential, suspension)
    buttons: tuple[Button, ...] = (_button(label, url, cluster, primary=True),)
    if credential.team is not None and board.user.is_administrator:
        href = reverse("clusters:confirm_team_credential", args=[cluster.slug, credential.team.slug])
        compare = _button(_("Compare and confirm"), href, cluster, primary=True)
        buttons = (compare, _button(label, url, cluster, primary=False))
    return MissingCounts(Notice(title, advice, "warning", buttons), _("Credential suspended"))


def _rejected_notice(board: Board, cluster: BoardCluster, error: ApiError) -> Notice:
    return Notice(
        _(error.title),
        _(error.advice),
        buttons=_renew_buttons(board, cluster, cluster.active_credential),
        message=error.message[:LONGEST],
    )


def _unreachable_notice(board: Board, cluster: Cluster, error: ApiError) -> Notice:
    """Where the cluster is and how it is verified are an administrator's to change; others are told whom to ask."""
    edit = _button(_("Edit cluster"), reverse("clusters:edit", args=[cluster.slug]), cluster, primary=True)
    mine = board.user.is_administrator
    advice = (
        _(error.advice) if mine else " ".join([_(error.advice), _name_administrators(board.administrators)])
    )
    return Notice(_(error.title), advice, buttons=(edit,) if mine else (), message=error.message[:LONGEST])


def _name_administrators(administrators: Sequence[str]) -> str:
    if not administrators:
        return ""
    return _("Ask a Quarterdeck administrator: %(names)s.") % {"names": ", ".join(administrators)}


def _renew_buttons(board: Board, board_cluster: BoardCluster, state: CredentialStatus) -> tuple[Button, ...]:
    """One's own is renewed; a team's by an administrator, and meanwhile one can bring one's own."""
    cluster, credential = board_cluster.access.cluster, state.credential
    if credential is None or credential.team is None:
        return (_button(_("Renew"), _credential_url(cluster), cluster, primary=True),)
    own = _button(
        _("Add credential"), _credential_url(cluster), cluster, primary=not board.user.is_administrator
    )
    if not board.user.is_administrator:
        return (own,)
    href = reverse("clusters:team_credential", args=[cluster.slug, credential.team.slug])
    return _button(_("Renew team credential"), href, cluster, primary=True), own


def _button(label: str, href: str, cluster: Cluster, *, primary: bool) -> Button:
    """Named after its cluster for screen readers: there is one in many rows."""
    return Button(label, href, primary, about=cluster.name)


def _credential_url(cluster: Cluster) -> str:
    return reverse("clusters:credential", args=[cluster.slug])
