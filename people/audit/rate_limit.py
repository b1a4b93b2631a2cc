"""Rate limiter: once per key and interval, bounded by LRU."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable


class RateLimiter:
    """Says yes at most once in `seconds` for each key; beyond `most` keys the one that was said longest ago is new."""

    def __init__(self, seconds: float, max_keys: int) -> None:
        self.seconds = seconds
        self.max_keys = max_keys
        self._last_allowed: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def is_due(self, key: Hashable) -> bool:
        """And if so, it counts as said."""
        now = time.monotonic()
        with self._lock:
            said = self._last_allowed.get(key)
            if said is not None and now - said < self.seconds:
                return False
            self._last_allowed[key] = now
            self._last_allowed.move_to_end(key)
            while len(self._last_allowed) > self.max_keys:
                self._last_allowed.popitem(last=False)
            return True
