"""Rate limiter: once per key and interval, bounded by LRU."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable


class RateLimiter:
    """Allows each key once in `seconds`; beyond `max_keys` keys the least recently used one is forgotten."""

    def __init__(self, seconds: float, max_keys: int) -> None:
        self.seconds = seconds
        self.max_keys = max_keys
        self._last_allowed: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def is_due(self, key: Hashable) -> bool:
        """Whether the key is allowed now; if so, that counts."""
        now = time.monotonic()
        with self._lock:
            allowed_at = self._last_allowed.get(key)
            if allowed_at is not None and now - allowed_at < self.seconds:
                return False
            self._last_allowed[key] = now
            self._last_allowed.move_to_end(key)
            while len(self._last_allowed) > self.max_keys:
                self._last_allowed.popitem(last=False)
            return True
