"""Is it time to say it again? Once in a while for each thing, in a bounded memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable


class Seldom:
    """Says yes at most once in `seconds` for each key; beyond `most` keys the one that was said longest ago is new."""

    def __init__(self, seconds: float, most: int) -> None:
        self.seconds = seconds
        self.most = most
        self._said: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def is_due(self, key: Hashable) -> bool:
        """And if so, it counts as said."""
        now = time.monotonic()
        with self._lock:
            said = self._said.get(key)
            if said is not None and now - said < self.seconds:
                return False
            self._said[key] = now
            self._said.move_to_end(key)
            while len(self._said) > self.most:
                self._said.popitem(last=False)
            return True
