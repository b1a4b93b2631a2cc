"""Screen history: the last output of a terminal, bounded, addressed by how many bytes came before."""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

SCREEN_HISTORY = 256 * 1024  # bytes
CHUNK = 4096  # bytes, up to which what comes in small parts is joined
_ESCAPE, _NEWLINE = b"\x1b", b"\n"


class HistoryPart(NamedTuple):
    """`content` begins at `start`, which is later than was requested where the history no longer goes back so far."""

    start: int
    content: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.content)


class ScreenHistory:
    """Written by one thread, read by any."""

    def __init__(self, limit: int = SCREEN_HISTORY) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._end = 0

    @property
    def end(self) -> int:
        """How many bytes there were in all."""
        return self._end

    def append(self, content: bytes) -> None:
        with self._lock:
            if self._chunks and len(self._chunks[-1]) + len(content) <= CHUNK:
                self._chunks[-1] += content
            else:
                self._chunks.append(content)
            self._size += len(content)
            self._end += len(content)
            while self._size > self._limit:
                first = self._chunks.popleft()
                kept = first[self._size - self._limit :]
                if kept:
                    self._chunks.appendleft(kept)
                self._size -= len(first) - len(kept)

    def read(self, offset: int, most: int) -> HistoryPart:
        """At most `most` bytes from `offset` on.

        Where those are gone, from the first line that is whole: half an escape sequence would be shown as text.
        """
        with self._lock:
            start = self._end - self._size
            if offset < start or offset > self._end:
                return self._read_from_line(start, most)
            return HistoryPart(offset, self._join(offset - start, most))

    def _read_from_line(self, start: int, most: int) -> HistoryPart:
        whole = self._join(0, self._size)
        newline = whole.find(_NEWLINE) if start else -1
        cut = newline + 1 if newline >= 0 else max(whole.find(_ESCAPE), 0) if start else 0
        return HistoryPart(start + cut, whole[cut : cut + most])

    def _join(self, skip: int, most: int) -> bytes:
        parts: list[bytes] = []
        left = most
        for chunk in self._chunks:
            if skip >= len(chunk):
                skip -= len(chunk)
                continue
            part = chunk[skip : skip + left]
            skip = 0
            parts.append(part)
            left -= len(part)
            if not left:
                break
        return b"".join(parts)
