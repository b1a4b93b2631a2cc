"""Creation results: what became of one object of a text, in a dry run or for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from clusters.access.reviews import ReviewResult
from clusters.api.errors import ApiError
from clusters.api.resource_attributes import ResourceAttributes
from clusters.changes.violations import Violation, locate
from clusters.creation.new_objects import NewObject
from clusters.gateway.connect import ClusterSession

# Of a dry run: accepted, unchecked (it needs something that is not there yet), refused, existing, denied, unsent.
# For good: created, existing (one of this name was there), refused, denied, unknown (the answer was lost), unsent.
State = Literal["accepted", "unchecked", "created", "existing", "refused", "denied", "unknown", "unsent"]


@dataclass(frozen=True)
class CreationResult:
    """`stored` is the API server's object, `error` its refusal, `reason` a sentence of ours, `review` what denies it.

    `is_ours`: the object that exists was created through Quarterdeck, perhaps by an earlier sending of the same form.
    """

    new: NewObject
    state: State
    stored: Mapping[str, Any] | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()
    error: ApiError | None = None
    reason: str = ""
    review: ReviewResult | None = None
    is_ours: bool = False

    @property
    def violations(self) -> Sequence[Violation]:
        """The causes of a refusal at their lines in the text."""
        return locate(self.error, self.new.document) if self.error is not None else ()

    @property
    def is_there(self) -> bool:
        """Whether nothing of the object is left to be created."""
        return self.state == "created" or (self.state == "existing" and self.is_ours)


def review_objects(
    session: ClusterSession, objects: Iterable[NewObject]
) -> dict[ResourceAttributes, ReviewResult]:
    """The access review of each object that is to be created: all of one kind and namespace share one."""
    return session.review_access(list(dict.fromkeys(one.attributes for one in objects)))
