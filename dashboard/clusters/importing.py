"""Import results: what a plan did with each context of a kubeconfig, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.credentials.import_execution import ImportOutcome
from clusters.credentials.import_plan import Step
from dashboard.clusters.notices import make_error_notice
from dashboard.pieces.notice import Notice
from people.audit.record import AuditTrailUnavailable


@dataclass(frozen=True)
class ImportResult:
    """What was done with a context, or why nothing was."""

    context: str
    text: str
    notice: Notice | None = None


def describe(outcome: ImportOutcome) -> ImportResult:
    """The outcome of one context as the page says it."""
    name, error = outcome.planned.context.name, outcome.error
    if isinstance(error, AuditTrailUnavailable):
        return ImportResult(
            name, "", Notice(_("The audit trail is not writable, so nothing was done."), is_announced=True)
        )
    if error is not None:
        return ImportResult(name, "", make_error_notice(error))
    return ImportResult(name, _describe_request(outcome) or " ".join(_describe_cluster(outcome)))


def _describe_request(outcome: ImportOutcome) -> str:
    if outcome.planned.step is not Step.REQUEST:
        return ""
    if outcome.is_known_request:
        return _("You have already requested this cluster. An administrator will decide.")
    text = _(
        "Administrators have been asked to add %(server)s. Add your credential once the cluster is available."
    )
    return text % {"server": outcome.planned.context.server}


def _describe_cluster(outcome: ImportOutcome) -> list[str]:
    name = outcome.cluster.name if outcome.cluster else ""
    texts = [_("Cluster %(cluster)s added.") % {"cluster": name}] if outcome.is_new else []
    if outcome.who:
        values = {"cluster": name, "identity": outcome.who.username}
        texts.append(_("Your identity on %(cluster)s is %(identity)s.") % values)
    return texts
