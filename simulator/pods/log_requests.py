"""pods/log over HTTP: a whole log, or a stream followed until the container terminates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from aiohttp import web

from simulator.cluster import Cluster
from simulator.pods.containers import find_container
from simulator.pods.generated_logs import format_timestamp
from simulator.pods.log_options import LogOptions, read_log_options
from simulator.pods.logs import MAX_LINES, PODS
from simulator.pods.runs import LogLine, Run, find_run
from simulator.reading.objects import get_existing
from simulator.requests.call import Call
from simulator.requests.responses import common_headers
from simulator.requests.statuses import StatusError

FOLLOW_SECONDS = 0.1  # from one look for new lines to the next


async def read_log(call: Call) -> web.StreamResponse:
    """Raises 400, 404 and 422 before the head; a followed stream ends with the container, the pod or the caller."""
    options = read_log_options(call)
    pod = get_existing(call)
    container = find_container(pod, options.container)
    if not (pod.get("spec") or {}).get("nodeName"):
        return web.Response(status=204, headers=common_headers(call))
    run = find_run(pod, container, previous=options.previous)
    response = web.StreamResponse(headers=common_headers(call))
    response.headers["Content-Type"] = "text/plain"
    first, position = _first_lines(call.cluster, run, options)
    left = options.limit
    try:
        async for batch in _iterate_batches(call.cluster, run, options, first, position):
            text = _text(batch, options)
            await _send(call, response, text if left is None else text[:left])
            left = None if left is None else left - len(text)
            if left is not None and left <= 0:
                break
        await _send(call, response, b"")
        await response.write_eof()
    except ConnectionResetError:
        pass  # the caller went away
    return response


async def follow(cluster: Cluster, run: Run, position: float) -> AsyncIterator[list[LogLine]]:
    """What a run writes after that moment, until it ends."""
    while True:
        now = _reload_run(cluster, run)
        lines = cluster.logs.lines(now or run, since=position)
        if lines:
            position = lines[-1].timestamp
            yield lines
        if now is None or now.finished_at is not None:
            return
        await asyncio.sleep(FOLLOW_SECONDS)


def _first_lines(cluster: Cluster, run: Run, options: LogOptions) -> tuple[list[LogLine], float]:
    """What is shown at once, and the moment up to which all was shown (or left out)."""
    count = MAX_LINES if options.tail is None else options.tail
    lines = cluster.logs.lines(run, last=max(count, 1))
    position = lines[-1].timestamp if lines else 0.0
    return [one for one in lines if one.timestamp >= options.since] if count else [], position


async def _iterate_batches(
    cluster: Cluster, run: Run, options: LogOptions, first: list[LogLine], position: float
) -> AsyncIterator[list[LogLine]]:
    if first:
        yield first
    if options.follow and run.finished_at is None:
        async for batch in follow(cluster, run, position):
            yield batch


async def _send(call: Call, response: web.StreamResponse, data: bytes) -> None:
    """The head comes with the first line, as the real one's does."""
    if not response.prepared:
        await response.prepare(call.request)
    if data:
        await response.write(data)


def _text(lines: Iterable[LogLine], options: LogOptions) -> bytes:
    if options.timestamps:
        return b"".join(
            f"{format_timestamp(one.timestamp)} {one.text}\n".encode(errors="replace") for one in lines
        )
    return b"".join(f"{one.text}\n".encode(errors="replace") for one in lines)


def _reload_run(cluster: Cluster, run: Run) -> Run | None:
    """The same run, as the pod's status has it now; None where it is gone."""
    metadata = run.pod["metadata"]
    pod = cluster.store.get(PODS, metadata["namespace"], metadata["name"])
    if pod is None or pod["metadata"]["uid"] != metadata["uid"]:
        return None
    for previous in (False, True):
        try:
            found = find_run(pod, run.container, previous=previous)
        except StatusError:
            continue
        if found.number == run.number:
            return found
    return None
