"""Creating the objects of a text one after the other: one refusal loses nothing, and nothing is created twice.

Each object has its name before it is sent, so that the API server refuses a second one (409 AlreadyExists). After an
answer that was lost nothing more is sent: the same form can be sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from clusters.access.reviews import ReviewResult
from clusters.actions.change import FIELD_MANAGER, OPTIONS, Change
from clusters.api.errors import ApiError, Conflict, Unreachable
from clusters.api.resource_attributes import ResourceAttributes
from clusters.changes.objects import metadata_of
from clusters.creation.checking import ALREADY_EXISTS
from clusters.creation.new_objects import NewObject
from clusters.creation.results import CreationResult, State, review_objects
from clusters.creation.timings import CreationTimings
from clusters.gateway.audited_requests import result_of
from clusters.gateway.connect import ClusterSession
from people.audit.models import Result
from people.audit.record import AuditTrailUnavailable

METADATA_ONLY = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
LOOK_SECONDS = 5.0


def create_objects(
    session: ClusterSession,
    objects: Sequence[NewObject],
    timings: CreationTimings,
    *,
    left_out: Collection[int] = (),
    timer: Callable[[], float] = time.monotonic,
) -> list[CreationResult]:
    """The result of each, in the order of `objects`. Those at the positions `left_out` are not sent.

    Raises DeniedByRole alone: a result says that the audit trail, or the cluster, could not be written any more.
    """
    return list(_Sending(session, timings, timer, frozenset(left_out)).send_all(objects))


class _Sending:
    """One form: what was created so far, and why no more is sent."""

    def __init__(
        self,
        session: ClusterSession,
        timings: CreationTimings,
        timer: Callable[[], float],
        left_out: frozenset[int],
    ) -> None:
        self._session, self._timings, self._timer = session, timings, timer
        self._left_out = left_out
        self._until = timer() + timings.create
        self._end = ""  # why nothing more is sent
        self._absent: dict[int, NewObject] = {}  # what was not created

    def send_all(self, objects: Sequence[NewObject]) -> Iterator[CreationResult]:
        reviews = review_objects(self._session, objects)
        for one in objects:
            result = self._send(one, reviews)
            if not (result.is_there or result.state == "existing"):
                self._absent[one.position] = one
            yield result

    def _send(self, one: NewObject, reviews: Mapping[ResourceAttributes, ReviewResult]) -> CreationResult:
        review = reviews[one.attributes]
        if review.state == "denied":
            return CreationResult(one, "denied", review=review)
        if not self._end and self._timer() > self._until:
            self._end = _("Not sent: the time of one request is over.")
        if reason := self._end or self._find_hindrance(one):
            return CreationResult(one, "unsent", reason=reason)
        try:
            response = Change(one.attributes, one.value, OPTIONS).send(self._session)
        except AuditTrailUnavailable:
            self._end = _("Not sent: the audit trail is not writable, and nothing is sent without it.")
            return CreationResult(one, "unsent", reason=self._end)
        except ApiError as error:
            return self._judge(one, error)
        return CreationResult(one, "created", response.json(), response.warnings)

    def _find_hindrance(self, one: NewObject) -> str:
        """Why this one is not sent although others are."""
        if one.position in self._left_out:
            return _("Not sent: the dry run refused it.")
        needed = next((self._absent[each] for each in one.waits_for if each in self._absent), None)
        if needed is not None:
            words = {"kind": needed.resource.kind, "name": needed.name}
            return _("Not sent: it needs %(kind)s %(name)s, which was not created.") % words
        if not one.is_served and not self._wait_until_served(one):
            return _("Not sent: the cluster does not serve this kind yet. Try again in a moment.")
        return ""

    def _wait_until_served(self, one: NewObject) -> bool:
        """A CustomResourceDefinition is served a moment after it was created."""
        resource = one.resource
        path = f"/apis/{resource.group}/{resource.version}"
        until = self._timer() + self._timings.served
        while True:
            try:
                found = self._session.client.get(path, timeout=LOOK_SECONDS)
            except ApiError as error:
                found = {}
                if isinstance(error, Unreachable):
                    return False
            served = found.get("resources") if isinstance(found, Mapping) else None
            if any(
                isinstance(each, Mapping) and each.get("name") == resource.plural for each in served or ()
            ):
                return True
            if self._timer() > until:
                return False
            time.sleep(self._timings.poll)

    def _judge(self, one: NewObject, error: ApiError) -> CreationResult:
        if isinstance(error, Conflict) and error.reason == ALREADY_EXISTS:
            return self._describe_existing(one, error)
        state: State = "unknown" if result_of(error) == Result.UNKNOWN else "refused"
        if isinstance(error, Unreachable):
            self._end = _("Not sent: the cluster did not respond before.")
        return CreationResult(one, state, error=error, warnings=error.warnings)

    def _describe_existing(self, one: NewObject, error: ApiError) -> CreationResult:
        """Since when it is there and through whom, as far as its metadata can be read."""
        try:
            path = one.resource.object_path(one.namespace, one.name)
            found = self._session.client.get(path, accept=METADATA_ONLY, timeout=LOOK_SECONDS)
        except ApiError:
            return CreationResult(one, "existing", error=error)
        metadata = metadata_of(found) if isinstance(found, Mapping) else {}
        created = str(metadata.get("creationTimestamp") or "?")
        managers = _list_managers(metadata)
        is_ours = FIELD_MANAGER in managers
        words = {"time": created, "manager": FIELD_MANAGER if is_ours else next(iter(managers), "?")}
        reason = _("It has existed since %(time)s, first written by %(manager)s.") % words
        return CreationResult(one, "existing", error=error, reason=reason, is_ours=is_ours)


def _list_managers(metadata: Mapping[str, Any]) -> Sequence[str]:
    """The field managers that wrote the object first, by the time that they say."""
    entries = metadata.get("managedFields")
    found = [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []
    first = min((str(one.get("time") or "") for one in found), default="")
    return [str(one.get("manager") or "") for one in found if str(one.get("time") or "") == first]
