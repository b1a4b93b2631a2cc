"""Content protocol: what a feed holds (a table or one object) and how it lists and watches."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from clusters.api.connection import Connection
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.streams import Streams

Query = Sequence[tuple[str, str]]


class Content(Protocol):
    """Filled by one list (or GET), kept by a watch. All calls come from the hub's loop.

    `load` yields (loaded, total or None) after each page; `apply` returns whether anything changed and raises
    `ApiError` for an ERROR event. `version` grows with each change.
    """

    version: int
    resource_version: str
    can_watch: bool
    needs_list: bool

    def access_checks(self) -> tuple[ResourceAttributes, ...]: ...

    def load(
        self, streams: Streams, connection: Connection
    ) -> AsyncGenerator[tuple[int, int | None], None]: ...

    async def fetch_newest_version(self, streams: Streams, connection: Connection) -> str: ...

    def load_path(self) -> str: ...

    def load_query(self) -> Query: ...

    def watch_path(self) -> str: ...

    def watch_query(self) -> Query: ...

    def watch_accept(self) -> str: ...

    def apply(self, line: bytes) -> bool: ...

    def clear(self) -> None: ...

    def size(self) -> int: ...

    def loading_size(self) -> int: ...
