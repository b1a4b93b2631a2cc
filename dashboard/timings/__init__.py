"""Timings: how long the engines and the pages of one process wait, as one value of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from clusters.api.timings import ApiTimings
from clusters.bulk.timings import BulkTimings
from clusters.counting.timings import CountingTimings
from clusters.creation.timings import CreationTimings
from clusters.drains.timings import DrainTimings
from clusters.feeds.timings import FeedTimings
from clusters.logs.timings import LogTimings
from clusters.operations.timings import OperationTimings
from clusters.terminal.timings import TerminalTimings
from people.timings import PeopleTimings


@dataclass(frozen=True)
class LiveTimings:
    """All in seconds. `session_check` is between two checks of the sessions of open sockets: with the query's own
    time an ended session's sockets are closed within 15. `gather` is how long changes are gathered after some were
    sent, shortest and longest; `heartbeat` is the quiet after which the page is told that the socket lives;
    `acknowledgement` is how long the page may take to acknowledge before the socket is closed.
    """

    session_check: float = 10.0
    gather: tuple[float, float] = (0.1, 0.5)
    heartbeat: float = 15.0
    acknowledgement: float = 120.0


@dataclass(frozen=True)
class ConnectionTimings:
    """All in seconds, from the first byte: `head` is how long all of a request's head may take to arrive, and a new
    connection until it sends one; `body` is for the body, `close` until a connection that was ended is cut.
    """

    head: float = 20.0
    body: float = 60.0
    close: float = 5.0


@dataclass(frozen=True)
class AuditTimings:
    """All in seconds. Open pages of the audit trail: `poll` is between polls for rows of other processes, `pace`
    between two polls, `burst_pace` after one with many new actions.

    Searches: `page_search` is how long a page searches, `quick_range` below which the next range is twice as long.
    Exports: `count` to count the list of files, `read` to read one file, `slot` to wait until one may be made.
    """

    poll: float = 2.0
    pace: float = 0.3
    burst_pace: float = 1.0
    page_search: float = 1.0
    quick_range: float = 0.1
    count: float = 3.0
    read: float = 20.0
    slot: float = 10.0


@dataclass(frozen=True)
class OverviewTimings:
    """In seconds, how long the page waits for clusters of which nothing is known yet: `first_counts` where a socket
    brings the rest, `noscript` where none will.
    """

    first_counts: float = 0.2
    noscript: float = 1.5


@dataclass(frozen=True)
class PassthroughTimings:
    """All in seconds. `check` is between two checks of the tokens and credentials of requests in progress, `review`
    between two access reviews of what lasts. A token's requests per second are `rate`, at once `burst`.
    """

    check: float = 5.0
    review: float = 15.0
    rate: float = 50.0
    burst: int = 300


@dataclass(frozen=True)
class EditTimings:
    """In seconds: `draft` is the least time between two times that a page sends what is typed, to be kept."""

    draft: float = 2.0


@dataclass(frozen=True)
class Timings:
    """What production has, of each engine. Only a settings module can say anything else, no environment variable."""

    api: ApiTimings = field(default_factory=ApiTimings)
    feeds: FeedTimings = field(default_factory=FeedTimings)
    counting: CountingTimings = field(default_factory=CountingTimings)
    operations: OperationTimings = field(default_factory=OperationTimings)
    drains: DrainTimings = field(default_factory=DrainTimings)
    creation: CreationTimings = field(default_factory=CreationTimings)
    people: PeopleTimings = field(default_factory=PeopleTimings)
    live: LiveTimings = field(default_factory=LiveTimings)
    connections: ConnectionTimings = field(default_factory=ConnectionTimings)
    audit: AuditTimings = field(default_factory=AuditTimings)
    bulk: BulkTimings = field(default_factory=BulkTimings)
    overview: OverviewTimings = field(default_factory=OverviewTimings)
    passthrough: PassthroughTimings = field(default_factory=PassthroughTimings)
    logs: LogTimings = field(default_factory=LogTimings)
    terminal: TerminalTimings = field(default_factory=TerminalTimings)
    edit: EditTimings = field(default_factory=EditTimings)
