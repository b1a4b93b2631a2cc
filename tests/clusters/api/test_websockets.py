"""WebSockets: upgrades, frames, channels, refusals and ends, against both kinds of clusters and faulty servers."""

from __future__ import annotations

import asyncio
import json
import select
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from clusters.api import errors
from clusters.api.byte_streams import StreamLimits
from clusters.api.connection import Connection, Identity
from clusters.api.streams import Streams
from clusters.api.websockets import (
    ERROR,
    EXEC_PROTOCOLS,
    FRAME_LIMIT,
    PORT_FORWARD_PROTOCOLS,
    STDIN,
    STDOUT,
    V4,
    V5,
    WebSocket,
)
from tests.clusters.api import faults
from tests.clusters.api.calls import TOKEN, connect_as, make_connection
from tests.clusters.api.faults import FaultServer, Proxy, Wire, respond_redirect, respond_status, respond_with
from tests.clusters.api.websocket_faults import CLOSE, accept_upgrade, build_frame
from tests.controlplane.controlplane import ControlPlane
from tests.simulated_cluster import Plane, SimulatedCluster

POD = "/api/v1/namespaces/shop/pods/toolbox"
OUTPUT = ("stdout", "true")
PING = b"\x80\x03\x00\x06\x00\x00\x00\x04\x00\x00\x00\x01"  # a PING of SPDY/3.1, which the other side repeats


@asynccontextmanager
async def open_websocket(
    connection: Connection,
    path: str = "/exec",
    query: Sequence[tuple[str, str]] = (),
    protocols: Sequence[str] = EXEC_PROTOCOLS,
    **options: Any,
) -> AsyncIterator[WebSocket]:
    streams = Streams()
    try:
        async with (
            asyncio.timeout(60),
            streams.open_websocket(connection, path, query, protocols=protocols, **options) as socket,
        ):
            yield socket
    finally:
        await streams.close()


async def refuse(
    connection: Connection, path: str = "/exec", query: Sequence[tuple[str, str]] = (), **options: Any
) -> errors.ApiError:
    """The error of an upgrade that is not granted."""
    with pytest.raises(errors.ApiError) as raised:
        async with open_websocket(connection, path, query, **options):
            pass
    return raised.value


def build_command(*words: str) -> list[tuple[str, str]]:
    return [OUTPUT, *(("command", word) for word in words)]


async def read_channels(socket: WebSocket) -> tuple[str, Any]:
    """All of standard output, and the Status at the end."""
    found: dict[int, bytes] = {}
    while (frame := await socket.receive_channel()) is not None:
        found[frame[0]] = found.get(frame[0], b"") + frame[1]
    return found.get(STDOUT, b"").decode(), json.loads(found.get(ERROR, b"null"))


@pytest.fixture(params=["simulator", "kubernetes"])
def plane(
    request: pytest.FixtureRequest, simulated_cluster: SimulatedCluster, controlplane: ControlPlane
) -> Plane:
    planes: dict[str, Plane] = {"simulator": simulated_cluster, "kubernetes": controlplane}
    return planes[request.param]


@pytest.mark.parametrize("protocol", [V5, V4])
async def test_it_runs_a_command_and_gets_its_status(plane: Plane, protocol: str) -> None:
    async with open_websocket(
        connect_as(plane, "dana"), f"{POD}/exec", build_command("echo", "a;b"), [protocol]
    ) as socket:
        assert socket.protocol == protocol
        output, status = await read_channels(socket)
    assert (output, status["status"]) == ("a;b\n", "Success")
    assert socket.close_code in (1000, 1006)


async def test_it_is_v5_where_both_are_offered(plane: Plane) -> None:
    async with open_websocket(
        connect_as(plane, "dana"), f"{POD}/exec", build_command("echo", "hello")
    ) as socket:
        assert (socket.protocol, socket.can_close_channels) == (V5, True)


async def test_it_gets_the_exit_code(simulated_cluster: SimulatedCluster) -> None:
    """Of the simulator alone: kwok knows no other exit code than 0."""
    query = build_command("sh", "-c", "exit 3")
    async with open_websocket(connect_as(simulated_cluster, "dana"), f"{POD}/exec", query) as socket:
        _output, status = await read_channels(socket)
    assert status["reason"] == "NonZeroExitCode"
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_it_ends_what_a_command_reads(simulated_cluster: SimulatedCluster) -> None:
    """Of the simulator alone: kwok never tells a process the end of its standard input."""
    query = [*build_command("cat"), ("stdin", "true")]
    async with open_websocket(connect_as(simulated_cluster, "dana"), f"{POD}/exec", query) as socket:
        await socket.send_channel(STDIN, b"hello\n")
        await socket.close_channel(STDIN)
        output, status = await read_channels(socket)
    assert (output, status["status"]) == ("hello\n", "Success")


