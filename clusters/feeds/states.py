"""Feed states: the state of a feed, with its time and the API server's own message."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import UTC, datetime

from clusters.api.errors import ApiError, Busy, TooManyRequests, Unreachable


class State(enum.StrEnum):
    """What a live page says of its data."""

    LOADING = "loading"  # the first list is under way
    LIVE = "live"  # every change arrives
    POLLED = "polled"  # the kind has no watch: read again every 15 s
    RECONNECTING = "reconnecting"  # the stream broke
    BEHIND = "behind"  # the API server asks to wait (429)
    EXPIRED = "expired"  # the position was lost (410): listing again, old rows stay until then
    UNAUTHORIZED = "unauthorized"  # the API server takes the credential no more (401): the rows are gone
    DENIED = "denied"  # Kubernetes refuses: the rows are gone
    REJECTED = "rejected"  # the API server does not understand the selectors
    FAILING = "failing"  # the API server answers with errors of its own (5xx)
    UNREACHABLE = "unreachable"  # the API server does not answer
    GONE = "gone"  # the object was deleted, or the kind is no longer served
    CLOSED = "closed"  # closed here: another credential, or a bound was met


CURRENT = frozenset({State.LIVE, State.POLLED})  # what is held is what there is


def now() -> datetime:
    """The time for `since`, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class FeedState:
    """`since` is when the state began; `loaded` of about `total` rows (None: unknown) while it lists.

    `as_of` is when what is held was last known to be all there is: None while it is, or where nothing is held.
    `retry_at` is when the API server wants the next request, where it says so.
    """

    state: State = State.LOADING
    since: datetime = field(default_factory=now)
    message: str = ""
    loaded: int = 0
    total: int | None = None
    error: ApiError | None = None
    as_of: datetime | None = None
    retry_at: datetime | None = None

    @property
    def is_settled(self) -> bool:
        """Nothing more is to be waited for before a page is shown."""
        return self.state is not State.LOADING or 0 < self.loaded != self.total


def state_of(error: ApiError) -> State:
    """What a failure is called: asked to wait, not answered, or answered with an error."""
    if isinstance(error, TooManyRequests | Busy):
        return State.BEHIND
    return State.UNREACHABLE if isinstance(error, Unreachable) else State.FAILING
