"""Live log subscription: lines and notices for the socket, as many as the page takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string

from clusters.gateway.connect import ClusterSession
from clusters.logs.service import OpenView, log_service
from dashboard.address.paths import Address
from dashboard.logs.opening import OpenLogs, open_object_logs, open_selected_logs
from dashboard.logs.query import read_query, resume
from dashboard.logs.wire import encode_events
from dashboard.objects.opening import open_object
from dashboard.pieces.differ import Differ
from dashboard.pieces.update import Piece, Update
from people.models import User

TARGET = "log-view"


class LogSubscription:
    """A log page while its socket is open. What `render` does not take stops the reading upstream."""

    def __init__(self, logs: OpenLogs, window: str) -> None:
        self._logs = logs
        self._options = resume(logs.query.build_options(is_previous=logs.is_previous), window)
        self._view: OpenView | None = None
        self._is_first = True
        self._changed: Callable[[], None] = lambda: None
        self._differ = Differ()

    def start(self, changed: Callable[[], None]) -> None:
        """Begin to read; `changed` is called whenever there are lines."""
        self._changed = changed
        if self._logs.targets:
            self._view = log_service.open(self._logs.targets, self._options, settings.TIMINGS.logs, changed)

    def stop(self) -> None:
        if self._view is not None:
            self._view.close()

    def forget(self) -> None:
        """At sign-out: nothing of this person's permissions is kept."""
        for session in self._sessions():
            session.forget()

    def renew(self, query: str) -> None:
        """Which lines are shown, and how, is the page's own affair."""

    def render(self) -> Update | None:
        """The next lines; where there are more, `changed` is called at once."""
        if self._view is None:
            return None
        pieces = tuple(self._pieces(self._view))
        return Update(pieces, is_urgent=True) if pieces else None

    def _pieces(self, opened: OpenView) -> Iterator[Piece]:
        is_done = opened.view.is_done  # before the last events are taken
        events, has_more = opened.view.take()
        if events or self._is_first:
            yield Piece(TARGET, encode_events(events, is_first=self._is_first), swap="lines")
            self._is_first = False
        if has_more:
            self._changed()
        yield from self._differ.compare(
            "live-state", render_to_string("logs/state.html", {"is_done": is_done and not has_more})
        )

    def _sessions(self) -> Sequence[ClusterSession]:
        return self._logs.sessions


def subscribe_to_object_logs(user: User, address: Address, query: QueryDict, window: str) -> LogSubscription:
    """Raises what `open_object` raises."""
    opened = open_object(user, address, with_related=False)
    try:
        return LogSubscription(open_object_logs(opened, read_query(query), user), window)
    finally:
        opened.close()


def subscribe_to_selected_logs(
    user: User, address: Address, query: QueryDict, window: str
) -> LogSubscription:
    """Raises what `connect` raises."""
    return LogSubscription(open_selected_logs(user, address, read_query(query)), window)
