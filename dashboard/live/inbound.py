"""Inbound limits of WebSockets: back-pressure, a rate limit with a close code, counts for each user and session."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from dashboard.monitoring.handshakes import TrackedHandshake

MAX_MESSAGE = 16 * 1024  # characters of a message from the page
MAX_FRAME = 4 * MAX_MESSAGE  # bytes, beyond which the connection is dropped
TOO_MANY_MESSAGES, TOO_MANY_SOCKETS = 4429, 4430  # close codes; static/live/live.js has a notice for each


@dataclass(frozen=True)
class InboundLimits:
    """What one page may send. A page acknowledges at most ten updates a second and renews its query five times.

    `waiting`: messages that wait for the consumer before reading pauses; `recheck`: seconds until it is looked whether
    reading can go on. `burst`: frames at once; `per_second`: frames in the long run. `unopened`: bytes that may arrive
    before the handshake is answered.
    """

    waiting: int = 4
    recheck: float = 0.02
    burst: int = 60
    per_second: float = 30.0
    unopened: int = 64 * 1024


class RateLimit:
    """A token bucket: so many at once, and so many a second in the long run."""

    def __init__(self, limits: InboundLimits, timer: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._timer = timer
        self._left = float(limits.burst)
        self._counted_at = timer()

    def spend(self) -> bool:
        """Count one; False where it is one too many."""
        now = self._timer()
        earned = (now - self._counted_at) * self._limits.per_second
        self._left, self._counted_at = min(self._limits.burst, self._left + earned), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class LimitedSocket(TrackedHandshake):
    """Daphne's protocol, which puts any number of messages into a queue without an end."""

    limits = InboundLimits()
    is_flooded = False
    _resumption: Any = None  # Twisted's call that looks whether reading can go on

    def connectionMade(self) -> None:
        self._rate = RateLimit(self.limits)
        super().connectionMade()

    def dataReceived(self, data: bytes) -> None:
        if self.state == self.STATE_CONNECTING and len(self.data or b"") + len(data) > self.limits.unopened:
            self.transport.abortConnection()
            return
        super().dataReceived(data)

    def onMessageFrameBegin(self, length: int) -> None:
        """Parts of a message count as well: any number of empty ones would fit into the smallest."""
        self._count()
        super().onMessageFrameBegin(length)

    def onPing(self, payload: bytes) -> None:
        """A pong is written for each, whether it is read or not."""
        if self._count():
            super().onPing(payload)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.is_flooded:
            return
        super().onMessage(payload, isBinary)
        if self.application_queue.qsize() >= self.limits.waiting and self._resumption is None:
            self.transport.pauseProducing()
            self._resume_when_read()

    def connectionLost(self, reason: Any) -> None:
        if self._resumption is not None and self._resumption.active():
            self._resumption.cancel()
        super().connectionLost(reason)

    def _count(self) -> bool:
        if not self.is_flooded and not self._rate.spend():
            self.is_flooded = True
            self.sendClose(code=TOO_MANY_MESSAGES)
        return not self.is_flooded

    def _resume_when_read(self) -> None:
        """Read on as soon as the consumer has taken what waits. A peer that is gone meanwhile is noticed then."""
        self._resumption = None
        if self.application_queue.qsize() < self.limits.waiting:
            self.transport.resumeProducing()
        else:
            self._resumption = self.factory.reactor.callLater(self.limits.recheck, self._resume_when_read)


@dataclass
class Inbox:
    """What a page sent and its consumer has not applied: a newer query or pause replaces the one before it."""

    query: str | None = None
    is_paused: bool | None = None

    def take(self) -> tuple[str | None, bool | None]:
        taken = (self.query, self.is_paused)
        self.query = self.is_paused = None
        return taken


@dataclass
class SocketCounts:
    """The open sockets of this process for each user and session. A session can have half of what a user can."""

    limit: Callable[[], int]  # sockets of one user
    _owners: dict[object, tuple[int, str]] = field(default_factory=dict)
    _users: Counter[int] = field(default_factory=Counter)
    _sessions: Counter[str] = field(default_factory=Counter)

    def add(self, socket: object, user_id: int, session_id: str) -> bool:
        """Count a socket; False, and it is not counted, where the user or the session has as many as it can."""
        limit = self.limit()
        if self._users[user_id] >= limit or self._sessions[session_id] >= max(1, limit // 2):
            self._forget_zero(user_id, session_id)
            return False
        self._owners[socket] = (user_id, session_id)
        self._users[user_id] += 1
        self._sessions[session_id] += 1
        return True

    def remove(self, socket: object) -> None:
        """Count a socket no longer; nothing where it was not counted."""
        owner = self._owners.pop(socket, None)
        if owner is not None:
            user_id, session_id = owner
            self._users[user_id] -= 1
            self._sessions[session_id] -= 1
            self._forget_zero(user_id, session_id)

    def __len__(self) -> int:
        return len(self._owners)

    def _forget_zero(self, user_id: int, session_id: str) -> None:
        if not self._users[user_id]:
            del self._users[user_id]
        if not self._sessions[session_id]:
            del self._sessions[session_id]


socket_counts = SocketCounts(lambda: settings.QUARTERDECK_MAX_SOCKETS)
