"""Byte streams: bytes, back-pressure, limits, errors and ends of an open response."""

from __future__ import annotations

import asyncio
import select
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from clusters.api import errors
from clusters.api.byte_streams import ByteStream, StreamLimits
from clusters.api.connection import Connection
from clusters.api.streams import Streams
from tests.clusters.api import faults
from tests.clusters.api.calls import TOKEN, connect_as, make_connection
from tests.clusters.api.faults import FaultServer, Proxy, Wire, respond_status, stream_lines
from tests.controlplane.controlplane import ControlPlane

BLOCK = b"0123456789abcdef" * 4096  # 64 KiB
BLOCKS = 1024
LOG = "/api/v1/namespaces/shop/pods/toolbox/log"


@asynccontextmanager
async def open_stream(
    connection: Connection, path: str = "/log", **options: Any
) -> AsyncIterator[ByteStream]:
    streams = Streams()
    try:
        async with streams.open_stream(connection, path, **options) as stream:
            yield stream
    finally:
        await streams.close()


async def read_all(connection: Connection, path: str = "/log", **options: Any) -> bytes:
    async with open_stream(connection, path, **options) as stream:
        return await stream.read_all()


class StalledServer(FaultServer):
    """Sends 64 MiB, and says when nothing more can be sent for a second."""

    def __init__(self) -> None:
        super().__init__(self._send_blocks)
        self.sent = 0
        self.stalled = threading.Event()

    def _send_blocks(self, wire: Wire) -> None:
        wire.stream_head()
        for _ in range(BLOCKS):
            if not select.select([], [wire.socket], [], 1.0)[1]:
                self.stalled.set()
            wire.chunk(BLOCK)
            self.sent += len(BLOCK)
        wire.send(b"0\r\n\r\n")


async def test_it_gives_the_bytes_as_they_are_and_counts_them() -> None:
    parts = (b"one\n\n", b"\xff\x00\x1b[1m", b"no newline")
    with FaultServer(stream_lines(*parts)) as server:
        async with open_stream(make_connection(server), query=[("follow", "true")]) as stream:
            assert b"".join([part async for part in stream]) == b"".join(parts)
            assert (stream.status, stream.size) == (200, len(b"".join(parts)))
            assert stream.headers["content-type"] == "application/json"
        assert server.requests[0].target == "/log?follow=true"
        assert server.requests[0].headers["accept"] == "*/*"


async def test_a_slow_client_makes_the_server_wait() -> None:
    with StalledServer() as server:
        async with open_stream(make_connection(server)) as stream:
            first = await stream.read()
            assert await asyncio.to_thread(server.stalled.wait, 60)
            assert server.sent < BLOCKS * len(BLOCK) / 2
            rest = await stream.read_all()
        assert len(first) + len(rest) == stream.size == BLOCKS * len(BLOCK)
        assert first + rest == BLOCK * BLOCKS


async def test_each_wait_for_bytes_is_limited_and_not_the_time_between() -> None:
    def send_two(wire: Wire) -> None:
        wire.stream_head()
        wire.chunk(b"one")
        wire.chunk(b"two")
        faults.hang(wire)

    with FaultServer(send_two) as server:
        async with open_stream(make_connection(server), limits=StreamLimits(idle_seconds=0.4)) as stream:
            found = b""
            while len(found) < 6:
                found += await stream.read()
                await asyncio.sleep(0.6)
            with pytest.raises(errors.TimedOut) as raised:
                await stream.read()
    assert (found, raised.value.path) == (b"onetwo", "/log")


async def test_all_of_it_is_limited_though_bytes_arrive() -> None:
    with FaultServer(faults.drip_body) as server, pytest.raises(errors.TimedOut):
        await read_all(make_connection(server), limits=StreamLimits(idle_seconds=10, total_seconds=0.4))


async def test_all_of_it_is_limited_though_nobody_reads() -> None:
    with FaultServer(faults.drip_body) as server, pytest.raises(errors.TimedOut):
        async with open_stream(make_connection(server), limits=StreamLimits(total_seconds=0.4)):
            await asyncio.Event().wait()


