"""What stands between the person and a cluster, and who can mend it with which button?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.counting.snapshot import Reach
from clusters.models import Cluster
from clusters.pages.states import CredentialState
from dashboard.overview.board import Board, Line

LONGEST = 300  # characters of the cluster's own words


@dataclass(frozen=True)
class Button:
    """A way out; `primary` is the one that mends it."""

    label: str
    href: str
    primary: bool = False


@dataclass(frozen=True)
class Trouble:
    """`title` says what is wrong and `advice` what to try; `said` are the cluster's own words.

    `word` and `level` are the state of the row, where the trouble is on our side of the cluster.
    """

    title: str
    advice: str = ""
    said: str = ""
    buttons: tuple[Button, ...] = ()
    word: str = ""
    level: str = "error"


def trouble_of(board: Board, line: Line) -> Trouble | None:
    """None where counts can be shown."""
    if line.desk is None:
        return _without_credential(board, line)
    if line.counter is None:
        return Trouble(
            _("This server has reached its limit of monitored clusters."),
            _("You can still open the cluster. Its numbers appear when other people close their overview."),
            word=_("Not monitored"),
            level="unknown",
        )
    snapshot = line.counter.snapshot
    if snapshot.error is None or snapshot.reach is Reach.REACHABLE:
        return None
    if snapshot.reach is Reach.REFUSED and line.acting.word == "ended":
        return _without_credential(board, line)
    if snapshot.reach is Reach.REFUSED:
        return _refused(board, line, snapshot.error)
    return _unreachable(board, line.standing.cluster, snapshot.error)


def _without_credential(board: Board, line: Line) -> Trouble:
    """Nothing can be sent there, or what is sent has ended."""
    state, cluster = line.acting, line.standing.cluster
    if state.word == "none":
        return Trouble(
            _("You have no credential for this cluster yet."),
            _("Quarterdeck acts as you: add a token, a client certificate or your kubeconfig."),
            buttons=(Button(_("Add credential"), _own(cluster), primary=True),),
            word=_("No credential"),
            level="unknown",
        )
    ended = state.word == "ended"
    return Trouble(
        _("The credential for this cluster has expired.")
        if ended
        else _("The credential cannot be decrypted."),
        _("It is no longer used. Add a new one to replace it.")
        if ended
        else _("Its encryption key is missing, or the stored record was altered. Add it again."),
        buttons=_renewing(board, line, state),
        word=_("Credential expired") if ended else _("Cannot be decrypted"),
    )


def _refused(board: Board, line: Line, error: ApiError) -> Trouble:
    return Trouble(
        _(error.title),
        _(error.advice),
        error.message[:LONGEST],
        _renewing(board, line, line.acting),
    )


def _unreachable(board: Board, cluster: Cluster, error: ApiError) -> Trouble:
    """Where the cluster is and how it is verified are an administrator's to change; others are told whom to ask."""
    edit = Button(_("Edit cluster"), reverse("clusters:edit", args=[cluster.slug]), primary=True)
    mine = board.user.is_administrator
    advice = _(error.advice) if mine else " ".join([_(error.advice), _ask(board.administrators)])
    return Trouble(_(error.title), advice, error.message[:LONGEST], (edit,) if mine else ())


def _ask(administrators: Sequence[str]) -> str:
    if not administrators:
        return ""
    return _("Ask a Quarterdeck administrator: %(names)s.") % {"names": ", ".join(administrators)}


def _renewing(board: Board, line: Line, state: CredentialState) -> tuple[Button, ...]:
    """One's own is renewed; a team's by an administrator, and meanwhile one can bring one's own."""
    cluster, credential = line.standing.cluster, state.credential
    if credential is None or credential.team is None:
        return (Button(_("Renew"), _own(cluster), primary=True),)
    own = Button(_("Add credential"), _own(cluster), primary=not board.user.is_administrator)
    if not board.user.is_administrator:
        return (own,)
    href = reverse("clusters:team_credential", args=[cluster.slug, credential.team.slug])
    return Button(_("Renew team credential"), href, primary=True), own


def _own(cluster: Cluster) -> str:
    return reverse("clusters:credential", args=[cluster.slug])
