"""Broadcast: messages of a process that has no Redis, or one that is gone, wait for nobody."""

from __future__ import annotations

import time

from people.broadcast import QUEUE_SIZE, Broadcast, BroadcastTimings, Message
from tests.dashboard_server import wait_for

QUICK = BroadcastTimings(answer=0.2, ping=0.1, silence=0.5, retry=0.05, stop=0.5)
MESSAGE = Message("user.1", "access.changed")


def test_without_redis_nothing_is_started() -> None:
    alone = Broadcast("")
    alone.listen(lambda messages: None)
    alone.send([MESSAGE])
    alone.stop()
    assert (alone._sender, alone._receiver, alone.late_since) == (None, None, None)


def test_a_redis_that_is_gone_makes_messages_late_and_nobody_waits() -> None:
    gone = Broadcast("redis://127.0.0.1:1/0", QUICK)  # where nobody listens
    states: list[bool] = []
    gone.state_listeners.add(lambda: states.append(gone.late_since is None))
    began = time.monotonic()
    for _ in range(QUEUE_SIZE * 2):
        gone.send([MESSAGE] * 10)
    assert time.monotonic() - began < 5
    wait_for(lambda: gone.late_since)
    assert states[0] is False
    gone.stop()
