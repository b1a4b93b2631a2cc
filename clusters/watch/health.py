"""Does the API server answer? Asked while feeds are open: a stopping one leaves its watches silent for a minute."""

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
from clusters.watch.content import Content
from clusters.watch.feed import Feed

WELL = 5.0  # seconds between questions while it answers
ILL = 0.6  # seconds between questions while it does not
PATIENCE = 5.0  # seconds that one answer may take, and
SHORT = 2.0  # while it does not answer: one that hangs is to be asked anew, not waited for


class Health:
    """The health of one API server; one question serves all feeds that are open on it."""

    def __init__(self, feeds: Callable[[], Collection[Feed[Content]]]) -> None:
        self._feeds = feeds
        self._is_well = True
        self._asked = 0

    async def run(self, streams: Streams) -> None:
        """Ask until no feed is open on this server."""
        while self._feeds():
            await asyncio.sleep(WELL if self._is_well else ILL)
            await self._ask(streams)

    async def _ask(self, streams: Streams) -> None:
        feeds = tuple(self._feeds())
        if not feeds:
            return
        self._asked += 1
        by = feeds[
            self._asked % len(feeds)
        ]  # each in turn: one whose certificate is refused speaks for itself alone
        try:
            await streams.get(by.connection, "/readyz", timeout=PATIENCE if self._is_well else SHORT)
        except (ClientCertificateRefused, CredentialMissing, Busy):
            return
        except ApiError as error:
            if not _is_answer(error):
                self._is_well = False
                for feed in feeds:
                    feed.not_answering(error)
                return
        self._is_well = True
        for feed in feeds:
            feed.crowd = len(feeds)
            feed.answering()


def _is_answer(error: ApiError) -> bool:
    """A refusal is an answer too; a page of something before the API server, or an error of its own, is none."""
    return 400 <= error.status < 500 and not isinstance(error, NotKubernetes)
