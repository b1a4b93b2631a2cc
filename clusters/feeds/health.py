"""Health checks: polls /readyz of each API server that has open feeds, since a watch may hang silently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from clusters.api.errors import (
    ApiError,
    Busy,
    ClientCertificateRefused,
    CredentialMissing,
    NotKubernetes,
)
from clusters.api.streams import Streams
from clusters.feeds.content import Content
from clusters.feeds.feed import Feed
from clusters.feeds.timings import FeedTimings


class HealthProbe:
    """Probes the health of one API server, for all feeds that are open on it."""

    def __init__(self, feeds: Callable[[], Collection[Feed[Content]]], timings: FeedTimings) -> None:
        self._feeds = feeds
        self._timings = timings
        self._is_healthy = True
        self._probe_count = 0

    async def run(self, streams: Streams) -> None:
        """Probe until no feed is open on this server."""
        while self._feeds():
            timings = self._timings
            await asyncio.sleep(timings.healthy_interval if self._is_healthy else timings.unhealthy_interval)
            await self._probe(streams)

    async def _probe(self, streams: Streams) -> None:
        feeds = tuple(self._feeds())
        if not feeds:
            return
        self._probe_count += 1
        # Each in turn: one whose certificate is refused speaks for itself alone.
        by = feeds[self._probe_count % len(feeds)]
        timings = self._timings
        timeout = timings.probe_timeout if self._is_healthy else timings.unhealthy_probe_timeout
        try:
            await streams.get(by.connection, "/readyz", timeout=timeout)
        except (ClientCertificateRefused, CredentialMissing, Busy):
            return
        except ApiError as error:
            if not _is_response(error):
                self._is_healthy = False
                for feed in feeds:
                    feed.report_unhealthy(error)
                return
        self._is_healthy = True
        for feed in feeds:
            feed.feed_count = len(feeds)
            feed.report_healthy()


def _is_response(error: ApiError) -> bool:
    """A refusal is an answer too; a page of something before the API server, or an error of its own, is none."""
    return 400 <= error.status < 500 and not isinstance(error, NotKubernetes)
