"""Log events: what a log view hands out between lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clusters.logs.lines import ContainerRun

NoticeKind = Literal["joined", "ended", "gone", "broken", "resumed", "rotated", "failed", "denied", "limit"]


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """From here on lines have this stream's number."""

    number: int
    run: ContainerRun
    kind: str
    is_previous: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to a stream, shown between the lines; `stream` is -1 where it concerns all."""

    kind: NoticeKind
    stream: int
    text: str
