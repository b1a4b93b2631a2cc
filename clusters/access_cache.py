"""Which answers are still young enough to be used again, and for whose credential only?"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_Person = tuple[str, object]  # the credential's fingerprint, and the server that it is for
_FORGOTTEN = 4096


@dataclass(frozen=True)
class Ticket:
    """Taken before the question is sent: an answer from before a change is not kept after it."""

    person: _Person
    taken: float


class Cache(Generic[_Key, _Value]):
    """At most `size` answers, none older than `seconds`."""

    def __init__(self, seconds: float, size: int) -> None:
        self._seconds = seconds
        self._size = size
        self._kept: OrderedDict[tuple[_Person, _Key], tuple[float, _Value]] = OrderedDict()
        self._forgotten: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, person: _Person, key: _Key) -> _Value | None:
        """The answer, where one is kept."""
        with self._lock:
            kept = self._kept.get((person, key))
        if kept is None or time.monotonic() - kept[0] >= self._seconds:
            return None
        return kept[1]

    def ticket(self, person: _Person) -> Ticket:
        """Take it before the question is sent."""
        return Ticket(person, time.monotonic())

    def put(self, ticket: Ticket, key: _Key, value: _Value) -> None:
        """Keep an answer, as old as its question, unless the credential was forgotten meanwhile."""
        with self._lock:
            if ticket.taken <= self._forgotten.get(ticket.person[0], float("-inf")):
                return
            self._kept[(ticket.person, key)] = (ticket.taken, value)
            self._kept.move_to_end((ticket.person, key))
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def forget(self, fingerprint: str) -> None:
        """Drop all answers for a credential, those on their way included."""
        with self._lock:
            for key in [key for key in self._kept if key[0][0] == fingerprint]:
                del self._kept[key]
            self._forgotten[fingerprint] = time.monotonic()
            self._forgotten.move_to_end(fingerprint)
            while len(self._forgotten) > _FORGOTTEN:
                self._forgotten.popitem(last=False)
