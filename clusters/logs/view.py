"""Log view: the logs of one open page, of all its pods, read, merged and handed out in order."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from clusters.access.reviews import review_async
from clusters.api.errors import ApiError, Forbidden
from clusters.api.pools import is_forgotten
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.streams import Streams
from clusters.logs.events import Notice, NoticeKind, StreamOpened
from clusters.logs.lines import ContainerRun
from clusters.logs.merging import Merge, MergedLine
from clusters.logs.options import MAX_STREAMS, LogOptions, LogTarget
from clusters.logs.outbox import Event, Outbox
from clusters.logs.pod_watch import PodChange, PodWatch
from clusters.logs.pods import Container, Pod
from clusters.logs.reading import RunStatus, RunStream
from clusters.logs.timings import LogTimings

MAX_RUNS = 5_000  # of containers, over the life of a view
FIRST_WINDOW = 1.0  # seconds that the first lines wait for those of other containers
log = logging.getLogger(__name__)


class LogView:
    """Runs in the loop of the logs; `take` is for any thread. `changed` is called when there may be events to take.

    Without `follow` it ends by itself: then `is_done`.
    """

    def __init__(
        self,
        streams: Streams,
        targets: Sequence[LogTarget],
        options: LogOptions,
        timings: LogTimings,
        changed: Callable[[], None],
    ) -> None:
        self.is_done = False
        self._streams = streams
        self._targets = targets
        self._options = options
        self._timings = timings
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox(self._loop, changed)
        # Logs that are read to their ends are waited for, so that no line is late.
        shortest, longest = timings.window if options.follow else (math.inf, math.inf)
        self._merge = Merge(shortest, longest, start=FIRST_WINDOW if options.follow else None)
        self._timer: asyncio.TimerHandle | None = None
        self._numbers: dict[ContainerRun, int] = {}
        self._streams_by_number: dict[int, RunStream] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._pods: dict[str, Pod] = {}
        self._first_counts: dict[
            tuple[str, str], int
        ] = {}  # restarts of the containers that were there first
        self._has_limit_notice = False

    # --- for any thread

    def take(self, most: int | None = None) -> tuple[list[Event], bool]:
        """The next events, and whether more are there; what is not taken stops the reading, once it is 2 MiB."""
        return self._outbox.take() if most is None else self._outbox.take(most)

    @property
    def has_news(self) -> bool:
        """Whether there is something to take, or nothing will come any more."""
        return self.is_done or self._outbox.size > 0

    # --- in the loop of the logs

    async def run(self) -> None:
        """Until it is cancelled or, without `follow`, all logs are read."""
        watches = [asyncio.create_task(self._contain(self._run_target(one))) for one in self._targets]
        reviews = [asyncio.create_task(self._contain(self._review(one))) for one in self._targets]
        try:
            await asyncio.gather(*watches)
            if not self._options.follow:
                while running := list(self._tasks.values()):
                    await asyncio.wait(running)
        finally:
            tasks = [*watches, *reviews, *self._tasks.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._timer is not None:
                self._timer.cancel()
            self._outbox.put(self._merge.pop(float("inf")))
            self.is_done = True
            self._changed()

    async def receive(self, stream: int, lines: Sequence[MergedLine]) -> None:
        """As a Receiver."""
        # The stream that the others wait for is read on: nothing moves until its next line is there.
        await self._outbox.wait_for_space(
            lambda: 0 if self._merge.is_waited_for(stream) else self._merge.waiting_bytes
        )
        self._merge.push(stream, lines, self._loop.time())
        self._pump()

    def notify(self, kind: NoticeKind, stream: int, text: str = "") -> None:
        """As a Receiver: between the lines of the stream that came before and those that come after."""
        notice = Notice(kind, stream, text)
        if self._merge.push_notice(notice, self._loop.time()):
            self._pump()
        else:
            self._outbox.put_event(notice)

    # --- below: not for outsiders

    async def _contain(self, running: Coroutine[Any, Any, None]) -> None:
        """A mistake of ours ends one task and is logged, and the view says so."""
        try:
            await running
        except Exception:
            log.exception("A log view failed")
            self.notify("failed", -1)

    def _pump(self) -> None:
        """Hand out what need not wait, and come again when the next line has waited long enough."""
        self._outbox.put(self._merge.pop(self._loop.time()))
        self._outbox.wake()
        if self._timer is not None:
            self._timer.cancel()
        due = self._merge.next_due()
        self._timer = None if due is None else self._loop.call_at(due, self._pump)

    async def _run_target(self, target: LogTarget) -> None:
        """Follow the pods of one target; an outage of its API server is a notice, and waited for."""
        watch = PodWatch(self._streams, target, self._timings)
        if not self._options.follow:
            try:
                self._apply(target, await watch.read())
            except ApiError as error:
                self.notify("denied" if isinstance(error, Forbidden) else "failed", -1, str(error))
            return
        failures = 0
        while True:
            began = self._loop.time()
            try:
                async for change in watch.follow():
                    self._apply(target, change)
            except ApiError as error:
                if not error.is_transient:
                    self.notify("denied" if isinstance(error, Forbidden) else "failed", -1, str(error))
                    return
                failures = 1 if self._loop.time() - began > self._timings.steady else failures + 1
                if failures == 2:
                    self.notify("broken", -1, str(error))
            first, longest = self._timings.backoff
            await asyncio.sleep(min(longest, first * 2.0 ** min(failures, 8)))

    def _apply(self, target: LogTarget, change: PodChange) -> None:
        if change.has_more:
            self._say_limit()
        opened: list[tuple[RunStream, bool]] = []  # each with whether its run began while the view was open
        for pod in change.pods:
            if change.is_gone:
                self._pods.pop(pod.uid, None)
                self._mark_gone(pod)
                continue
            self._pods[pod.uid] = pod
            for container in pod.containers:
                if change.is_first and container.has_log:
                    self._first_counts[pod.uid, container.name] = container.restart_count
                opened.extend(self._open(target, pod, container))
        # All of them are known to the merge before the first brings a line.
        for stream, is_new in opened:
            self._start(stream, is_new=is_new)
        for stream in self._streams_by_number.values():
            stream.changed.set()

    def _open(self, target: LogTarget, pod: Pod, container: Container) -> list[tuple[RunStream, bool]]:
        """A stream for the run that a container is in, where there is a log and none reads it yet."""
        run = self._find_run(target, pod, container)
        if run is None or run in self._numbers:
            return []
        if len(self._streams_by_number) >= MAX_STREAMS or len(self._numbers) >= MAX_RUNS:
            self._say_limit()
            return []
        is_new = self._first_counts.get((pod.uid, container.name), -1) < container.restart_count
        number = len(self._numbers)
        self._numbers[run] = number
        self._merge.open(number)
        self._outbox.put_event(StreamOpened(number, run, container.kind, self._options.previous))
        if is_new:
            self.notify("joined", number)
        stream = RunStream(
            self._streams, target.session, run, number, self, lambda: self._read_status(run), self._timings
        )
        self._streams_by_number[number] = stream
        return [(stream, is_new)]

    def _find_run(self, target: LogTarget, pod: Pod, container: Container) -> ContainerRun | None:
        if not self._options.selects(container.name):
            return None
        is_waiting = not (container.is_running or container.ended)
        if container.previous is None and (is_waiting or self._options.previous):
            return None
        # While a container waits to be restarted, the run that ended is still the one that is counted.
        count = container.restart_count - (1 if self._options.previous and not is_waiting else 0)
        return ContainerRun(
            target.session.cluster.slug, pod.namespace, pod.name, pod.uid, container.name, count
        )

    def _start(self, stream: RunStream, *, is_new: bool) -> None:
        number = stream.number

        async def read() -> None:
            try:
                await self._contain(stream.run(self._options, is_new=is_new))
            finally:
                self._streams_by_number.pop(number, None)
                self._tasks.pop(number, None)
                self._merge.close(number)
                self._pump()
            self._say_ended(number)

        self._tasks[number] = asyncio.create_task(read())

    def _read_status(self, run: ContainerRun) -> RunStatus:
        pod = self._pods.get(run.uid)
        container = pod.find(run.container) if pod is not None else None
        if container is None:
            return RunStatus(is_over=True)
        restarts = container.restart_count - run.restart_count
        return RunStatus(restarts > 0 or not container.is_running, max(0, restarts))

    def _say_ended(self, number: int) -> None:
        """After the last line of a run: how it ended, where its pod is still there."""
        run = next(one for one, known in self._numbers.items() if known == number)
        pod = self._pods.get(run.uid)
        container = pod.find(run.container) if pod is not None else None
        if container is None:
            return
        is_current = container.restart_count == run.restart_count
        ending = (is_current and container.ended) or container.previous
        if ending is not None:
            self.notify("ended", number, describe_ending(ending.exit_code, ending.signal, ending.reason))

    def _mark_gone(self, pod: Pod) -> None:
        for run, number in self._numbers.items():
            if run.uid == pod.uid:
                self.notify("gone", number)

    def _say_limit(self) -> None:
        if not self._has_limit_notice:
            self._has_limit_notice = True
            self.notify("limit", -1)

    async def _review(self, target: LogTarget) -> None:
        """End the logs of one target within 40 s after the permission is gone, or its credential."""
        session = target.session
        check = ResourceAttributes("get", "", "v1", "pods", "log", target.namespace, target.name)
        while True:
            await asyncio.sleep(self._timings.review)
            reason = ""
            if is_forgotten(session.connection.fingerprint):
                reason = "The credential was changed."
            else:
                try:
                    result = await review_async(self._streams, session.connection, check)
                except ApiError:
                    continue  # unknown is never shown as denied
                if result.state != "denied":
                    continue
            self._end_target(target)
            self.notify("denied", -1, reason)
            return

    def _end_target(self, target: LogTarget) -> None:
        for run, number in self._numbers.items():
            is_of_target = (run.cluster, run.namespace) == (target.session.cluster.slug, target.namespace)
            if is_of_target and number in self._tasks:
                self._tasks[number].cancel()


def describe_ending(exit_code: int, signal: int, reason: str) -> str:
    """`exit code 137 (OOMKilled)`, as Kubernetes calls it."""
    words = f"exit code {exit_code}" + (f", signal {signal}" if signal else "")
    return f"{words} ({reason})" if reason else words
