"""Rate limits of the pass-through: requests a second for each token, and how many are in progress at once.

One script does not starve the pages: it has slots of its own, which are not those of pages, and gets 429 with
Retry-After beyond them. kubectl's own limit is 50 requests a second and 300 at once.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cachetools import TTLCache

from clusters.passthrough.statuses import ErrorResponse

MAX_KEPT = 10_000  # tokens whose rate is known
KEPT_SECONDS = 600.0
MAX_SHORT = 64  # of one token at once: what is answered and over
MAX_SHORT_TOTAL = 256
MAX_LASTING = 600  # of one token at once: watches, followed logs, execs
MAX_LASTING_TOTAL = 4000
RETRY_SECONDS = 1


class RateLimits:
    """By token. `timer` is a clock in seconds."""

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        # Token -> when its bucket would be empty; as the generic cell rate algorithm keeps it.
        self._empty_at: TTLCache[int, float] = TTLCache(MAX_KEPT, KEPT_SECONDS, timer=timer)
        self._running: Counter[tuple[int, bool]] = Counter()
        self._totals: Counter[bool] = Counter()

    def take(self, token: int, rate: float, burst: int) -> None:
        """Count one request. Raises ErrorResponse with 429 where the token has none left at this moment."""
        now = self._timer()
        empty_at = max(self._empty_at.get(token, now), now)
        wait = empty_at - now - (burst - 1) / rate
        if wait > 1e-6:
            message = f"Quarterdeck: this token has sent more than {rate:g} requests a second."
            raise ErrorResponse(429, message, max(RETRY_SECONDS, math.ceil(wait)))
        self._empty_at[token] = empty_at + 1 / rate

    @contextmanager
    def hold(self, token: int, *, lasts: bool) -> Iterator[None]:
        """One request in progress, for the length of the block. Raises ErrorResponse (429) where there are too many."""
        most, most_in_all = (MAX_LASTING, MAX_LASTING_TOTAL) if lasts else (MAX_SHORT, MAX_SHORT_TOTAL)
        if self._running[token, lasts] >= most or self._totals[lasts] >= most_in_all:
            message = "Quarterdeck: this token has too many requests in progress."
            raise ErrorResponse(429, message, RETRY_SECONDS)
        self._running[token, lasts] += 1
        self._totals[lasts] += 1
        try:
            yield
        finally:
            self._totals[lasts] -= 1
            self._running[token, lasts] -= 1
            if not self._running[token, lasts]:
                del self._running[token, lasts]

    def count(self, *, lasts: bool) -> int:
        """How many are in progress."""
        return self._totals[lasts]
