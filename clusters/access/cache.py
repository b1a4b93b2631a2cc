"""Access cache: review results by credential, with a maximum age and size, dropped after a 401 or 403."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cachetools import TLRUCache

from clusters.api import last_denied

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_Person = tuple[str, object]  # the credential's fingerprint, and the server that it is for


@dataclass(frozen=True)
class Ticket:
    """Taken before the question is sent: an answer from before a change is not kept after it."""

    person: _Person
    taken_at: float


class Cache(Generic[_Key, _Value]):
    """At most `size` answers, none older than `seconds` or than the cluster's last refusal of that credential.

    `timer` is a clock in seconds; by default the one that `last_denied` has as well.
    """

    def __init__(self, seconds: float, size: int, *, timer: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._timer = timer
        self._entries: TLRUCache[tuple[_Person, _Key], tuple[float, _Value]] = TLRUCache(
            size, lambda _key, entry, _now: entry[0] + seconds, timer=timer
        )
        self._lock = threading.Lock()

    def get(self, person: _Person, key: _Key) -> _Value | None:
        """The answer, where one is kept."""
        with self._lock:
            kept = self._entries.get((person, key))
        if kept is None or kept[0] <= last_denied.get_last_denied(person[0]):
            return None
        return kept[1]

    def ticket(self, person: _Person) -> Ticket:
        """Take it before the question is sent."""
        return Ticket(person, self._timer())

    def put(self, ticket: Ticket, key: _Key, value: _Value) -> None:
        """Keep an answer, as old as its question, unless the credential was refused meanwhile."""
        if ticket.taken_at <= last_denied.get_last_denied(ticket.person[0]):
            return
        with self._lock:
            self._entries[(ticket.person, key)] = (ticket.taken_at, value)

    def forget(self, fingerprint: str) -> None:
        """Drop all answers for a credential, those on their way included."""
        last_denied.note(fingerprint)
        with self._lock:
            for key in [key for key in self._entries if key[0][0] == fingerprint]:
                self._entries.pop(key, None)  # it may expire meanwhile
