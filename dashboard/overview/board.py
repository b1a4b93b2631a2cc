"""What does the overview stand on? Every cluster of the person with its counter, or what stands in the way."""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from clusters.api.connection import Connection
from clusters.connect import Desk, connect_all
from clusters.counting.counters import Counter, counters
from clusters.namespaces import known_everywhere
from clusters.pages.states import CredentialState, Standing, by_now, standings
from people.models import Standing as PersonStanding
from people.models import User

MOST = 100  # clusters on one page
ASKABLE = 3  # administrators that are named where only one of them can help
# The API server takes a token for a minute after its end: until then it is asked, and what it says is shown.
AFTERLIFE = timedelta(seconds=60)


@dataclass(frozen=True)
class Line:
    """One cluster. Without a desk nothing can be asked there; without a counter nothing more can be counted here."""

    standing: Standing
    desk: Desk | None = None
    counter: Counter | None = None

    @property
    def acting(self) -> CredentialState:
        """The credential that is used there, as it stands at this moment."""
        return by_now(self.standing.acting)

    @property
    def slug(self) -> str:
        return self.standing.cluster.slug


class _Look:
    """The counters that one page looks at: left exactly once, also where the page is lost on its way."""

    def __init__(self) -> None:
        self._held: list[tuple[Counter, Connection]] = []
        self._is_paused = False
        self._is_over = False
        self._lock = threading.Lock()

    @property
    def counters(self) -> list[Counter]:
        return [counter for counter, _connection in self._held]

    def at(self, connection: Connection, known: list[str]) -> Counter | None:
        """Begin to look at one cluster; None where nothing more can be counted."""
        counter = counters.look(connection, known)
        if counter is not None:
            self._held.append((counter, connection))
        return counter

    def pause(self, paused: bool) -> None:
        with self._lock:
            if self._is_over or paused is self._is_paused:
                return
            self._is_paused = paused
            for counter, connection in self._held:
                (counters.pause if paused else counters.resume)(counter, connection)

    def end(self) -> None:
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
            for counter, connection in self._held:
                (counters.part if self._is_paused else counters.leave)(counter, connection)


@dataclass(frozen=True)
class Board:
    """The lines by name, and how many clusters are beyond the bound; give it back with `close`."""

    user: User
    lines: tuple[Line, ...]
    beyond: int
    administrators: tuple[str, ...]
    look: _Look

    def counters(self) -> list[Counter]:
        return self.look.counters

    def wait(self, seconds: float) -> None:
        """Let first counts come in, for so many seconds; what was counted before is not waited for."""
        until = time.monotonic() + seconds
        for counter in self.counters():
            counter.wait(until - time.monotonic())

    def close(self) -> None:
        self.look.end()

    def forget(self) -> None:
        """At sign-out: nothing of this person's rights is kept."""
        self.close()
        for line in self.lines:
            if line.desk is not None:
                line.desk.forget()
                counters.forget(line.desk.connection.fingerprint)


def open_board(user: User, words: tuple[str, ...] = ()) -> Board:
    """Through the door of every cluster of the person; nothing is asked of a cluster here, the counters do it.

    `words` only matter beyond the bound: the clusters whose names hold them come first.
    """
    found = standings(user)
    if len(found) > MOST:
        found.sort(key=lambda one: not all(word in names_of(one) for word in words))
    known, look = known_everywhere(user), _Look()
    desks = connect_all(user, [one.cluster.slug for one in found[:MOST] if _is_sent(one)])
    try:
        lines = tuple(
            _line(one, desks.get(one.cluster.slug), known.get(one.cluster.pk, []), look)
            for one in found[:MOST]
        )
        board = Board(user, lines, max(0, len(found) - MOST), administrators(), look)
    except BaseException:
        look.end()
        raise
    weakref.finalize(board, look.end)  # a socket may end before anybody has taken the board
    return board


def names_of(standing: Standing) -> str:
    """What a cluster is found by: its names and its labels."""
    cluster = standing.cluster
    labels = " ".join(f"{key}={value}" for key, value in cluster.labels.items())
    return f"{cluster.name} {cluster.slug} {labels}".lower()


def administrators() -> tuple[str, ...]:
    """Whom to ask."""
    people = User.objects.filter(standing=PersonStanding.ADMINISTRATOR, is_active=True).order_by("pk")
    return tuple(str(one) for one in people[:ASKABLE])


def _is_sent(standing: Standing) -> bool:
    """A credential that has ended is not sent any more."""
    ends = standing.acting.credential.expires_at if standing.acting.credential else None
    return ends is None or ends + AFTERLIFE > timezone.now()


def _line(standing: Standing, desk: Desk | None, known: list[str], look: _Look) -> Line:
    if desk is None:
        return Line(standing)
    own = [desk.credential.namespace] if desk.credential.namespace else []
    return Line(standing, desk, look.at(desk.connection, [*own, *known]))
