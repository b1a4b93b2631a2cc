"""Access cache: review results by credential, with a maximum age and size, dropped after a 401 or 403."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

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
    """At most `size` answers, none older than `seconds` or than the cluster's last refusal of that credential."""

    def __init__(self, seconds: float, size: int) -> None:
        self._seconds = seconds
        self._size = size
        self._entries: OrderedDict[tuple[_Person, _Key], tuple[float, _Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, person: _Person, key: _Key) -> _Value | None:
        """The answer, where one is kept."""
        with self._lock:
            kept = self._entries.get((person, key))
        if (
            kept is None
            or time.monotonic() - kept[0] >= self._seconds
            or kept[0] <= last_denied.get_last_denied(person[0])
        ):
            return None
        return kept[1]

    def ticket(self, person: _Person) -> Ticket:
        """Take it before the question is sent."""
        return Ticket(person, time.monotonic())

    def put(self, ticket: Ticket, key: _Key, value: _Value) -> None:
        """Keep an answer, as old as its question, unless the credential was refused meanwhile."""
        if ticket.taken_at <= last_denied.get_last_denied(ticket.person[0]):
            return
        with self._lock:
            self._entries[(ticket.person, key)] = (ticket.taken_at, value)
            self._entries.move_to_end((ticket.person, key))
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def forget(self, fingerprint: str) -> None:
        """Drop all answers for a credential, those on their way included."""
        last_denied.note(fingerprint)
        with self._lock:
            for key in [key for key in self._entries if key[0][0] == fingerprint]:
                del self._entries[key]
