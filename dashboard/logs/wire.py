"""Log lines on the wire: events of a log view as JSON that is safe within HTML.

An event is an array. A line: stream, timestamp, ordinal, text and, where they are not 0, bytes left out and 1 where it
is late. A stream: "s", number, cluster, namespace, pod, uid, container, restart count, kind, 1 where it is a previous
run. A notice: "n", kind, stream (-1 for all), text. static/logs/store.js reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from django.utils.safestring import SafeString, mark_safe

from clusters.logs.events import StreamOpened
from clusters.logs.merging import MergedLine
from clusters.logs.outbox import Event

_encoder = msgspec.json.Encoder()


def encode_events(events: Iterable[Event], *, is_first: bool) -> SafeString:
    """`is_first`: the streams are numbered anew from here on."""
    values: list[Any] = [["b"]] if is_first else []
    values.extend(_encode_event(one) for one in events)
    text = _encoder.encode(values)
    # HTML's own signs stand within strings alone, where JSON has another way to write them.
    text = text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")
    return mark_safe(text.decode())  # noqa: S308 - there is no sign of HTML in it


def _encode_event(event: Event) -> tuple[Any, ...]:
    if isinstance(event, MergedLine):
        timestamp, stream, ordinal = event.key
        if event.left_out or event.is_late:
            return (stream, str(timestamp), ordinal, event.text, event.left_out, int(event.is_late))
        return (stream, str(timestamp), ordinal, event.text)
    if isinstance(event, StreamOpened):
        run = event.run
        name = (run.cluster, run.namespace, run.pod, run.uid, run.container, run.restart_count)
        return ("s", event.number, *name, event.kind, int(event.is_previous))
    return ("n", event.kind, event.stream, event.text)
