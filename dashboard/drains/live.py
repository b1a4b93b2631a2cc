"""Live drain: the changed pieces of its page, while the person has the permission to see it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from clusters.gateway.connect import ClusterSession, connect
from clusters.operations.runner import runner
from clusters.operations.watch import OperationSnapshot, read_snapshot, watch
from clusters.runtime import runtime
from dashboard.drains.pieces import render_pieces, render_row, window_of
from dashboard.drains.presenter import build_rows
from dashboard.drains.views import build_controls
from dashboard.drains.visibility import can_see, find_drain
from dashboard.pieces.differ import Differ, digest
from dashboard.pieces.update import Piece, Update, build_update
from people.models import User

REVIEW_SECONDS = 30.0  # between two reviews of whether the person can see the drain


class DrainSubscription:
    """A drain's page while its socket is open. `render` is never called by two threads at once."""

    def __init__(
        self, cluster_session: ClusterSession, snapshot: OperationSnapshot, window: str = ""
    ) -> None:
        self._session, self._snapshot = cluster_session, snapshot
        self._changed: Callable[[], None] = lambda: None
        self._differ = Differ(window)
        self._lock = threading.Lock()
        self._reviewed_at, self._is_reviewing, self._is_denied = time.monotonic(), False, False

    def start(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        watch.add(self._snapshot.operation.pk, self._take)

    def stop(self) -> None:
        watch.remove(self._snapshot.operation.pk, self._take)

    def forget(self) -> None:
        """At sign-out: nothing of this person's permissions is kept."""
        self._session.forget()

    def renew(self, query: str) -> None:
        """A drain has no window."""

    def render(self) -> Update | None:
        """The pieces that changed since the last call, or None; nothing new where the permission is not known."""
        with self._lock:
            snapshot, is_denied = self._snapshot, self._is_denied
            is_due = time.monotonic() - self._reviewed_at > REVIEW_SECONDS
        if is_due and not is_denied:
            return None
        return build_update(self._render_denied() if is_denied else self._render(snapshot))

    def _take(self, snapshot: OperationSnapshot) -> None:
        """From the watch's thread."""
        with self._lock:
            self._snapshot = snapshot
            is_due = time.monotonic() - self._reviewed_at > REVIEW_SECONDS and not self._is_reviewing
            self._is_reviewing = self._is_reviewing or is_due
        if is_due:
            runtime.pool("review").submit(self._review)
        else:
            self._changed()

    def _review(self) -> None:
        is_allowed = False
        try:
            is_allowed = can_see(self._session, self._snapshot.operation)
        finally:
            with self._lock:
                self._is_reviewing, self._is_denied = False, not is_allowed
                self._reviewed_at = time.monotonic()
            self._changed()

    def _render(self, snapshot: OperationSnapshot) -> Iterator[Piece]:
        yield from self._differ.compare("live-state", render_to_string("drains/drain.html#state"))
        pieces = render_pieces(snapshot, **build_controls(self._session, snapshot))
        for target, html in pieces.items():
            yield from self._differ.compare(target, html)
        rows = {row.id: row for row in build_rows(snapshot)}
        versions = {name: digest(repr(row)) for name, row in rows.items()}

        def render(name: str) -> SafeString:
            return render_row(rows[name])

        yield from self._differ.compare_rows("drain-rows", versions, window_of(list(rows.values())), render)

    def _render_denied(self) -> Iterator[Piece]:
        html = render_to_string("drains/drain.html#denied")
        yield from self._differ.compare("drain-body", html)


def open_drain(user: User, cluster: str, number: int, window: str) -> DrainSubscription | None:
    """The live page of a drain; None where the person sees none. Raises what `connect` raises."""
    cluster_session = connect(user, cluster)
    operation = find_drain(cluster_session, number)
    if operation is None or not can_see(cluster_session, operation):
        return None
    snapshot = read_snapshot(operation.pk, runner.timings.lease)
    return DrainSubscription(cluster_session, snapshot, window) if snapshot is not None else None
