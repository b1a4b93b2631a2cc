"""Poll: one count of a cluster, as paginated lists of Table cells, where permissions allow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Generic, Protocol, TypeVar

import msgspec

from clusters.access.reviews import ReviewResult
from clusters.api.connection import Connection
from clusters.api.errors import ApiError, Forbidden, Gone, NotFound, Unauthorized, Unreachable
from clusters.api.paths import resource_path
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.streams import Streams
from clusters.api.tables import TABLE_ACCEPT, Page, decode_page
from clusters.counting import permissions, tallies
from clusters.counting.snapshot import Count, CountStatus, Nodes, Pods, Reach, Snapshot, Warnings, now
from clusters.counting.timings import CountingTimings

PAGE = 5000  # rows: cells alone are some 120 bytes a row, so large pages are cheap
MOST_PAGES = 10  # of one list; what is beyond makes the count "at least"
AT_ONCE = 4  # lists under way at once on one cluster
VERSION = 64  # characters of a version that are kept

V = TypeVar("V", Nodes, Pods, Warnings)
V_co = TypeVar("V_co", Nodes, Pods, Warnings, covariant=True)


class Tally(Protocol[V_co]):
    """A function of `tallies`."""

    def __call__(self, pages: Sequence[Page], *, at_least: bool) -> V_co: ...


@dataclass(frozen=True)
class Kind(Generic[V]):
    """What is listed for one count, how its rows are counted, and how two namespaces are added."""

    attributes: ResourceAttributes
    tally: Tally[V]
    join: Callable[[V, V], V]
    query: tuple[tuple[str, str], ...] = ()


NODES = Kind(permissions.NODES, tallies.nodes, tallies.join_nodes)
PODS = Kind(permissions.PODS, tallies.pods, tallies.join_pods)
WARNINGS = Kind(
    permissions.EVENTS, tallies.warnings, tallies.join_warnings, (("fieldSelector", "type=Warning"),)
)


@dataclass
class PollState:
    """What is known of one cluster under one credential; `reviewed_at` is the monotonic time of its permissions.

    `known_namespaces` are those that viewers know of; `notify` is called after each change of `snapshot`. `page_rows`
    is how many rows one page of a list has.
    """

    connection: Connection
    timings: CountingTimings
    page_rows: int = PAGE
    notify: Callable[[], None] = lambda: None
    known_namespaces: dict[str, None] = field(default_factory=dict)
    snapshot: Snapshot = field(default_factory=Snapshot)
    reviewed_at: float = float("-inf")

    def show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.notify()


async def probe(streams: Streams, poll_state: PollState) -> None:
    """Whether it responds again. Its readiness decides: an API server that just started denies what RBAC will allow."""
    try:
        await streams.get(poll_state.connection, "/readyz", timeout=poll_state.timings.probe_timeout)
    except (Unauthorized, Forbidden, NotFound):
        return  # it did respond


async def poll_cluster(streams: Streams, poll_state: PollState) -> float:
    """One poll; each count is shown as it comes. Raises ApiError where the whole cluster is in the way.

    Returns the seconds that the API server asks to be left alone for, or 0.
    """
    reachable = poll_state.snapshot.reach is Reach.REACHABLE
    if not reachable or time.monotonic() - poll_state.reviewed_at >= poll_state.timings.review:
        await _review(streams, poll_state)
    counts = await _count_all(_Lists(streams, poll_state, asyncio.Semaphore(AT_ONCE)), poll_state)
    errors = [count.error for count in counts if count.error is not None]
    refused = next((error for error in errors if isinstance(error, Unauthorized)), None)
    if refused is not None:
        raise refused
    if errors and len(errors) == len(counts) and all(isinstance(error, Unreachable) for error in errors):
        raise errors[0]
    if not counts:
        await _version(streams, poll_state)  # nothing may be listed: whether it still responds
    poll_state.show(_mark_reachable(poll_state.snapshot))
    return max((error.retry_after or 0.0 for error in errors), default=0.0)


async def _review(streams: Streams, poll_state: PollState) -> None:
    started = time.monotonic()
    version = await _version(streams, poll_state)
    found = await permissions.review_permissions(
        streams, poll_state.connection, tuple(poll_state.known_namespaces)
    )
    poll_state.reviewed_at = started
    poll_state.show(_mark_reachable(replace(poll_state.snapshot, version=version, permissions=found)))


async def _version(streams: Streams, poll_state: PollState) -> str:
    """What the API server calls itself; empty where it does not tell this person."""
    try:
        timeout = poll_state.timings.probe_timeout
        body = await streams.get(poll_state.connection, "/version", timeout=timeout)
    except (Forbidden, NotFound):
        return ""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return ""
    return str(found.get("gitVersion") or "")[:VERSION] if isinstance(found, dict) else ""


def _mark_reachable(before: Snapshot) -> Snapshot:
    since = before.since if before.reach is Reach.REACHABLE else now()
    return replace(before, reach=Reach.REACHABLE, since=since, answered_at=now(), error=None)


async def _count_all(
    lists: _Lists, poll_state: PollState
) -> list[Count[Nodes] | Count[Pods] | Count[Warnings]]:
    """The three counts side by side, shown one by one; what Kubernetes denied beforehand is not requested."""
    may = poll_state.snapshot.permissions
    pods_in = [one.namespace for one in may.namespaces if one.pods.state != "denied"]
    events_in = [one.namespace for one in may.namespaces if one.events.state != "denied"]
    before = poll_state.snapshot

    async def nodes() -> Count[Nodes]:
        found = await _count(lists, NODES, before.nodes, may.nodes)
        poll_state.show(replace(poll_state.snapshot, nodes=found))
        return found

    async def pods() -> Count[Pods]:
        found = await _count(lists, PODS, before.pods, may.pods, pods_in, may.left_out)
        poll_state.show(replace(poll_state.snapshot, pods=found))
        return found

    async def warnings() -> Count[Warnings]:
        found = await _count(lists, WARNINGS, before.warnings, may.events, events_in, may.left_out)
        poll_state.show(replace(poll_state.snapshot, warnings=found))
        return found

    found = await asyncio.gather(nodes(), pods(), warnings())
    if any(isinstance(count.error, Forbidden) for count in found):
        # A permission ended between two reviews: the next poll reviews again.
        poll_state.reviewed_at = float("-inf")
    return [count for count in found if count.status is not CountStatus.DENIED or count.error is not None]


@dataclass(frozen=True)
class _Lists:
    """The lists of one poll: at most so many at once."""

    streams: Streams
    poll_state: PollState
    slots: asyncio.Semaphore

    async def count(self, kind: Kind[V], namespace: str = "") -> V:
        """One list of cells, at most so many pages of it."""
        pages: list[Page] = []
        token = ""
        async with self.slots:
            for _turn in range(MOST_PAGES):
                try:
                    pages.append(await self._page(kind, namespace, token))
                except Gone:
                    if not pages:
                        raise
                    break  # the list's state is too old to go on with: what was read is the least there is
                token = pages[-1].continue_token
                if not token:
                    break
        return kind.tally(pages, at_least=bool(token))

    async def _page(self, kind: Kind[V], namespace: str, token: str) -> Page:
        query: list[tuple[str, str]] = [("limit", str(self.poll_state.page_rows)), ("includeObject", "None")]
        query += [*kind.query, *([("continue", token)] if token else [])]
        body = await self.streams.get(
            self.poll_state.connection,
            resource_path(replace(kind.attributes, namespace=namespace)),
            query,
            accept=TABLE_ACCEPT,
            timeout=self.poll_state.timings.page_timeout,
        )
        return decode_page(body)


async def _count(
    lists: _Lists,
    kind: Kind[V],
    before: Count[V],
    wide: ReviewResult,
    namespaces: Sequence[str] = (),
    left_out: int = 0,
) -> Count[V]:
    """In the whole cluster where that may be; else the sum of the namespaces. A failure keeps the last value."""
    try:
        if wide.state != "denied":
            return Count(CountStatus.COUNTED, await lists.count(kind), now())
        if namespaces:
            return await _sum_namespaces(lists, kind, namespaces, left_out)
    except Forbidden as refusal:
        return Count(CountStatus.DENIED, error=refusal)
    except ApiError as error:
        return replace(before, status=CountStatus.FAILED, error=error)
    return Count(CountStatus.DENIED)


async def _sum_namespaces(lists: _Lists, kind: Kind[V], namespaces: Sequence[str], left_out: int) -> Count[V]:
    """Raises the first error where no namespace could be counted."""
    met = await asyncio.gather(*(_try_count(lists, kind, name) for name in namespaces))
    values = [found for found in met if not isinstance(found, ApiError)]
    errors = [found for found in met if isinstance(found, ApiError)]
    if not values:
        raise errors[0]
    refused = next((error for error in errors if isinstance(error, (Unauthorized, Forbidden))), None)
    counted = tuple(
        name for name, found in zip(namespaces, met, strict=True) if not isinstance(found, ApiError)
    )
    return Count(
        CountStatus.COUNTED,
        reduce(kind.join, values),
        now(),
        refused,
        namespaces=counted,
        left_out=left_out + len(errors),
    )


async def _try_count(lists: _Lists, kind: Kind[V], namespace: str) -> V | ApiError:
    try:
        return await lists.count(kind, namespace)
    except ApiError as error:
        return error
