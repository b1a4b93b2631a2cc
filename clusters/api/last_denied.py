"""Last denied: when an API server last answered a credential with 401 or 403.

What is remembered of that credential's rights from before is not used again. Whoever remembers asks here: this
room is below them and cannot tell them.
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
    """From now on, nothing that was known of this credential's rights holds."""
    with _lock:
        _denied_at[fingerprint] = time.monotonic()
        _denied_at.move_to_end(fingerprint)
        while len(_denied_at) > _MAX_CREDENTIALS:
            _denied_at.popitem(last=False)


def note_error(fingerprint: str, error: ApiError) -> None:
    """The same, where the error is a refusal."""
    if isinstance(error, Unauthorized | Forbidden):
        note(fingerprint)


def get_last_denied(fingerprint: str) -> float:
    """When, on the monotonic clock; minus infinity where it never was."""
    with _lock:
        return _denied_at.get(fingerprint, float("-inf"))
