"""Call log: which reads and reviews of oneself a page sent, in their order, bounded; nothing of a response or a write.

It belongs to the connection of one page, so that what the page says of its calls is what was sent.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_CALLS = 100
# Of a position within a list, or of a page's patience: another program has its own.
_OWN_OPTIONS = frozenset(
    ("limit", "continue", "resourceVersion", "resourceVersionMatch", "timeoutSeconds", "allowWatchBookmarks")
)


@dataclass(frozen=True)
class RecordedCall:
    """One call: `path` is encoded, as it was sent. `review` is the spec of a review of oneself, the only body kept."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    review: Mapping[str, Any] | None = field(default=None, compare=False)


class CallLog:
    """The calls of one page; any thread may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[RecordedCall] = []
        self.left_out = 0

    def note(self, method: str, path: str, query: Sequence[tuple[str, str]] = (), body: Any = None) -> None:
        """Add a call. The same one again is one call; writes are not kept, whatever their body is."""
        review = body.get("spec") if method == "POST" and isinstance(body, Mapping) else None
        if method not in ("GET", "POST") or (method == "POST" and not path.endswith("reviews")):
            return
        kept = tuple((name, value) for name, value in query if name not in _OWN_OPTIONS)
        call = RecordedCall(method, path, kept, review if isinstance(review, Mapping) else {})
        with self._lock:
            if any(one == call and one.review == call.review for one in self._calls):
                return
            if len(self._calls) < MAX_CALLS:
                self._calls.append(call)
            else:
                self.left_out += 1

    def calls(self) -> list[RecordedCall]:
        with self._lock:
            return list(self._calls)
