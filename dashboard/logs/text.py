"""Logs as text: the last lines of all containers, merged, for a page without a script."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _

from clusters.logs.events import Notice, StreamOpened
from clusters.logs.filters import LineFilter
from clusters.logs.lines import format_timestamp
from clusters.logs.merging import MergedLine
from clusters.logs.outbox import Event
from clusters.logs.service import log_service
from dashboard.logs.opening import OpenLogs
from dashboard.logs.plain_text import make_plain
from dashboard.logs.query import TEXT_LINES
from dashboard.logs.words import describe_notice

CLOSE_SECONDS = 2.0  # for a view to hand out what it still has


@dataclass(frozen=True)
class TextLine:
    """A line as a page without a script shows it; `source` is empty where all come from one container."""

    time: str
    source: str
    text: str
    left_out: int


@dataclass(frozen=True)
class LogText:
    """The last lines, oldest first; `notices` are sentences. `is_cut`: there was no time for all of them."""

    lines: list[TextLine]
    notices: list[str]
    is_cut: bool


def read_text(logs: OpenLogs, line_filter: LineFilter) -> LogText:
    """Wait for the lines, for `snapshot` seconds at most; the filter chooses among the last ones."""
    timings = settings.TIMINGS.logs
    options = logs.query.build_options(is_previous=logs.is_previous)
    options = replace(options, follow=False, tail=min(options.tail or TEXT_LINES, TEXT_LINES))
    has_news = threading.Event()
    opened = log_service.open(logs.targets, options, timings, has_news.set)
    streams: dict[int, StreamOpened] = {}
    lines: deque[MergedLine] = deque(maxlen=TEXT_LINES)
    notices: list[str] = []
    until, is_cut = time.monotonic() + timings.snapshot, False
    try:
        while True:
            is_done = opened.view.is_done
            events, _more = opened.view.take()
            _sort(events, streams, lines, notices)
            if is_done and not events:
                break
            if not events and not has_news.wait(max(0.0, until - time.monotonic())):
                if is_cut:
                    break
                opened.close()  # what waits for other lines comes at once
                until, is_cut = time.monotonic() + CLOSE_SECONDS, True
            has_news.clear()
    finally:
        opened.close()
    chosen = [one for one in sorted(lines) if line_filter.passes(one.key.stream, make_plain(one.text))]
    return LogText(_build_lines(chosen, streams), notices, is_cut)


def _sort(
    events: list[Event],
    streams: dict[int, StreamOpened],
    lines: deque[MergedLine],
    notices: list[str],
) -> None:
    for event in events:
        if isinstance(event, MergedLine):
            lines.append(event)
        elif isinstance(event, StreamOpened):
            streams[event.number] = event
        elif isinstance(event, Notice) and len(notices) < TEXT_LINES:
            source = _describe(streams.get(event.stream))
            notices.append(f"{source}: {describe_notice(event)}" if source else describe_notice(event))


def _build_lines(lines: list[MergedLine], streams: dict[int, StreamOpened]) -> list[TextLine]:
    has_sources = len(streams) > 1
    return [
        TextLine(
            format_timestamp(one.key.timestamp)[:23] + "Z",
            _describe(streams.get(one.key.stream)) if has_sources else "",
            make_plain(one.text),
            one.left_out,
        )
        for one in lines
    ]


def _describe(stream: StreamOpened | None) -> str:
    return f"{stream.run.pod}/{stream.run.container}" if stream is not None else _("All")
