"""Broadcast: control messages between the processes of one installation, by a channel of Redis.

Nobody waits for Redis: messages are sent and received by two threads, each with a bound on how long it tries. Redis
keeps nothing. What is lost while it is away is made up for by the session checks of each process.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

try:
    from redis import Redis, RedisError
    from redis.backoff import NoBackoff
    from redis.retry import Retry
except ImportError:  # there only where several processes serve, and then the settings have looked for it
    Redis = RedisError = None  # type: ignore[assignment,misc]

log = logging.getLogger(__name__)
CHANNEL = "quarterdeck.control"
QUEUE_SIZE = 1000  # changes that wait to be sent; beyond it they are dropped
MAX_MESSAGE = 4 * 1024 * 1024  # bytes of what another process sends


class Message(NamedTuple):
    """`group` is whose sockets it is for, `kind` what happened to them."""

    group: str
    kind: str


@dataclass(frozen=True)
class BroadcastTimings:
    """All in seconds. `answer` is how long Redis may take to accept a connection or a message, `ping` between two
    questions whether it is there, `silence` after which it counts as away, `retry` between two tries to reach it, and
    `stop` how long a process that ends sends what waits.
    """

    answer: float = 2.0
    ping: float = 2.0
    silence: float = 5.0
    retry: float = 1.0
    stop: float = 3.0


class Broadcast:
    """Sends to the other processes and hears from them; any thread. Without a URL there are no others."""

    def __init__(self, url: str, timings: BroadcastTimings | None = None) -> None:
        self.url, self.timings = url, timings or BroadcastTimings()
        self.late_since: datetime | None = None  # since when messages are lost; None while they are not
        self.state_listeners: set[Callable[[], None]] = set()
        self._id = secrets.token_hex(8)
        self._receive: Callable[[Iterable[Message]], None] = lambda messages: None
        self._resumed: Callable[[], None] = lambda: None
        self._queue: queue.Queue[list[Message] | None] = queue.Queue(QUEUE_SIZE)
        self._lock = threading.Lock()
        self._sender: threading.Thread | None = None
        self._receiver: threading.Thread | None = None

    def send(self, messages: Iterable[Message]) -> None:
        """All of one change, in one go and soon. Never waits and never raises."""
        if not self.url:
            return
        try:
            self._queue.put_nowait(list(messages))
        except queue.Full:
            self._begin("too many messages are waiting")
            return
        with self._lock:
            if self._sender is None or not self._sender.is_alive():
                self._sender = threading.Thread(target=self._send_queued, name="broadcast-send", daemon=True)
                self._sender.start()

    def listen(
        self, receive: Callable[[Iterable[Message]], None], resumed: Callable[[], None] = lambda: None
    ) -> None:
        """From now on `receive` gets what others send, and `resumed` is called when something may have been missed.

        Both are called in a thread of their own, and must not block.
        """
        if not self.url:
            return
        with self._lock:
            self._receive, self._resumed = receive, resumed
            if self._receiver is None:
                self._receiver = threading.Thread(target=self._receive_all, name="broadcast", daemon=True)
                self._receiver.start()

    def stop(self) -> None:
        """Send what waits, for a moment."""
        sender = self._sender
        if sender is not None and sender.is_alive():
            with suppress(queue.Full):
                self._queue.put_nowait(None)
                sender.join(self.timings.stop)

    # --- below: not for outsiders

    def _send_queued(self) -> None:
        client, is_over = self._connect(retries=1), False  # one that was idle for too long is made anew
        while not is_over:
            changes = [self._queue.get()]
            with suppress(queue.Empty):
                while True:
                    changes.append(self._queue.get_nowait())
            is_over = None in changes
            messages = [one for change in changes if change is not None for one in change]
            if not messages:
                continue
            try:
                client.publish(CHANNEL, json.dumps({"from": self._id, "messages": messages}))
            except (RedisError, OSError) as error:
                self._begin(str(error))
        client.close()

    def _receive_all(self) -> None:
        """For ever: subscribe, hear, and begin again where that fails."""
        pause, is_first = threading.Event(), True
        while True:
            client = self._connect(retries=0)
            try:
                self._hear(client, is_first=is_first)
            except (RedisError, OSError, ValueError) as error:
                self._begin(str(error))
            finally:
                client.close()
            is_first = False
            pause.wait(self.timings.retry)

    def _hear(self, client: Any, *, is_first: bool) -> None:
        """Until Redis is silent or gone, which is an error. It is asked from time to time whether it is there."""
        channel = client.pubsub()
        channel.subscribe(CHANNEL)
        heard_at = asked_at = time.monotonic()
        is_resumed = is_first
        while True:
            found = channel.get_message(timeout=self.timings.ping / 2)
            now = time.monotonic()
            if found is not None:
                heard_at = now
                self._end()
                if not is_resumed:
                    is_resumed = True
                    self._resumed()
                if found["type"] == "message":
                    self._deliver(found["data"])
            if now - heard_at > self.timings.silence:
                raise TimeoutError(f"Redis was silent for {self.timings.silence:g} s")
            if now - asked_at > self.timings.ping:
                channel.ping()
                asked_at = now

    def _deliver(self, data: bytes) -> None:
        """Whoever can write to Redis can close sockets by it, and nothing else."""
        messages = _read(data, self._id)
        if messages:
            self._receive(messages)

    def _connect(self, *, retries: int) -> Any:
        """A client of one thread."""
        seconds = self.timings.answer
        return Redis.from_url(
            self.url,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), retries),
        )

    def _begin(self, reason: str) -> None:
        with self._lock:
            if self.late_since is not None:
                return
            self.late_since = timezone.now()
        log.error(
            "Redis (QUARTERDECK_REDIS_URL) is not responding: pages learn within 15 seconds, not at once, what another "
            "process has changed for their users: %s",
            reason,
        )
        self._notify()

    def _end(self) -> None:
        with self._lock:
            if self.late_since is None:
                return
            self.late_since = None
        log.warning("Redis is responding again")
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self.state_listeners):
            listener()


def _read(data: bytes, own_id: str) -> list[Message]:
    """The messages of another process; nothing where it is ours, or no message."""
    if len(data) > MAX_MESSAGE:
        return []
    try:
        found = json.loads(data)
        if found["from"] == own_id:
            return []
        return [Message(str(group), str(kind)) for group, kind in found["messages"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        log.warning("Redis: a message of %d bytes on %s is not Quarterdeck's", len(data), CHANNEL)
        return []


broadcast = Broadcast(settings.REDIS_URL)
atexit.register(broadcast.stop)
os.register_at_fork(after_in_child=lambda: broadcast.__init__(broadcast.url))  # type: ignore[misc] # threads stay behind
