"""Does the API server answer? Asked while feeds are open: a stopping one leaves its watches silent for a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from clusters.api.errors import ApiError, Forbidden, NotFound, Unauthorized
from clusters.api.streams import Streams
from clusters.watch.content import Content
from clusters.watch.feed import Feed

WELL = 5.0  # seconds between questions while it answers
ILL = 1.0  # seconds between questions while it does not
PATIENCE = 5.0  # seconds that one answer may take


class Health:
    """The health of one API server; one question serves all feeds that are open on it."""

    def __init__(self, feeds: Callable[[], Collection[Feed[Content]]]) -> None:
        self._feeds = feeds
        self._is_well = True

    async def run(self, streams: Streams) -> None:
        """Ask until no feed is open on this server."""
        while self._feeds():
            await asyncio.sleep(WELL if self._is_well else ILL)
            await self._ask(streams)

    async def _ask(self, streams: Streams) -> None:
        feeds = tuple(self._feeds())
        if not feeds:
            return
        try:
            await streams.get(feeds[0].connection, "/readyz", timeout=PATIENCE)
        except (Unauthorized, Forbidden, NotFound):
            pass  # an answer is an answer
        except ApiError as error:
            self._is_well = False
            for feed in feeds:
                feed.not_answering(error)
            return
        self._is_well = True
        for feed in feeds:
            feed.answering()
