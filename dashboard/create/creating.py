"""Creating: one submission of the create page, from the typed text to what the API server says of each object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from clusters import discovery
from clusters.api.errors import ApiError
from clusters.api.paths import is_dns_label
from clusters.changes.errors import UnreadableText
from clusters.changes.reading_yaml import Document, read_documents
from clusters.changes.violations import Violation
from clusters.changes.yaml_values import Remark
from clusters.creation.checking import check_objects
from clusters.creation.new_objects import NewObject, read_objects
from clusters.creation.results import CreationResult
from clusters.creation.sending import create_objects
from clusters.gateway.connect import ClusterSession
from dashboard.create.submission import Submission


@dataclass
class Outcome:
    """What became of a submission: violations at lines, remarks, an error, and the result of each object.

    `is_sent`: the results are those of creating, and not of a dry run.
    """

    violations: list[Violation] = field(default_factory=list)
    remarks: tuple[Remark, ...] = ()
    error: ApiError | None = None
    results: Sequence[CreationResult] = ()
    is_sent: bool = False

    @property
    def sendable(self) -> Sequence[CreationResult]:
        """What a review leaves to be created."""
        return [one for one in self.results if one.state in ("accepted", "unchecked")]

    @property
    def left_out(self) -> Sequence[int]:
        """The positions of what it does not."""
        return [one.new.position for one in self.results if one.state not in ("accepted", "unchecked")]


def handle(session: ClusterSession, submission: Submission) -> Outcome:
    """Read, then a dry run of all, then create where the review of exactly this text was shown before.

    Raises DeniedByRole, and AuditTrailUnavailable where no dry run can be recorded; all else is in the outcome.
    """
    outcome = Outcome()
    documents = _read(submission, outcome)
    if not documents or outcome.violations:
        return outcome
    try:
        objects = _read_objects(session, submission, documents, outcome)
        if outcome.violations:
            return outcome
        timings = settings.TIMINGS.creation
        outcome.is_sent = submission.is_create and submission.is_reviewed
        if outcome.is_sent:
            outcome.results = create_objects(session, objects, timings, left_out=submission.left_out)
        else:
            outcome.results = check_objects(session, objects, timings)
    except ApiError as error:  # of discovery: each object's own error is in its result
        outcome.error = error
        return outcome
    outcome.violations = [one for result in outcome.results for one in result.violations]
    return outcome


def _read(submission: Submission, outcome: Outcome) -> Sequence[Document]:
    if not is_dns_label(submission.namespace):
        message = _("“%(name)s” is no name of a namespace.") % {"name": submission.namespace}
        outcome.violations.append(Violation(message, field="namespace"))
    try:
        documents = read_documents(submission.text)
    except UnreadableText as wrong:
        outcome.violations.append(Violation(wrong.message, wrong.line))
        return ()
    if not documents:
        outcome.violations.append(Violation(_("The text is empty.")))
    outcome.remarks = tuple(one for each in documents for one in each.remarks if not one.is_error)
    return documents


def _read_objects(
    session: ClusterSession, submission: Submission, documents: Sequence[Document], outcome: Outcome
) -> Sequence[NewObject]:
    """A kind that is not served may have been defined a moment ago: what is served is fetched anew once."""
    options = {"namespace": submission.namespace, "token": submission.token}
    objects, violations = read_objects(documents, session.catalog(), **options)
    if violations:
        objects, violations = read_objects(documents, discovery.refresh(session.client), **options)
    outcome.violations += violations
    return objects
