"""Log download: all lines that the filter shows, as text or JSON Lines, written while they are read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

from django.conf import settings
from django.http import StreamingHttpResponse

from clusters.logs.events import Notice, StreamOpened
from clusters.logs.filters import LineFilter
from clusters.logs.lines import format_timestamp
from clusters.logs.merging import MergedLine
from clusters.logs.outbox import Event
from clusters.logs.service import OpenView, log_service
from dashboard.logs.opening import OpenLogs
from dashboard.logs.plain_text import make_plain
from dashboard.logs.words import describe_notice

CONTENT_TYPES = {"text": "text/plain", "jsonl": "application/jsonl"}
ENDINGS = {"text": ".log", "jsonl": ".jsonl"}


class _Signal:
    """Set from any thread, waited for in the loop of the response."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def set(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._event.set)

    async def wait(self, is_needed: Callable[[], bool]) -> None:
        self._loop = asyncio.get_running_loop()
        self._event.clear()
        if is_needed():
            await self._event.wait()


def respond_with_file(logs: OpenLogs, line_filter: LineFilter, name: str) -> StreamingHttpResponse:
    """The response begins at once; a client that reads slowly stops the reading upstream."""
    query, signal = logs.query, _Signal()
    options = query.build_options(is_previous=logs.is_previous)
    options = replace(options, follow=False, is_whole=True)
    opened = log_service.open(logs.targets, options, settings.TIMINGS.logs, signal.set)
    content = _stream(opened, signal, line_filter, query.download)
    response = StreamingHttpResponse(content, content_type=f"{CONTENT_TYPES[query.download]}; charset=utf-8")
    response._resource_closers.append(opened.close)  # type: ignore[attr-defined]  # where nobody reads it at all
    response["Content-Disposition"] = f'attachment; filename="{name}{ENDINGS[query.download]}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _stream(
    opened: OpenView, signal: _Signal, line_filter: LineFilter, kind: str
) -> AsyncIterator[bytes]:
    streams: dict[int, StreamOpened] = {}
    write = _write_text if kind == "text" else _write_json
    try:
        while True:
            is_done = opened.view.is_done
            events, _has_more = opened.view.take()
            if events:
                yield b"".join(_write(events, streams, line_filter, write))
            elif is_done:
                return
            else:
                await signal.wait(lambda: not opened.view.has_news)
    finally:
        opened.close()


def _write(
    events: Iterable[Event],
    streams: dict[int, StreamOpened],
    line_filter: LineFilter,
    write: Callable[[MergedLine | Notice, StreamOpened | None, str], bytes],
) -> Iterable[bytes]:
    for event in events:
        if isinstance(event, StreamOpened):
            streams[event.number] = event
        elif isinstance(event, Notice):
            if event.kind != "ended":
                yield write(event, streams.get(event.stream), describe_notice(event))
        else:
            text = make_plain(event.text)
            if line_filter.passes(event.key.stream, text):
                yield write(event, streams.get(event.key.stream), text)


def _write_text(event: MergedLine | Notice, stream: StreamOpened | None, text: str) -> bytes:
    source = f"{stream.run.pod}/{stream.run.container}" if stream is not None else "-"
    if isinstance(event, Notice):
        return f"# {source} {make_plain(text)}\n".encode("utf-8", "replace")
    left_out = f" … {event.left_out} bytes left out" if event.left_out else ""
    return f"{format_timestamp(event.key.timestamp)} {source} {text}{left_out}\n".encode("utf-8", "replace")


def _write_json(event: MergedLine | Notice, stream: StreamOpened | None, text: str) -> bytes:
    found: dict[str, object] = {}
    if isinstance(event, MergedLine):
        found["time"] = format_timestamp(event.key.timestamp)
    if stream is not None:
        run = stream.run
        found |= {"cluster": run.cluster, "namespace": run.namespace, "pod": run.pod}
        found |= {"container": run.container, "restarts": run.restart_count}
    if isinstance(event, Notice):
        return _encode({**found, "notice": text})
    found["text"] = event.text
    if event.left_out:
        found["left_out"] = event.left_out
    return _encode(found)


def _encode(found: dict[str, object]) -> bytes:
    """ASCII alone: JSON has a way to write every other character, and a terminal acts on some of them."""
    return json.dumps(found).encode() + b"\n"
