"""What is asked of a cluster while the first rows are on their way? What stands beside them: rights and namespaces."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context

from clusters.access import Ask
from clusters.api.errors import ApiError
from clusters.connect import Desk
from dashboard.resources.listing import Listing
from dashboard.resources.verbs import all_asks

_threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="ahead")


class Ahead:
    """The questions under way; a page that comes to need the answers waits for them, or asks itself."""

    def __init__(self, listing: Listing) -> None:
        self._asked: Future[None] | None = None
        place = next((one for one in listing.places if one.desk and one.resource), None)
        if place is not None and place.desk is not None and place.resource is not None:
            asks = all_asks(place.resource, place.namespaces[0]) if len(listing.places) == 1 else []
            self._asked = _threads.submit(copy_context().run, _ask, place.desk, asks)

    def wait(self) -> None:
        """Until they are answered; those that have not begun are left to whoever needs them."""
        if self._asked is not None and not self._asked.cancel():
            self._asked.result()


def _ask(desk: Desk, asks: Sequence[Ask]) -> None:
    with suppress(ApiError):  # the page asks again, and says what is wrong
        desk.look_ahead(asks)
