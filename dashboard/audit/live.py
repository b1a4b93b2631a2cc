"""Live audit trail: the newest actions for open pages, from this and other processes."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clusters.runtime import runtime
from dashboard.audit.actions import Action
from dashboard.audit.filters import AuditFilter, parse_query
from dashboard.audit.pagination import Pagination
from dashboard.audit.presenter import ROWS, checkpoint_of, is_live, row_context
from dashboard.pieces.differ import Differ
from dashboard.pieces.update import Piece, Update, build_update
from dashboard.timings import AuditTimings
from people.audit import record
from people.models import User

log = logging.getLogger(__name__)
BURST = 30  # new actions in one poll


@dataclass(frozen=True)
class Snapshot:
    """What the newest page holds; `notice` says why it may be behind."""

    actions: tuple[Action, ...] = ()
    checkpoint: str = ""
    notice: str = ""


class AuditTrailSubscription:
    """The newest page of one reader under one filter, while its socket is open."""

    def __init__(
        self, user: User, entry_filter: AuditFilter, window: str, cluster_links: Mapping[int, Any]
    ) -> None:
        """Opened where the database may be asked; `window` says what the page shows already."""
        self._user, self._cluster_links = user, cluster_links
        self._pagination = Pagination(user, entry_filter)
        self._differ = Differ(window)
        self._changed: Callable[[], None] = lambda: None
        self._seen = record.last_sequence()
        self._snapshot = self._newest()

    def start(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        watcher.add(self)

    def stop(self) -> None:
        watcher.remove(self)

    def forget(self) -> None:
        """Nothing is kept beyond the socket."""

    def renew(self, query: str) -> None:
        """Another filter is another page."""

    def refresh(self, last_sequence: int) -> int:
        """Read the newest page if this reader has new rows up to `last_sequence`; returns how many actions are new."""
        has_new = (
            self._pagination.matching_entries()
            .filter(sequence__gt=self._seen, sequence__lte=last_sequence)
            .exists()
        )
        before = self._snapshot
        self._set_snapshot(self._newest() if has_new else Snapshot(before.actions, before.checkpoint))
        self._seen = last_sequence
        known = {action.id for action in before.actions}
        return sum(action.id not in known for action in self._snapshot.actions)

    def fail(self) -> None:
        """The audit trail cannot be read: the rows stay, and the page says so."""
        notice = _("The audit trail cannot be read right now; retrying.")
        self._set_snapshot(Snapshot(self._snapshot.actions, self._snapshot.checkpoint, notice))

    def render(self) -> Update | None:
        """The pieces that changed since the last call, or None. Does not ask the database."""
        now = self._snapshot
        return build_update([*self._compare_parts(now), *self._compare_rows(now.actions)])

    def _newest(self) -> Snapshot:
        return Snapshot(tuple(self._pagination.page(None, ROWS).actions), checkpoint_of(self._user))

    def _set_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot != self._snapshot:
            self._snapshot = snapshot
            self._changed()

    def _compare_parts(self, now: Snapshot) -> Iterator[Piece]:
        compare = self._differ.compare
        yield from compare("live-state", render_to_string("audit/state.html", {"notice": now.notice}))
        if now.checkpoint:
            checkpoint = render_to_string("audit/checkpoint.html", {"checkpoint": now.checkpoint})
            yield from compare("audit-checkpoint", checkpoint)
        yield from compare("audit-empty", render_to_string("audit/empty.html", {"actions": now.actions}))

    def _compare_rows(self, actions: tuple[Action, ...]) -> Iterator[Piece]:
        """Two rows for each action: its line, and all its fields."""
        by_ids = {f"{action.id} {action.id}-all": action for action in actions}
        versions = {ids: action.version for ids, action in by_ids.items()}

        def render(ids: str) -> SafeString:
            return self._row(by_ids[ids])

        return self._differ.compare_rows("audit-rows", versions, window_of(actions), render)

    def _row(self, action: Action) -> SafeString:
        return render_to_string(
            "audit/row.html", {**row_context(self._user, action), "cluster_links": self._cluster_links}
        )


def open_audit_trail(
    user: User, query: QueryDict, window: str, find_cluster_links: Callable[[User], Mapping[int, Any]]
) -> AuditTrailSubscription | None:
    """The live page of this query; None where that page is not live."""
    now = timezone.now()
    audit_query = parse_query(query, now)
    if not is_live(audit_query, query, now):
        return None
    return AuditTrailSubscription(user, audit_query.filter, window, find_cluster_links(user))


def window_of(actions: tuple[Action, ...] | list[Action]) -> str:
    """One word for what a page shows."""
    shown = "|".join(f"{action.id}{action.version}" for action in actions)
    return hashlib.sha1(shown.encode(), usedforsecurity=False).hexdigest()[:16]


class Watcher:
    """Polls for all open pages of this process in a thread of its own: at once, or after other processes wrote."""

    def __init__(self) -> None:
        self._open: set[AuditTrailSubscription] = set()
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._seen = -1
        self._thread: threading.Thread | None = None

    @property
    def timings(self) -> AuditTimings:
        timings: AuditTimings = settings.TIMINGS.audit
        return timings

    def add(self, subscription: AuditTrailSubscription) -> None:
        with self._lock:
            self._open.add(subscription)
            self._seen = -1
            if self._thread is None:
                record.listen(self._news.set)
                self._thread = runtime.start_thread("audit-pages", self._run)
        self._news.set()

    def remove(self, subscription: AuditTrailSubscription) -> None:
        with self._lock:
            self._open.discard(subscription)
        self._news.set()

    def _run(self) -> None:
        try:
            while self._is_needed():
                self._news.wait(self.timings.poll)
                self._news.clear()
                arrived = self._poll()
                close_old_connections()
                time.sleep(self.timings.burst_pace if arrived > BURST else self.timings.pace)
        finally:
            with self._lock:  # a programming error ended it: the next page starts another
                if self._thread is threading.current_thread():
                    record.unlisten(self._news.set)
                    self._thread = None

    def _is_needed(self) -> bool:
        with self._lock:
            if not self._open:
                record.unlisten(self._news.set)
                self._thread = None
            return bool(self._open)

    def _poll(self) -> int:
        """Refresh every page if there are new rows; returns the most actions that were new to one page."""
        with self._lock:
            pages, seen, self._seen = tuple(self._open), self._seen, 0
        try:
            last_sequence = record.last_sequence()
            arrived = (
                [self._refresh_page(page, last_sequence) for page in pages] if last_sequence != seen else []
            )
        except DatabaseError:
            log.exception("The audit trail could not be read for open pages; retrying soon")
            for page in pages:
                page.fail()
            return 0
        with self._lock:
            if self._seen == 0 and None not in arrived:
                self._seen = last_sequence
        return max((number for number in arrived if number), default=0)

    def _refresh_page(self, page: AuditTrailSubscription, last_sequence: int) -> int | None:
        """How many actions are new to this page; None after a programming error, which must not affect other pages."""
        try:
            return page.refresh(last_sequence)
        except DatabaseError:
            raise
        except Exception:
            log.exception("A page of the audit trail could not be updated; retrying soon")
            page.fail()
            return None


watcher = Watcher()
