"""Last denied: when an API server last answered a credential with 401 or 403.

What was cached of that credential's permissions before is not used again. The caches look here: this package is
below them and cannot notify them.
"""

from __future__ import annotations

import threading
import time

from cachetools import FIFOCache

from clusters.api.errors import ApiError, Forbidden, Unauthorized

_MAX_CREDENTIALS = 8192
_denied_at: FIFOCache[str, float] = FIFOCache(_MAX_CREDENTIALS)  # the one denied longest ago goes first
_lock = threading.Lock()


def note(fingerprint: str) -> None:
    """From now on, nothing that was known of this credential's permissions holds."""
    with _lock:
        _denied_at[fingerprint] = time.monotonic()


def note_error(fingerprint: str, error: ApiError) -> None:
    """The same, where the error is a 401 or 403."""
    if isinstance(error, Unauthorized | Forbidden):
        note(fingerprint)


def get_last_denied(fingerprint: str) -> float:
    """When, on the monotonic clock; minus infinity where it never was."""
    with _lock:
        return _denied_at.get(fingerprint, float("-inf"))
