"""Backoff: how long a feed waits before it retries, polls or reviews access again."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

from clusters.feeds.timings import FeedTimings

# Of a denial right after a failure: an API server that restarts may not have read its RBAC yet.
DENIED_RETRIES = 3
FEEDS_PER_SECOND = 10.0  # feeds of one API server that may retry in one second, all together


async def wait_for_event(event: asyncio.Event, seconds: float) -> bool:
    """Whether it is set within so many seconds. asyncio.wait_for may lose a cancellation before Python 3.12."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def compute_failure_delay(timings: FeedTimings, failures: int, *, is_watched: bool, feed_count: int) -> float:
    """Seconds until the next try after so many failures in a row; `feed_count` is how many feeds that server has."""
    first, longest = timings.backoff
    if is_watched:
        longest = min(longest, max(timings.longest_watched, feed_count / FEEDS_PER_SECOND))
    pause = min(longest, first * 2.0 ** min(failures - 1, 10))
    return pause * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing


def compute_review_delay(timings: FeedTimings, expires_at: datetime | None) -> float:
    """Seconds until a feed's permissions are reviewed again: at the latest when the credential expires."""
    usual = timings.review - random.uniform(0, 2)  # noqa: S311
    left = (
        (expires_at - datetime.now(UTC)).total_seconds() + timings.expiry if expires_at is not None else -1.0
    )
    return min(usual, left) if left > 0 else usual


def compute_grant_delay(timings: FeedTimings, attempts: int, *, is_watched: bool, feed_count: int) -> float:
    """Seconds until a missing permission is reviewed; longer where it was granted `attempts` times in vain."""
    if not is_watched:
        pause = timings.review
    else:
        pause = max(timings.grant, feed_count / FEEDS_PER_SECOND) * 2.0 ** min(attempts, 10)
    return min(pause, timings.review) * random.uniform(0.8, 1)  # noqa: S311


def compute_recovery_delay(timings: FeedTimings, feed_count: int) -> float:
    """Seconds until a feed retries once its API server responds again, so that not all do at the same time."""
    return random.uniform(0, min(timings.spread, feed_count / FEEDS_PER_SECOND / 2))  # noqa: S311