async def test_it_gives_up_where_it_is_larger_than_its_limit() -> None:
    limits = StreamLimits(max_bytes=10)
    with FaultServer(stream_lines(b"12345", b"67890")) as server:
        assert await read_all(make_connection(server), limits=limits) == b"1234567890"
    with FaultServer(stream_lines(b"12345", b"678901")) as server, pytest.raises(errors.ResponseTooLarge):
        await read_all(make_connection(server), limits=limits)


@pytest.mark.parametrize("own", [OSError("the disk is full"), TimeoutError("mine"), ValueError("mine")])
async def test_an_error_of_the_caller_stays_what_it_is(own: Exception) -> None:
    told: list[object] = []
    with FaultServer(stream_lines(b"one")) as server:
        connection = replace(make_connection(server), error_callback=lambda *error: told.append(error))
        with pytest.raises(type(own)) as raised:
            async with open_stream(connection, limits=StreamLimits(total_seconds=60)):
                raise own
    assert raised.value is own
    assert told == []


async def test_a_premature_end_is_an_error() -> None:
    with FaultServer(stream_lines(b"one", premature=True)) as server, pytest.raises(errors.StreamBroken):
        await read_all(make_connection(server))


async def test_a_canceled_caller_closes_the_connection() -> None:
    closed = threading.Event()

    def behave(wire: Wire) -> None:
        wire.stream_head()
        wire.chunk(b"one")
        if wire.socket.recv(1) == b"":
            closed.set()
        raise faults.Hangup

    streams, started = Streams(), asyncio.Event()

    async def read(connection: Connection) -> None:
        async with streams.open_stream(connection, "/log") as stream:
            async for _part in stream:
                started.set()

    with FaultServer(behave) as server:
        reading = asyncio.create_task(read(make_connection(server)))
        await asyncio.wait_for(started.wait(), 10)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await asyncio.to_thread(closed.wait, 10)
        await streams.close()


async def test_a_denial_is_an_error_without_the_token() -> None:
    seen: list[errors.ApiError] = []
    with FaultServer(respond_status(403, "Forbidden", f"no for Bearer {TOKEN}")) as server:
        connection = make_connection(server)
        connection = replace(connection, error_callback=lambda *found: seen.append(found[3]))
        with pytest.raises(errors.Forbidden) as raised:
            await read_all(connection)
    assert raised.value.message == "no for Bearer …"
    assert seen == [raised.value]


async def test_it_streams_through_a_proxy() -> None:
    with FaultServer(stream_lines(b"one")) as server, Proxy() as proxy:
        assert await read_all(make_connection(server, proxy_url=proxy.url)) == b"one"
        assert proxy.targets == [f"localhost:{server.port}"]


async def test_a_log_is_what_kubectl_shows(controlplane: ControlPlane) -> None:
    for query, options in (
        ([], []),
        ([("timestamps", "true")], ["--timestamps"]),
        ([("tailLines", "1")], ["--tail=1"]),
    ):
        shown = controlplane.kubectl("logs", "toolbox", "-n", "shop", *options)
        found = await read_all(connect_as(controlplane, "dana"), LOG, query=query)
        assert found.decode() == shown != ""


async def test_a_followed_log_goes_on(controlplane: ControlPlane) -> None:
    before = controlplane.pod_log.read_text()
    try:
        async with asyncio.timeout(60):
            query = [("follow", "true"), ("tailLines", "1")]
            limits = StreamLimits(head_seconds=None)
            async with open_stream(
                connect_as(controlplane, "dana"), LOG, query=query, limits=limits
            ) as stream:
                found = await stream.read()
                with controlplane.pod_log.open("a") as log:
                    log.write("2026-01-01T00:00:09.000000000Z stdout F appended\n")
                while not found.endswith(b"\nappended\n"):
                    part = await stream.read()
                    assert part, found
                    found += part
    finally:
        controlplane.pod_log.write_text(before)


async def test_a_log_without_permission_is_forbidden(controlplane: ControlPlane) -> None:
    with pytest.raises(errors.Forbidden) as raised:
        await read_all(connect_as(controlplane, "stan"), LOG)
    assert 'User "stan" cannot get resource "pods/log"' in raised.value.message
