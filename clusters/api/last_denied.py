"""Last denied: when an API server last answered a credential with 401 or 403.

What was cached of that credential's permissions before is not used again. The caches look here: this package is
below them and cannot notify them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from clusters.api.errors import ApiError, Forbidden, Unauthorized

_MAX_CREDENTIALS = 8192
_denied_at: OrderedDict[str, float] = OrderedDict()
_lock = threading.Lock()


def note(fingerprint: str) -> None:
    """From now on, nothing that was known of this credential's permissions holds."""
    with _lock:
        _denied_at[fingerprint] = time.monotonic()
        _denied_at.move_to_end(fingerprint)
        while len(_denied_at) > _MAX_CREDENTIALS:
            _denied_at.popitem(last=False)


def note_error(fingerprint: str, error: ApiError) -> None:
    """The same, where the error is a 401 or 403."""
    if isinstance(error, Unauthorized | Forbidden):
        note(fingerprint)


def get_last_denied(fingerprint: str) -> float:
    """When, on the monotonic clock; minus infinity where it never was."""
    with _lock:
        return _denied_at.get(fingerprint, float("-inf"))
