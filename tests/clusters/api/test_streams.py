"""Streams: lines, ends and interruptions of a watch."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from clusters.api import errors
from clusters.api.async_sessions import SessionPool
from clusters.api.byte_streams import LINE_LIMIT
from clusters.api.streams import Streams
from tests.clusters.api import faults
from tests.clusters.api.calls import TOKEN, make_connection, read_watch
from tests.clusters.api.faults import FaultServer, Wire, respond_with, stream_lines

LINE = b'{"type":"ADDED","object":{}}'


def test_it_yields_whole_lines_however_they_are_cut() -> None:
    whole = b"\n".join([LINE + str(number).encode() for number in range(5)]) + b"\n"
    for size in (1, 3, 29, len(whole)):
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        with FaultServer(stream_lines(*pieces)) as server:
            assert read_watch(make_connection(server)) == whole.split(b"\n")[:-1]


def test_it_drops_a_line_that_was_cut_off() -> None:
    with FaultServer(stream_lines(LINE + b"\n\n", b'{"type":"MOD')) as server:
        assert read_watch(make_connection(server)) == [LINE]


def test_it_says_that_the_stream_ended_too_early() -> None:
    seen: list[bytes] = []

    async def run(server: FaultServer) -> None:
        async with aclosing(Streams().watch(make_connection(server), "/api/v1/pods", [])) as lines:
            async for line in lines:
                seen.append(line)

    with (
        FaultServer(stream_lines(LINE + b"\n", premature=True)) as server,
        pytest.raises(errors.StreamBroken),
    ):
        asyncio.run(run(server))
    assert seen == [LINE]


def test_it_reads_every_member_of_a_gzipped_watch() -> None:
    """The watch of 1.37 flushes one gzip member for each event, where gzip was asked for."""
    lines = [LINE + str(number).encode() for number in range(50)]
    with FaultServer(stream_lines(*[line + b"\n" for line in lines], gzipped=True)) as server:
        assert read_watch(make_connection(server)) == lines
        assert server.requests[0].headers["accept-encoding"] == "identity"


def test_it_takes_lines_of_several_mebibytes() -> None:
    big = b"x" * (5 * 1024 * 1024)
    with FaultServer(stream_lines(big, b"\n" + LINE + b"\n")) as server:
        assert [len(line) for line in read_watch(make_connection(server))] == [len(big), len(LINE)]


def test_it_gives_up_on_a_line_without_end() -> None:
    with FaultServer(faults.send_endless_line) as server:
        with pytest.raises(errors.NotKubernetes) as raised:
            read_watch(make_connection(server))
        assert str(LINE_LIMIT // 1024 // 1024) in raised.value.message


def test_it_raises_what_the_server_answers() -> None:
    with (
        FaultServer(faults.respond_status(403, "Forbidden", "no")) as server,
        pytest.raises(errors.Forbidden) as raised,
    ):
        read_watch(make_connection(server))
    assert (raised.value.method, raised.value.path) == ("GET", "/api/v1/pods")
    busy = respond_with(429, b"Too many requests", "text/plain", "Retry-After: 1")
    with FaultServer(busy) as server, pytest.raises(errors.TooManyRequests) as late:
        read_watch(make_connection(server))
    assert late.value.retry_after == 1.0


def test_it_gives_up_on_a_head_that_never_comes_unless_it_should_wait() -> None:
    async def run(server: FaultServer) -> None:
        async for _line in Streams().watch(make_connection(server), "/x", [], head_seconds=0.2):
            raise AssertionError

    with FaultServer(faults.hang) as server, pytest.raises(errors.TimedOut):
        asyncio.run(run(server))


def test_it_waits_for_lines_as_long_as_it_takes_and_closes_when_left() -> None:
    closed: list[bool] = []

    def behaviour(wire: Wire) -> None:
        wire.stream_head()
        wire.chunk(LINE + b"\n")
        closed.append(wire.socket.recv(1) == b"")
        raise faults.Hangup

    async def run(server: FaultServer) -> None:
        held = Streams()
        async with aclosing(held.watch(make_connection(server), "/x", [])) as lines:
            assert await anext(lines) == LINE
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(waiting := asyncio.ensure_future(anext(lines))), 0.3)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.to_thread(faults.wait_until, lambda: bool(closed))
        await held.close()

    with FaultServer(behaviour) as server:
        asyncio.run(run(server))
    assert closed == [True]


def test_it_ends_the_streams_of_a_credential_that_is_forgotten() -> None:
    def behaviour(wire: Wire) -> None:
        wire.stream_head()
        wire.chunk(LINE + b"\n")
        wire.closing.wait(30)

    async def run(server: FaultServer) -> None:
        held = Streams()
        dana, rene = make_connection(server, person="dana"), make_connection(server, person="rene")
        async with aclosing(held.watch(dana, "/x", [])) as hers, aclosing(held.watch(rene, "/x", [])) as his:
            await anext(hers)
            await anext(his)
            waiting = asyncio.ensure_future(anext(his))
            await held.forget(dana.fingerprint)
            with pytest.raises(errors.StreamBroken):
                await asyncio.wait_for(anext(hers), 5)
            assert not waiting.done()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await held.close()

    with FaultServer(behaviour) as server:
        asyncio.run(run(server))
        assert server.connections == 2


def test_it_posts_json() -> None:
    async def run(server: FaultServer) -> bytes:
        held = Streams()
        try:
            return await held.post(
                make_connection(server), "/apis/x", {"kind": "X"}, [("fieldValidation", "Strict")]
            )
        finally:
            await held.close()

    with FaultServer(respond_with(201, {"ok": 1})) as server:
        assert json.loads(asyncio.run(run(server))) == {"ok": 1}
        sent = server.requests[0]
    assert (json.loads(sent.body), sent.target) == ({"kind": "X"}, "/apis/x?fieldValidation=Strict")
    assert sent.headers["authorization"] == f"Bearer {TOKEN}"


def test_it_keeps_no_more_sessions_than_its_bound() -> None:
    async def run(server: FaultServer) -> int:
        sessions = SessionPool(max_idle=3)
        held = Streams(sessions)
        for number in range(10):
            await held.get(make_connection(server, person=f"p{number}"), "/version")
        kept = len(sessions)
        await held.close()
        return kept

    with FaultServer(respond_with(200)) as server:
        assert asyncio.run(run(server)) == 3
