"""Live actions: the buttons of an open object page, reviewed again when others apply to the object than before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from clusters.access.reviews import Budget
from clusters.runtime import runtime
from dashboard.objects.kind_pages import build_actions, list_applying
from dashboard.objects.opening import OpenObject


class LiveActions:
    """Of one open page. Reviews ask the API server: they run in a pool of their own, and `changed` is called then."""

    def __init__(self, opened: OpenObject) -> None:
        self._opened = opened
        self._lock = threading.Lock()
        self._applying = self._list_applying()
        self._changed: Callable[[], None] = lambda: None
        self._html: SafeString | None = None

    def start(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    @property
    def html(self) -> SafeString | None:
        """The buttons as they were reviewed last; None while those of the first load are right."""
        with self._lock:
            return self._html

    def look(self, *, is_stale: bool = False) -> None:
        """Have the buttons reviewed, if others apply now or the page shows those of another time."""
        applying = self._list_applying()
        if applying == self._applying and not is_stale:
            return
        self._applying = applying
        runtime.pool("prefetch").submit(self._review)

    def _list_applying(self) -> Sequence[str]:
        return [action.page for action in list_applying(self._opened.kind, self._opened)]

    def _review(self) -> None:
        session = replace(
            self._opened.cluster_session, budget=Budget()
        )  # the page's own is for its first load
        buttons = build_actions(self._opened.kind, replace(self._opened, cluster_session=session))
        html = render_to_string("objects/actions.html", {"actions": buttons})
        with self._lock:
            self._html = html
        self._changed()
