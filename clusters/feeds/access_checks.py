"""Access checks: reviews an open feed's permission again, since Kubernetes lets open watches go on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from clusters.access.reviews import review_async
from clusters.api.errors import ApiError, Forbidden, Unauthorized
from clusters.api.streams import Streams
from clusters.feeds import backoff
from clusters.feeds.states import State

if TYPE_CHECKING:  # a feed runs its reviews
    from clusters.feeds.feed import Feed


async def keep_reviewing(feed: Feed[Any], streams: Streams) -> None:
    """Until cancelled: end what is no longer allowed, and wake what is allowed again."""
    attempts = 0  # how often rows were denied although the review allowed them
    while True:
        if feed.state.state is not State.DENIED:
            await backoff.wait_for_event(
                feed.denied, backoff.compute_review_delay(feed.timings, feed.connection.expires_at)
            )
            feed.denied.clear()
            if feed.state.state not in (State.DENIED, State.UNAUTHORIZED):
                attempts = 0
                await _end_where_denied(feed, streams)
            continue
        feed.denied.clear()
        await asyncio.sleep(
            backoff.compute_grant_delay(
                feed.timings, attempts, is_watched=feed.viewers > 0, feed_count=feed.feed_count
            )
        )
        if feed.state.state is State.DENIED and await _is_granted(feed, streams):
            attempts += 1
            feed.retry_now()


async def _is_granted(feed: Feed[Any], streams: Streams) -> bool:
    """Whether what was refused would be allowed now: a review, since lists that are refused stand in audit logs."""
    try:
        results = [
            await review_async(streams, feed.connection, check) for check in feed.content.access_checks()[:1]
        ]
    except ApiError:
        return False
    return all(result.state == "allowed" for result in results)


async def _end_where_denied(feed: Feed[Any], streams: Streams) -> None:
    for check in feed.content.access_checks():
        try:
            result = await review_async(streams, feed.connection, check)
        except Unauthorized as error:
            feed.interrupt(error)
            return
        except ApiError:
            continue  # unknown is never shown as denied
        if result.state == "denied":
            feed.interrupt(Forbidden(status=403, reason="Forbidden", message=result.reason))
            return
