"""Prefetch: access reviews and namespaces, fetched while the first rows of a list load."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context

from clusters.api.errors import ApiError
from clusters.api.resource_attributes import ResourceAttributes
from clusters.gateway.connect import ClusterSession
from clusters.runtime import runtime
from dashboard.frame.permissions import build_all_attributes
from dashboard.lists.listing import Listing

_threads = runtime.pool("prefetch")


class Prefetch:
    """Reviews under way; a page that needs their results waits for them, or sends its own."""

    def __init__(self, listing: Listing) -> None:
        self._future: Future[None] | None = None
        cluster = next((one for one in listing.clusters if one.cluster_session and one.resource), None)
        if cluster is not None and cluster.cluster_session is not None and cluster.resource is not None:
            checks = (
                build_all_attributes(cluster.resource, cluster.namespaces[0])
                if len(listing.clusters) == 1
                else []
            )
            self._future = _threads.submit(copy_context().run, _run_reviews, cluster.cluster_session, checks)

    def wait(self) -> None:
        """Wait for the results; reviews that have not begun are left to whoever needs them."""
        if self._future is not None and not self._future.cancel():
            self._future.result()


def _run_reviews(cluster_session: ClusterSession, checks: Sequence[ResourceAttributes]) -> None:
    with suppress(ApiError):  # the page asks again, and says what is wrong
        cluster_session.prefetch(checks)
