"""Log reading: the log of one run of a container, opened again after each break without loss and without doubles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from clusters.api.byte_streams import ByteStream, StreamLimits
from clusters.api.errors import ApiError, BadRequest, Forbidden, LimitReached, NotFound, Unauthorized
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.streams import Streams
from clusters.gateway.audited_requests import AuditedRequest
from clusters.gateway.connect import ClusterSession
from clusters.logs.events import NoticeKind
from clusters.logs.lines import ContainerRun, LineKey, LineSplitter, RawLine
from clusters.logs.merging import MergedLine
from clusters.logs.options import LogOptions, build_again_query
from clusters.logs.positions import Position
from clusters.logs.timings import LogTimings
from people.audit.record import AuditTrailUnavailable

NEVER_BETTER = (Forbidden, Unauthorized, NotFound, LimitReached)  # asked again, the answer would be the same
MAX_RETRIES = 3  # in a row, of a log that is not followed
NO_LIMITS = StreamLimits(head_seconds=None)  # with `follow` and no line yet there is no head
FINITE = StreamLimits(idle_seconds=30.0)  # of a log that is read to its end


class Receiver(Protocol):
    """Takes what a stream reads. `receive` waits while its own stream is slow: nothing more is read in that time."""

    async def receive(self, stream: int, lines: Sequence[MergedLine]) -> None: ...

    def notify(self, kind: NoticeKind, stream: int, text: str = "") -> None: ...


@dataclass(frozen=True)
class RunStatus:
    """What the pod says of a run now. `is_over`: nothing more is written to its log. `restarts`: since it began."""

    is_over: bool
    restarts: int = 0


class RunStream:
    """Reads the log of one run to its end. `status` says how the run stands; `changed` is set when that may differ."""

    def __init__(
        self,
        streams: Streams,
        session: ClusterSession,
        run: ContainerRun,
        number: int,
        receiver: Receiver,
        status: Callable[[], RunStatus],
        timings: LogTimings,
    ) -> None:
        self.changed = asyncio.Event()
        self._streams = streams
        self._session = session
        self._run = run
        self.number = number
        self._receiver = receiver
        self._status = status
        self._timings = timings
        self._position = Position()
        self._splitter = LineSplitter()
        self._size = 0
        self._lines = 0
        self._is_broken = False
        self._until: int | None = None
        self._is_past = False  # whether a line after `until` came

    async def run(self, options: LogOptions, *, is_new: bool) -> None:
        """Until the log ends. Whatever goes wrong is a notice in the view; nothing of it concerns other logs."""
        run = self._run
        attributes = ResourceAttributes("get", "", "v1", "pods", "log", run.namespace, run.pod)
        detail = {"container": run.container, "follow": options.follow, "previous": options.previous}
        is_cancelled = False
        try:
            async with self._session.open(attributes, detail) as request:
                try:
                    await self._read_to_end(request, options, is_new=is_new)
                except asyncio.CancelledError:
                    is_cancelled = True  # the page was closed: that is how such a request ends
                finally:
                    request.record_detail(bytes=self._size, lines=self._lines)
        except ApiError as error:
            self._receiver.notify(
                "denied" if isinstance(error, Forbidden) else "failed", self.number, str(error)
            )
        except AuditTrailUnavailable as error:
            self._receiver.notify("failed", self.number, str(error))
        if is_cancelled:
            raise asyncio.CancelledError

    async def _read_to_end(self, request: AuditedRequest, options: LogOptions, *, is_new: bool) -> None:
        failures = 0
        query: Sequence[tuple[str, str]] = options.build_query(self._run.container, is_new=is_new)
        self._until = options.until
        if not is_new and options.since is None and not options.is_whole:
            self._position.begin_tail()
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._read_once(request, query, is_again=self._position.since is not None)
                is_broken = False
            except BadRequest as error:
                if not await self._wait_for_start(error, options):
                    raise
                continue
            except ApiError as error:
                is_final = not options.follow and (failures >= MAX_RETRIES or not error.is_transient)
                if is_final or isinstance(error, NEVER_BETTER):
                    raise
                is_broken = True
                self._report_break(error)
            if not is_broken and (not options.follow or options.previous or await self._is_over()):
                await self._finish()
                return
            stood = asyncio.get_running_loop().time() - began
            failures = 1 if stood > self._timings.steady else failures + 1
            first, longest = self._timings.backoff
            await asyncio.sleep(min(longest, first * 2.0 ** min(failures - 1, 8)))
            if self._status().restarts > 1 and not options.previous:
                self._receiver.notify("rotated", self.number)  # the rest of this run is gone
                return
            query = self._build_next_query(options, query)

    def _build_next_query(
        self, options: LogOptions, query: Sequence[tuple[str, str]]
    ) -> Sequence[tuple[str, str]]:
        """After a break; where the container was restarted in that time, the rest is in the log of its previous run."""
        since, restarts = self._position.since, self._status().restarts
        if since is None:
            return query
        is_previous = options.previous or restarts == 1
        return build_again_query(
            self._run.container, since, follow=options.follow and not is_previous, previous=is_previous
        )

    async def _read_once(
        self, request: AuditedRequest, query: Sequence[tuple[str, str]], *, is_again: bool
    ) -> None:
        run = self._run
        path = f"/api/v1/namespaces/{quote(run.namespace, safe='')}/pods/{quote(run.pod, safe='')}/log"
        self._splitter.drop_part()
        if is_again:
            self._position.begin_again()
        limits = NO_LIMITS if ("follow", "true") in query else FINITE
        async with self._streams.open_stream(request.connection, path, query, limits=limits) as stream:
            request.record_response(stream.status, stream.headers.get("audit-id", ""))
            await self._read_stream(stream, is_again=is_again)

    async def _read_stream(self, stream: ByteStream, *, is_again: bool) -> None:
        while data := await stream.read():
            self._size += len(data)
            lines = self._number_lines(self._splitter.feed(data))
            if self._is_broken:
                self._is_broken = False
                self._receiver.notify("resumed", self.number)
            if is_again and lines:
                if self._position.is_interrupted:
                    self._receiver.notify("rotated", self.number)
                is_again = False
            if lines:
                await self._receiver.receive(self.number, lines)
            if self._is_past:
                return

    async def _finish(self) -> None:
        """A last line without a newline is one as well."""
        lines = self._number_lines(list(self._splitter.close()))
        if lines:
            await self._receiver.receive(self.number, lines)

    def _number_lines(self, raw: Sequence[RawLine]) -> list[MergedLine]:
        number = self.number
        lines = [
            MergedLine(LineKey(line.timestamp, number, ordinal), line.text, line.left_out)
            for line, ordinal in self._position.number(self._cut(raw))
        ]
        self._lines += len(lines)
        return lines

    def _cut(self, raw: Sequence[RawLine]) -> Sequence[RawLine]:
        """What is not after `until`."""
        if self._until is None:
            return raw
        kept = [line for line in raw if line.timestamp <= self._until]
        self._is_past = self._is_past or len(kept) < len(raw)
        return kept

    def _report_break(self, error: ApiError) -> None:
        """Once for each outage."""
        if not self._is_broken:
            self._is_broken = True
            self._receiver.notify("broken", self.number, str(error))

    async def _wait_for_start(self, error: BadRequest, options: LogOptions) -> bool:
        """A container that waits to start has no log yet: wait for its status, where it is followed."""
        if not options.follow or options.previous or self._status().restarts:
            return False
        if "waiting to start" not in str(error) and "initializing" not in str(error):
            return False
        self.changed.clear()
        await self._wait_for_change(self._timings.backoff[1])
        return True

    async def _is_over(self) -> bool:
        """Whether the run has ended, whose status may come a moment later than the end of its log."""
        if not self._status().is_over:
            self.changed.clear()
            await self._wait_for_change(self._timings.status)
        return self._status().is_over

    async def _wait_for_change(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait()
        except TimeoutError:
            return
