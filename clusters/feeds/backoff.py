"""Backoff: how long a feed waits before it retries, polls or reviews access again."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

POLL = 15.0  # seconds between reads of a kind without watch
REVIEW = 30.0  # seconds between reviews of an open feed (the bound that design section 5 states is 40)
EXPIRY_DELAY = 0.5  # seconds after the end of a credential
DENIED_SECONDS = 30.0  # seconds until what was denied is requested again
GRANT = 3.0  # seconds between reviews of what was refused, while somebody looks: a grant is seen soon
DENIED_RETRY_SECONDS = 1.5  # seconds until a denial right after a failure is checked again, and
DENIED_RETRIES = 3  # how often: an API server that restarts may refuse before it has read its RBAC
RELIST_SECONDS = 1.0  # seconds until a list is read again whose position was too old, at most
NOT_FOUND_SECONDS = 10.0  # seconds until an object or kind that is not there is requested again
TOO_LARGE_SECONDS = 60.0  # seconds until an answer that was too large is requested again
BACKOFF = (0.8, 30.0)  # seconds: first and longest pause after a failure, doubled each time, with jitter
MAX_WATCHED_SECONDS = 3.0  # seconds: the longest pause while somebody looks
SPREAD = 1.5  # seconds over which the feeds of one API server retry when it responds again, at most
FEEDS_PER_SECOND = 10.0  # feeds of one API server that may retry in one second, all together


async def wait_for_event(event: asyncio.Event, seconds: float) -> bool:
    """Whether it is set within so many seconds. asyncio.wait_for may lose a cancellation before Python 3.12."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def compute_failure_delay(failures: int, *, is_watched: bool, feed_count: int) -> float:
    """Seconds until the next try after so many failures in a row; `feed_count` is how many feeds that server has."""
    first, longest = BACKOFF
    if is_watched:
        longest = min(longest, max(MAX_WATCHED_SECONDS, feed_count / FEEDS_PER_SECOND))
    pause = min(longest, first * 2.0 ** min(failures - 1, 10))
    return pause * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing


def compute_review_delay(expires_at: datetime | None) -> float:
    """Seconds until a feed's permissions are reviewed again: at the latest when the credential expires."""
    usual = REVIEW - random.uniform(0, 2)  # noqa: S311
    left = (expires_at - datetime.now(UTC)).total_seconds() + EXPIRY_DELAY if expires_at is not None else -1.0
    return min(usual, left) if left > 0 else usual


def compute_grant_delay(attempts: int, *, is_watched: bool, feed_count: int) -> float:
    """Seconds until a missing permission is reviewed; longer where it was granted `attempts` times in vain."""
    pause = max(GRANT, feed_count / FEEDS_PER_SECOND) * 2.0 ** min(attempts, 10) if is_watched else REVIEW
    return min(pause, REVIEW) * random.uniform(0.8, 1)  # noqa: S311


def compute_recovery_delay(feed_count: int) -> float:
    """Seconds until a feed retries once its API server responds again, so that not all do at the same time."""
    return random.uniform(0, min(SPREAD, feed_count / FEEDS_PER_SECOND / 2))  # noqa: S311
