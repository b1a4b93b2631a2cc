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
from dashboard.overview.board import Board, BoardCluster

LONGEST = 300  # characters of the cluster's own words


@dataclass(frozen=True)
class Button:
    """A way out; `primary` is the one that mends it."""

    label: str
    href: str
    primary: bool = False


@dataclass(frozen=True)
class Notice:
    """`title` says what is wrong and `advice` what to try; `server_message` are the cluster's own words.

    `word` and `level` are the state of the row, where the cause is on our side of the cluster.
    """

    title: str
    advice: str = ""
    server_message: str = ""
    buttons: tuple[Button, ...] = ()
    word: str = ""
    level: str = "error"


def find_notice(board: Board, cluster: BoardCluster) -> Notice | None:
    """None where counts can be shown."""
    if cluster.cluster_session is None:
        return _credential_notice(board, cluster)
    if cluster.counter is None:
        return Notice(
            _("This server has reached its limit of monitored clusters."),
            _("You can still open the cluster. Its numbers appear when other people close their overview."),
            word=_("Not monitored"),
            level="unknown",
        )
    snapshot = cluster.counter.snapshot
    if snapshot.error is None or snapshot.reach is Reach.REACHABLE:
        return None
    if snapshot.reach is Reach.UNAUTHORIZED and cluster.active_credential.word == "expired":
        return _credential_notice(board, cluster)
    if snapshot.reach is Reach.UNAUTHORIZED:
        return _rejected_notice(board, cluster, snapshot.error)
    return _unreachable_notice(board, cluster.access.cluster, snapshot.error)


def _credential_notice(board: Board, board_cluster: BoardCluster) -> Notice:
    """Nothing can be sent there, or what is sent has ended."""
    state, cluster = board_cluster.active_credential, board_cluster.access.cluster
    if state.word == "none":
        return Notice(
            _("You have no credential for this cluster yet."),
            _("Quarterdeck acts as you: add a token, a client certificate or your kubeconfig."),
            buttons=(Button(_("Add credential"), _credential_url(cluster), primary=True),),
            word=_("No credential"),
            level="unknown",
        )
    if state.credential is not None and state.suspension is not None:
        return _suspended_notice(board, board_cluster, state.credential, state.suspension)
    expired = state.word == "expired"
    return Notice(
        _("The credential for this cluster has expired.")
        if expired
        else _("The credential cannot be decrypted."),
        _("It is no longer used. Add a new one to replace it.")
        if expired
        else _("Its encryption key is missing, or the stored record was altered. Add it again."),
        buttons=_renew_buttons(board, board_cluster, state),
        word=_("Credential expired") if expired else _("Cannot be decrypted"),
    )


def _suspended_notice(
    board: Board, board_cluster: BoardCluster, credential: Credential, suspension: Suspension
) -> Notice:
    """Nothing is sent, and so nothing is counted, until somebody says yes."""
    title, advice, label = describe_suspension(credential, suspension)
    word, cluster = _("Credential suspended"), board_cluster.access.cluster
    if credential.team is None and suspension.is_moved:
        way_out = Button(label, reverse("clusters:confirm_credential", args=[cluster.slug]), primary=True)
        return Notice(title, advice, buttons=(way_out,), word=word, level="warning")
    if credential.team is not None and board.user.is_administrator:
        args = [cluster.slug, credential.team.slug]
        compare = Button(
            _("Compare and confirm"), reverse("clusters:confirm_team_credential", args=args), primary=True
        )
        own = Button(_("Add credential"), _credential_url(cluster))
        return Notice(title, advice, buttons=(compare, own), word=word, level="warning")
    add = Button(label, _credential_url(cluster), primary=True)
    return Notice(title, advice, buttons=(add,), word=word, level="warning")


def _rejected_notice(board: Board, cluster: BoardCluster, error: ApiError) -> Notice:
    return Notice(
        _(error.title),
        _(error.advice),
        error.message[:LONGEST],
        _renew_buttons(board, cluster, cluster.active_credential),
    )


def _unreachable_notice(board: Board, cluster: Cluster, error: ApiError) -> Notice:
    """Where the cluster is and how it is verified are an administrator's to change; others are told whom to ask."""
    edit = Button(_("Edit cluster"), reverse("clusters:edit", args=[cluster.slug]), primary=True)
    mine = board.user.is_administrator
    advice = (
        _(error.advice) if mine else " ".join([_(error.advice), _name_administrators(board.administrators)])
    )
    return Notice(_(error.title), advice, error.message[:LONGEST], (edit,) if mine else ())


def _name_administrators(administrators: Sequence[str]) -> str:
    if not administrators:
        return ""
    return _("Ask a Quarterdeck administrator: %(names)s.") % {"names": ", ".join(administrators)}


def _renew_buttons(board: Board, board_cluster: BoardCluster, state: CredentialStatus) -> tuple[Button, ...]:
    """One's own is renewed; a team's by an administrator, and meanwhile one can bring one's own."""
    cluster, credential = board_cluster.access.cluster, state.credential
    if credential is None or credential.team is None:
        return (Button(_("Renew"), _credential_url(cluster), primary=True),)
    own = Button(_("Add credential"), _credential_url(cluster), primary=not board.user.is_administrator)
    if not board.user.is_administrator:
        return (own,)
    href = reverse("clusters:team_credential", args=[cluster.slug, credential.team.slug])
    return Button(_("Renew team credential"), href, primary=True), own


def _credential_url(cluster: Cluster) -> str:
    return reverse("clusters:credential", args=[cluster.slug])
