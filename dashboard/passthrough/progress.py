"""Requests in progress: ended when their token, credential or role is not what it was, or a permission is gone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import Error

from clusters.access.reviews import review_async
from clusters.api.errors import ApiError
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.streams import Streams
from dashboard.passthrough.database import in_database
from dashboard.passthrough.entrance import Caller, is_unchanged
from dashboard.timings import PassthroughTimings
from people.storage import storage

log = logging.getLogger(__name__)
CHANGED = "The token, the credential or the role is not what it was."
DENIED = "The permission was taken away."


@dataclass(eq=False)
class InProgress:
    """One request. `end` is called with the reason, once."""

    caller: Caller
    attributes: ResourceAttributes
    end: Callable[[str], None]
    reviewed_at: float = field(default_factory=time.monotonic)


class Progress:
    """The requests in progress of one event loop, checked while there are any."""

    def __init__(self, timings: Callable[[], PassthroughTimings]) -> None:
        self._timings = timings
        self._running: set[InProgress] = set()
        self._client = Streams()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._running)

    def add(self, request: InProgress) -> None:
        self._running.add(request)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def remove(self, request: InProgress) -> None:
        self._running.discard(request)

    async def _run(self) -> None:
        while self._running:
            await asyncio.sleep(self._timings().check)
            try:
                await self._check()
            except Error as error:
                storage.note(error)
                log.exception("The database did not say which requests can go on; retrying")

    async def _check(self) -> None:
        running = list(self._running)
        if not running:
            return
        changed = await in_database(_find_changed, _distinct(running))
        for one in running:
            if _key(one.caller) in changed:
                one.end(CHANGED)
        due = [one for one in running if _key(one.caller) not in changed and self._is_due(one)]
        for group in _by_caller(due):
            await self._review(group)

    def _is_due(self, one: InProgress) -> bool:
        return bool(one.attributes.resource) and (
            time.monotonic() - one.reviewed_at >= self._timings().review
        )

    async def _review(self, group: list[InProgress]) -> None:
        """Of one caller; what cannot be reviewed now is reviewed the next time. Never from a cache."""
        connection = group[0].caller.session.connection
        for attributes in {one.attributes for one in group}:
            try:
                result = await review_async(self._client, connection, attributes)
            except ApiError:
                continue
            for one in group:
                if one.attributes == attributes:
                    one.reviewed_at = time.monotonic()
                    if result.state == "denied":
                        one.end(DENIED)


def _key(caller: Caller) -> tuple[int, str, str, str]:
    session = caller.session
    return caller.token.pk, session.cluster.slug, session.connection.fingerprint, str(session.role)


def _distinct(running: Iterable[InProgress]) -> list[Caller]:
    return list({_key(one.caller): one.caller for one in running}.values())


def _find_changed(callers: Iterable[Caller]) -> set[tuple[int, str, str, str]]:
    return {_key(caller) for caller in callers if not is_unchanged(caller)}


def _by_caller(running: Iterable[InProgress]) -> list[list[InProgress]]:
    groups: dict[tuple[int, str, str, str], list[InProgress]] = {}
    for one in running:
        groups.setdefault(_key(one.caller), []).append(one)
    return list(groups.values())
