"""Rate limiter: once per key and interval, bounded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

from cachetools import TTLCache


class RateLimiter:
    """Allows each key once in `seconds`; beyond `max_keys` keys the one allowed longest ago is forgotten.

    `timer` is a clock in seconds.
    """

    def __init__(self, seconds: float, max_keys: int, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._allowed: TTLCache[Hashable, None] = TTLCache(max_keys, seconds, timer=timer)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many keys are not allowed at this moment."""
        with self._lock:
            return len(self._allowed)

    def is_due(self, key: Hashable) -> bool:
        """Whether the key is allowed now; if so, that counts."""
        with self._lock:
            if key in self._allowed:
                return False
            self._allowed[key] = None
            return True

    def clear(self) -> None:
        """Allow every key again."""
        with self._lock:
            self._allowed.clear()