async def test_v4_cannot_close_a_channel(plane: Plane) -> None:
    query = [*build_command("cat"), ("stdin", "true")]
    async with open_websocket(connect_as(plane, "dana"), f"{POD}/exec", query, [V4]) as socket:
        assert not socket.can_close_channels
        with pytest.raises(ValueError, match=V4):
            await socket.close_channel(STDIN)


async def test_it_tunnels_spdy_for_port_forward(controlplane: ControlPlane) -> None:
    async with open_websocket(
        connect_as(controlplane, "dana"), f"{POD}/portforward", protocols=PORT_FORWARD_PROTOCOLS
    ) as socket:
        assert socket.protocol == PORT_FORWARD_PROTOCOLS[0]
        await socket.send(PING)
        received = b""
        while PING not in received:
            frame = await socket.receive()
            assert frame is not None, received
            received += frame


@pytest.mark.parametrize("protocol", [V5, V4])
async def test_a_refused_upgrade_is_forbidden_with_the_message(plane: Plane, protocol: str) -> None:
    error = await refuse(
        connect_as(plane, "rene"), f"{POD}/exec", build_command("true"), protocols=[protocol]
    )
    assert type(error) is errors.Forbidden
    assert (error.status, error.reason, error.path) == (403, "Forbidden", f"{POD}/exec")
    assert 'pods "toolbox" is forbidden' in error.message


async def test_each_denial_is_the_error_of_its_status(plane: Plane) -> None:
    dana = connect_as(plane, "dana")
    stranger = Connection("c", dana.server, Identity(token="nonsense"), "nonsense")
    assert type(await refuse(stranger, f"{POD}/exec", build_command("true"))) is errors.Unauthorized
    missing = await refuse(dana, f"{POD}-none/exec", build_command("true"))
    assert (type(missing), missing.message) == (errors.NotFound, 'pods "toolbox-none" not found')


async def test_a_denial_without_a_body_is_no_missing_permission(plane: Plane) -> None:
    error = await refuse(
        connect_as(plane, "dana"), f"{POD}/exec", build_command("true"), protocols=["v9.channel.k8s.io"]
    )
    assert (type(error), error.status) == (errors.NotAcceptable, 403)
    assert "v9.channel.k8s.io" in error.message


async def test_a_redirect_is_not_followed() -> None:
    with FaultServer(respond_with(200)) as other:
        with FaultServer(respond_redirect(f"{other.url}/exec")) as server:
            error = await refuse(make_connection(server))
        assert (type(error), other.connections) == (errors.NotKubernetes, 0)


async def test_the_connection_of_a_refused_upgrade_is_not_used_again() -> None:
    with FaultServer(respond_status(403, "Forbidden", "no")) as server:
        streams = Streams()
        for _ in range(2):
            with pytest.raises(errors.Forbidden):
                async with streams.open_websocket(make_connection(server), "/exec", protocols=EXEC_PROTOCOLS):
                    pass
        await streams.close()
        assert server.connections == 2


def accept_without_protocol(wire: Wire) -> None:
    accept_upgrade(wire, "")
    faults.hang(wire)


@pytest.mark.parametrize("behavior", [respond_with(200), accept_without_protocol])
async def test_what_is_no_websocket_of_kubernetes_is_said_to_be_none(behavior: Callable[..., None]) -> None:
    with FaultServer(behavior) as server:
        assert type(await refuse(make_connection(server))) is errors.NotKubernetes


async def test_a_head_that_never_comes_is_given_up() -> None:
    with FaultServer(faults.hang) as server:
        error = await refuse(make_connection(server), limits=StreamLimits(head_seconds=0.3))
    assert type(error) is errors.TimedOut


async def test_no_token_is_sent_but_in_its_header_nor_shown() -> None:
    status = json.dumps({"status": "Failure", "message": f"Bearer {TOKEN}"}).encode()

    def behave(wire: Wire) -> None:
        if wire.request.target == "/refused":
            respond_status(500, "InternalError", f"Bearer {TOKEN}")(wire)
            return
        accept_upgrade(wire)
        wire.send(build_frame(bytes([ERROR]) + status), build_frame(b"\x03\xe8", CLOSE))

    with FaultServer(behave) as server:
        error = await refuse(make_connection(server), "/refused")
        async with open_websocket(make_connection(server)) as socket:
            _output, shown = await read_channels(socket)
        assert (error.message, shown["message"]) == ("Bearer …", "Bearer …")
        assert socket.close_code == 1000
        assert [sent.target for sent in server.requests] == ["/refused", "/exec"]
        for sent in server.requests:
            assert [line for line in sent.lines if TOKEN in line] == [f"Authorization: Bearer {TOKEN}"]
            assert TOKEN not in sent.target


async def test_nothing_is_sent_without_a_credential() -> None:
    with FaultServer(respond_with(200)) as server:
        assert type(await refuse(make_connection(server, token=""))) is errors.CredentialMissing
        assert server.connections == 0


