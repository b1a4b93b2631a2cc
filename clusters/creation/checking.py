"""Dry run of all objects of a text before any is written, with what cannot be checked before another one exists."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from clusters.access.reviews import ReviewResult
from clusters.actions.change import OPTIONS, Change
from clusters.api.errors import ApiError, BadRequest, Conflict, Forbidden, Invalid, NotFound, Unreachable
from clusters.api.resource_attributes import ResourceAttributes
from clusters.creation.new_objects import DEFINITION, NewObject
from clusters.creation.results import CreationResult, review_objects
from clusters.creation.timings import CreationTimings
from clusters.gateway.connect import ClusterSession

NO_DRY_RUN = "does not support dry run"  # of an admission webhook with side effects
ALREADY_EXISTS = "AlreadyExists"


def check_objects(
    session: ClusterSession,
    objects: Sequence[NewObject],
    timings: CreationTimings,
    *,
    timer: Callable[[], float] = time.monotonic,
) -> list[CreationResult]:
    """The result of a dry run of each, in the order of `objects`, which is that of their creation.

    Raises AuditTrailUnavailable. Where the cluster does not answer, and after `timings.review`, the rest is unsent.
    """
    return list(_check(session, objects, timer() + timings.review, timer))


def _check(
    session: ClusterSession, objects: Sequence[NewObject], until: float, timer: Callable[[], float]
) -> Iterator[CreationResult]:
    reviews = review_objects(session, objects)
    lost: ApiError | None = None
    earlier: list[NewObject] = []
    for one in objects:
        if lost is not None:
            yield CreationResult(one, "unsent", reason=_("Not checked: the cluster did not respond."))
        elif timer() > until:
            yield CreationResult(one, "unsent", reason=_("Not checked: the time of one review is over."))
        else:
            result = _check_one(session, one, earlier, reviews)
            lost = result.error if isinstance(result.error, Unreachable) else None
            yield result
            if result.state in ("accepted", "unchecked"):
                earlier.append(one)


def _check_one(
    session: ClusterSession,
    one: NewObject,
    earlier: Sequence[NewObject],
    reviews: Mapping[ResourceAttributes, ReviewResult],
) -> CreationResult:
    review = reviews[one.attributes]
    if review.state == "denied":
        return CreationResult(one, "denied", review=review)
    if not one.is_served:
        return _describe_unserved(one, earlier)
    try:
        change = Change(one.attributes, one.value, OPTIONS)
        response = change.as_dry_run().send(session)
    except ApiError as error:
        return _judge(one, earlier, error)
    return CreationResult(one, "accepted", response.json(), response.warnings)


def _describe_unserved(one: NewObject, earlier: Sequence[NewObject]) -> CreationResult:
    definition = next(
        (each for each in earlier if each.position in one.waits_for and each.resource.kind == DEFINITION),
        None,
    )
    if definition is None:
        reason = _("Its CustomResourceDefinition is in this text, and cannot be created.")
        return CreationResult(one, "refused", reason=reason)
    reason = _("Cannot be checked before %(kind)s %(name)s is created.")
    return CreationResult(one, "unchecked", reason=reason % _words(definition))


def _judge(one: NewObject, earlier: Sequence[NewObject], error: ApiError) -> CreationResult:
    """A refusal, or a sign that the dry run says nothing: because of an earlier object, or of a webhook."""
    if isinstance(error, Conflict) and error.reason == ALREADY_EXISTS:
        return CreationResult(one, "existing", error=error, warnings=error.warnings)
    missing = find_missing(one, earlier, error)
    if missing is not None:
        reason = _("Cannot be checked before %(kind)s %(name)s is created.") % _words(missing)
        return CreationResult(one, "unchecked", error=error, reason=reason, warnings=error.warnings)
    if isinstance(error, BadRequest) and NO_DRY_RUN in error.message:
        reason = _("Cannot be checked: an admission webhook has side effects and refuses dry runs.")
        return CreationResult(one, "unchecked", error=error, reason=reason, warnings=error.warnings)
    return CreationResult(one, "refused", error=error, warnings=error.warnings)


def find_missing(one: NewObject, earlier: Sequence[NewObject], error: ApiError) -> NewObject | None:
    """The earlier object of the text that the refusal says is not there: a namespace, a service account, a role."""
    if not isinstance(error, NotFound | Forbidden | Invalid):
        return None
    message = error.message.lower()
    for other in earlier:
        if isinstance(error, NotFound) and other.position in one.waits_for:
            return other
        if any(words in message for words in _list_phrases(other)):
            return other
    return None


def _list_phrases(one: NewObject) -> Iterator[str]:
    """How API server and admission plugins say that it is not there."""
    kind, name, resource = one.resource.kind.lower(), one.name.lower(), one.resource
    group = f".{resource.group}" if resource.group else ""
    for word in (kind, resource.plural, f"{resource.plural}{group}", f"{kind}{group}"):
        yield f'{word} "{name}" not found'
    yield f"no {kind} with name {name} was found"


def _words(one: NewObject) -> dict[str, str]:
    return {"kind": one.resource.kind, "name": one.name}
