"""List pages: a list in pages that fit, halved where one is too large, down to single rows read by their beginning."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from clusters.api.byte_streams import BODY_LIMIT, StreamLimits
from clusters.api.connection import Connection
from clusters.api.errors import LimitReached, NotKubernetes, ResponseTooLarge
from clusters.api.json_limits import SALVAGED_BYTES, estimate_decoded
from clusters.api.memory import MEBIBYTE
from clusters.api.streams import Streams
from clusters.api.tables import TABLE_ACCEPT, Page, decode_beginning, decode_page

FIRST = 100  # rows of the first page, so that there is soon something to see
PAGE = 500  # rows of each page after it
BEGINNING_SECONDS = 15.0  # that the beginning of one large row may take


@dataclass(frozen=True)
class ListLimits:
    """Bounds of one list: `pages` and `seconds` of all of it; of one page its `decoded` bytes as Python has them.

    100,000 pods are 201 pages and some 20 s.
    """

    pages: int = 2000
    seconds: float = 600.0
    decoded: int = 256 * MEBIBYTE


class ListPages:
    """Reads one list from its beginning; the size of its pages follows the size of its rows."""

    def __init__(
        self,
        streams: Streams,
        connection: Connection,
        path: str,
        selectors: Sequence[tuple[str, str]],
        *,
        limit_bytes: int = BODY_LIMIT,
        limits: ListLimits = ListLimits(),
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`limit_bytes` is what one page may have at most; the streaming client's own bound holds in any case."""
        self._limits = limits
        self._timer = timer
        self._end = timer() + limits.seconds
        self._page_count = 0
        self._streams = streams
        self._connection = connection
        self._path = path
        self._selectors = selectors
        self._limit_bytes = limit_bytes
        self._limit = FIRST

    async def read(self, token: str) -> Page:
        """The page at this continue token; raises ApiError. A row that cannot be read is counted in it.

        A list that has more pages, or takes longer, than any real one is LimitReached: its tokens may never end.
        """
        self._page_count += 1
        if self._page_count > self._limits.pages or self._timer() > self._end:
            raise LimitReached(
                f"This list did not end after {self._page_count - 1:,} pages. "
                "It was closed. Narrow it down by namespace or selector, then reload."
            )
        while True:
            query = self._query(token)
            try:
                body = await self._streams.get(self._connection, self._path, query, accept=TABLE_ACCEPT)
                page = self._decode(body)
            except ResponseTooLarge:
                if self._limit == 1:
                    return await self._read_beginning(query)
                self._limit //= 2
                continue
            self._set_next_limit(len(body))
            return page

    def _decode(self, body: bytes) -> Page:
        """Raises ResponseTooLarge for a page of which half the rows may fit."""
        if len(body) > self._limit_bytes and self._limit > 1:
            raise ResponseTooLarge(f"It is larger than {self._limit_bytes:,} bytes.")
        size = estimate_decoded(body)
        if size > self._limits.decoded:
            raise ResponseTooLarge(f"It has more values than {self._limits.decoded:,} bytes hold.")
        with self._connection.account.hold(len(body) + size):
            return decode_page(body)

    def _query(self, token: str) -> list[tuple[str, str]]:
        end = [("continue", token)] if token else []
        return [("limit", str(self._limit)), *self._selectors, *end]

    def _set_next_limit(self, size: int) -> None:
        """As many rows as would fill half of what a page may have; after small pages at most ten times as many."""
        fitting = self._limit * self._limit_bytes // 2 // max(size, 1)
        self._limit = max(1, min(PAGE, 10 * self._limit, fitting))

    async def _read_beginning(self, query: Sequence[tuple[str, str]]) -> Page:
        """One row that is larger than a page may be, by what comes before its annotations.

        API servers write a list's metadata first, then of each row cells, name, namespace, uid and labels. Raises
        ResponseTooLarge where not even the token of the next page is among it.
        """
        limits = StreamLimits(total_seconds=BEGINNING_SECONDS)
        beginning = b""
        async with self._streams.open_stream(
            self._connection, self._path, query, accept=TABLE_ACCEPT, limits=limits
        ) as stream:
            while len(beginning) < SALVAGED_BYTES and (part := await stream.read()):
                beginning += part
        try:
            page = decode_beginning(beginning)
        except NotKubernetes as failed:
            raise ResponseTooLarge("One object alone is larger than a page may be.") from failed
        rows = tuple(row for row in page.rows if row.name)
        return page if rows else replace(page, rows=(), unreadable=1)