async def test_a_slow_receiver_makes_the_server_wait() -> None:
    block, sent, stalled = b"\x01" + b"x" * 65536, [0], threading.Event()

    def behave(wire: Wire) -> None:
        accept_upgrade(wire)
        for _ in range(1024):
            if not select.select([], [wire.socket], [], 1.0)[1]:
                stalled.set()
            wire.send(build_frame(block))
            sent[0] += len(block)
        wire.send(build_frame(b"\x03\xe8", CLOSE))

    with FaultServer(behave) as server:
        async with open_websocket(make_connection(server)) as socket:
            assert await socket.receive() == block
            assert await asyncio.to_thread(stalled.wait, 50)
            assert sent[0] < 1024 * len(block) / 2
            while await socket.receive() is not None:
                pass
        assert socket.size == sent[0] == 1024 * len(block)


async def test_an_end_without_a_word_has_a_code_of_its_own() -> None:
    def behave(wire: Wire) -> None:
        accept_upgrade(wire)
        wire.send(build_frame(b"\x01hello"))
        raise faults.Hangup

    with FaultServer(behave) as server:
        async with open_websocket(make_connection(server)) as socket:
            assert await socket.receive_channel() == (STDOUT, b"hello")
            assert await socket.receive_channel() is None
            assert socket.close_code == 1006
            with pytest.raises(errors.StreamBroken):
                await socket.send_channel(STDIN, b"hello")


async def test_limits_of_time_and_size_hold() -> None:
    def behave(wire: Wire) -> None:
        accept_upgrade(wire)
        wire.send(build_frame(b"\x01hello"))
        faults.hang(wire)

    with FaultServer(behave) as server:
        connection = make_connection(server)
        async with open_websocket(connection, limits=StreamLimits(idle_seconds=0.3)) as socket:
            assert await socket.receive() == b"\x01hello"
            with pytest.raises(errors.TimedOut):
                await socket.receive()
        async with open_websocket(connection, limits=StreamLimits(max_bytes=5)) as socket:
            with pytest.raises(errors.ResponseTooLarge):
                await socket.receive()
        with pytest.raises(errors.TimedOut):
            async with open_websocket(connection, limits=StreamLimits(total_seconds=0.5)):
                await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (b"\x82\x7f" + (FRAME_LIMIT + 1).to_bytes(8, "big"), errors.ResponseTooLarge),
        (b"\xf2\x01x", errors.NotKubernetes),
    ],
)
async def test_a_frame_that_is_none_is_an_error(frame: bytes, error: type[errors.ApiError]) -> None:
    def behave(wire: Wire) -> None:
        accept_upgrade(wire)
        wire.send(frame)
        faults.hang(wire)

    with FaultServer(behave) as server:
        async with open_websocket(make_connection(server)) as socket:
            with pytest.raises(error) as raised:
                await socket.receive()
    assert type(raised.value) is error


@pytest.mark.parametrize("forgotten", [False, True], ids=["canceled", "forgotten"])
async def test_a_canceled_caller_or_a_forgotten_credential_closes_the_connection(*, forgotten: bool) -> None:
    closed = threading.Event()

    def behave(wire: Wire) -> None:
        accept_upgrade(wire)
        wire.send(build_frame(b"\x01hello"))
        while wire.socket.recv(1024):
            pass
        closed.set()
        raise faults.Hangup

    streams, started = Streams(), asyncio.Event()

    async def receive(connection: Connection) -> None:
        async with streams.open_websocket(connection, "/exec", protocols=EXEC_PROTOCOLS) as socket:
            while await socket.receive() is not None:
                started.set()

    with FaultServer(behave) as server:
        connection = make_connection(server)
        receiving = asyncio.create_task(receive(connection))
        await asyncio.wait_for(started.wait(), 10)
        if forgotten:
            await streams.forget(connection.fingerprint)
        else:
            receiving.cancel()
        await asyncio.wait([receiving], timeout=10)
        assert receiving.done()
        assert receiving.cancelled() is not forgotten
        assert await asyncio.to_thread(closed.wait, 10)
        await streams.close()


async def test_it_pings_while_nothing_happens() -> None:
    pinged = threading.Event()

    def behave(wire: Wire) -> None:
        accept_upgrade(wire)
        if wire.socket.recv(1024)[:1] == b"\x89":
            pinged.set()
        faults.hang(wire)

    with FaultServer(behave) as server:
        async with open_websocket(make_connection(server), limits=StreamLimits(ping_seconds=0.1)):
            assert await asyncio.to_thread(pinged.wait, 10)


async def test_it_opens_through_a_proxy() -> None:
    def behave(wire: Wire) -> None:
        accept_upgrade(wire)
        wire.send(build_frame(b"\x01hello"))
        faults.hang(wire)

    with FaultServer(behave) as server, Proxy() as proxy:
        async with open_websocket(make_connection(server, proxy_url=proxy.url)) as socket:
            assert await socket.receive_channel() == (STDOUT, b"hello")
        assert proxy.targets == [f"localhost:{server.port}"]
        assert not any("authorization" in one for one in proxy.headers if TOKEN in str(one))
