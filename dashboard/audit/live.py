"""Live audit trail: the newest actions for open pages, from this and other processes."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, close_old_connections
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dashboard.audit.actions import Action
from dashboard.audit.filters import AuditFilter, parse_query
from dashboard.audit.pagination import Pagination
from dashboard.audit.presenter import ROWS, checkpoint_of, is_live, row_context
from people.audit import record
from people.models import User

log = logging.getLogger(__name__)
POLL = 2.0  # seconds after which rows of other processes are looked for
PACE = 0.3  # seconds between two looks
BURST_PACE = 1.0
BURST = 30  # new deeds in one look


@dataclass(frozen=True)
class Snapshot:
    """What the newest page holds; `trouble` says why it may be behind."""

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
        self._window = window
        self._changed: Callable[[], None] = lambda: None
        self._versions: dict[str, str] = {}
        self._parts: dict[str, str] = {}
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
        """Read the newest page if this reader has rows up to `head` that were not there; how many deeds are new."""
        has_new = (
            self._pagination.matching_entries()
            .filter(sequence__gt=self._seen, sequence__lte=last_sequence)
            .exists()
        )
        before = self._snapshot
        self._set_snapshot(self._newest() if has_new else Snapshot(before.actions, before.checkpoint))
        self._seen = last_sequence
        known = {deed.id for deed in before.actions}
        return sum(deed.id not in known for deed in self._snapshot.actions)

    def fail(self) -> None:
        """The trail cannot be read: the rows stay, and the page says so."""
        trouble = _("The audit trail cannot be read right now; retrying.")
        self._set_snapshot(Snapshot(self._snapshot.actions, self._snapshot.checkpoint, trouble))

    def render(self) -> str | None:
        """The pieces that changed since the last call, or None. Does not ask the database."""
        now = self._snapshot
        state = render_to_string("audit/state.html", {"trouble": now.notice})
        head = render_to_string("audit/checkpoint.html", {"head": now.checkpoint})
        pieces = [
            *self._part("live-state", state),
            *(self._part("trail-head", head) if now.checkpoint else ()),
            *self._part("trail-empty", render_to_string("audit/empty.html", {"deeds": now.actions})),
            *self._rows(now.actions),
        ]
        return "".join(pieces) or None

    def _newest(self) -> Snapshot:
        return Snapshot(tuple(self._pagination.page(None, ROWS).actions), checkpoint_of(self._user))

    def _set_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot != self._snapshot:
            self._snapshot = snapshot
            self._changed()

    def _part(self, target: str, html: str) -> Iterator[SafeString]:
        if self._parts.get(target) != html:
            self._parts[target] = html
            yield format_html(
                '<template data-swap="morph" data-target="#{}">{}</template>',
                target,
                mark_safe(html),  # noqa: S308 - rendered by a template
            )

    def _rows(self, actions: tuple[Action, ...]) -> Iterator[SafeString]:
        window = window_of(actions)
        shown = {deed.id: deed.version for deed in actions}
        if window == self._window:
            self._versions = shown
            return
        html = [self._row(deed) for deed in actions if self._versions.get(deed.id) != deed.version]
        order = " ".join(f"{deed.id} {deed.id}-all" for deed in actions)
        self._versions, self._window = shown, window
        yield format_html(
            '<template data-swap="rows" data-target="#trail-rows" data-window="{}" data-order="{}">{}</template>',
            window,
            order,
            mark_safe("".join(html)),  # noqa: S308 - rendered by the page's own template
        )

    def _row(self, action: Action) -> str:
        return render_to_string(
            "audit/row.html", {**row_context(self._user, action), "places": self._cluster_links}
        )


def open_audit_trail(
    user: User, query: QueryDict, window: str, find_cluster_links: Callable[[User], Mapping[int, Any]]
) -> AuditTrailSubscription | None:
    """What the page of this query shows; None where that page is not live. `places` as in the row's template."""
    now = timezone.now()
    wanted = parse_query(query, now)
    if not is_live(wanted, query, now):
        return None
    return AuditTrailSubscription(user, wanted.filter, window, find_cluster_links(user))


def window_of(actions: tuple[Action, ...] | list[Action]) -> str:
    """One word for what a page shows."""
    shown = "|".join(f"{deed.id}{deed.version}" for deed in actions)
    return hashlib.sha1(shown.encode(), usedforsecurity=False).hexdigest()[:16]


class Watcher:
    """Looks for all open pages of this process, in a thread of its own: at once, or when other processes wrote."""

    def __init__(self) -> None:
        self._open: set[AuditTrailSubscription] = set()
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._seen = -1
        self._thread: threading.Thread | None = None

    def add(self, subscription: AuditTrailSubscription) -> None:
        with self._lock:
            self._open.add(subscription)
            self._seen = -1
            if self._thread is None:
                record.listen(self._news.set)
                self._thread = threading.Thread(target=self._run, name="trail-pages", daemon=True)
                self._thread.start()
        self._news.set()

    def remove(self, subscription: AuditTrailSubscription) -> None:
        with self._lock:
            self._open.discard(subscription)
        self._news.set()

    def _run(self) -> None:
        try:
            while self._is_needed():
                self._news.wait(POLL)
                self._news.clear()
                arrived = self._poll()
                close_old_connections()
                time.sleep(BURST_PACE if arrived > BURST else PACE)
        finally:
            with self._lock:  # a mistake of ours ended it: the next page starts another
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
        """Let every page look where there are rows that nobody has seen; the most deeds that were new to one."""
        with self._lock:
            pages, seen, self._seen = tuple(self._open), self._seen, 0
        try:
            head = record.last_sequence()
            arrived = [self._refresh_page(page, head) for page in pages] if head != seen else []
        except DatabaseError:
            log.exception("The audit trail could not be read for open pages; retrying soon")
            for page in pages:
                page.fail()
            return 0
        with self._lock:
            if self._seen == 0 and None not in arrived:
                self._seen = head
        return max((number for number in arrived if number), default=0)

    def _refresh_page(self, page: AuditTrailSubscription, last_sequence: int) -> int | None:
        """How many deeds are new to this page. None after a mistake of ours, which costs the other pages nothing."""
        try:
            return page.refresh(last_sequence)
        except DatabaseError:
            raise
        except Exception:
            log.exception("A page of the audit trail could not be updated; retrying soon")
            page.fail()
            return None


watcher = Watcher()
