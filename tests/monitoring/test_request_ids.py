"""Request IDs: on every response, in log lines and on error pages, and chosen by trusted proxies only."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import re
import socket
import threading
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from dashboard.asgi import application as whole
from dashboard.monitoring import request_ids
from dashboard.monitoring.log_redaction import clean
from dashboard.monitoring.logs import build_json_formatter
from dashboard.monitoring.request_ids import choose_id
from dashboard.monitoring.tracking import RequestTracking
from dashboard.proxies import TrustedProxies
from dashboard.request_bodies import BoundedFactory
from tests import canary_watch
from tests.attacks.asgi_requests import HeaderPairs, send_request
from tests.attacks.installation import Installation, build_installation
from tests.attacks.sockets import knock
from tests.dashboard_server import DashboardServer

GENERATED = re.compile(r"[0-9a-f]{32}")
PROXY, STRANGER = "10.0.0.1", "198.51.100.7"
TRUSTED = TrustedProxies(whole.application, trusted=[ipaddress.ip_network("10.0.0.0/8")])
GOOD = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"
BAD = (
    "short", "x" * 41, "a b c d e f g h", "<script>alert(1)</script>", "abcdefgh\r\nX-Evil: 1", "abcdefgh\n", "ä" * 10,
    "-leading-dash", "abcdefgh,ijklmnop", 'abcdefgh"', "abcdefgh\x00", "",
)  # fmt: skip


@pytest.fixture
def installation(transactional_db: None, fast_passwords: None) -> Installation:
    return build_installation(None, None)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/people/sign-in/", 200),
        ("GET", "/static/shell/base.css", 200),
        ("GET", "/", 302),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 404),
        ("GET", "/nowhere/", 404),
        ("POST", "/people/sign-in/", 403),
        ("TRACE", "/people/sign-in/", 405),
    ],
)
async def test_every_response_has_one(transactional_db: None, method: str, path: str, status: int) -> None:
    first, second = await send_request(method, path), await send_request(method, path)
    assert (first.status, second.status) == (status, status)
    ids = [one.get_value("x-request-id") for one in (first, second)]
    assert all(GENERATED.fullmatch(one) for one in ids)
    assert ids[0] != ids[1]


async def test_what_cannot_be_read_as_a_request_has_one(transactional_db: None) -> None:
    found = await send_request("GET", "/people/sign-in/", query=b"\xff", host="evil.example")
    assert found.status == 400
    assert GENERATED.fullmatch(found.get_value("x-request-id"))


@pytest.mark.parametrize("name", ["X-Request-ID", "X_Request_Id", "x-request-id"])
async def test_only_a_trusted_proxy_chooses_it(transactional_db: None, name: str) -> None:
    theirs = await send_request("GET", "/healthz", ((name, GOOD),), client=STRANGER, application=TRUSTED)
    assert GENERATED.fullmatch(theirs.get_value("x-request-id"))
    proxied = await send_request(
        "GET", "/healthz", (("X-Request-ID", GOOD),), client=PROXY, application=TRUSTED
    )
    assert proxied.get_value("x-request-id") == GOOD


@pytest.mark.parametrize("offered", BAD)
async def test_what_is_not_well_formed_is_not_repeated(transactional_db: None, offered: str) -> None:
    assert GENERATED.fullmatch(choose_id(offered))
    pair = ("X-Request-ID", offered.encode().decode("latin1"))
    found = await send_request("GET", "/healthz", (pair,), client=PROXY, application=TRUSTED)
    assert GENERATED.fullmatch(found.get_value("x-request-id"))


async def test_two_of_them_are_none(transactional_db: None) -> None:
    pairs: HeaderPairs = (("X-Request-ID", GOOD), ("X-Request-ID", GOOD[::-1]))
    found = await send_request("GET", "/healthz", pairs, client=PROXY, application=TRUSTED)
    assert GENERATED.fullmatch(found.get_value("x-request-id"))


@pytest.mark.parametrize("offered", [GOOD, "f" * 40, "A1b2C3d4" * 5, "req-01HZX3W.9_K"])
def test_a_well_formed_one_is_never_taken_for_a_secret(offered: str) -> None:
    """Else the log would show `***` where the error page shows the ID."""
    assert choose_id(offered) == offered
    assert clean(f"WARNING [{offered}] x: y") == f"WARNING [{offered}] x: y"


async def test_an_error_page_shows_it_and_so_do_the_log_lines(transactional_db: None) -> None:
    canary_watch.check_own_log()
    found = await send_request("GET", "/nowhere/")
    request_id = found.get_value("x-request-id")
    assert f"<code>{request_id}</code>" in found.text
    assert f"WARNING [{request_id}] django.request: Not Found: /nowhere/" in canary_watch.check_own_log()


async def test_a_page_that_breaks_shows_it_and_its_traceback_has_it(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("the-inner-side-of-it")

    monkeypatch.setattr("dashboard.shell.views.render", broken)
    canary_watch.check_own_log()
    found = await send_request("GET", "/shell/signed-in/", session=installation.sessions["dana"])
    request_id = found.get_value("x-request-id")
    assert found.status == 500
    assert f"<code>{request_id}</code>" in found.text
    lines = canary_watch.check_own_log()
    assert f"ERROR [{request_id}] django.request: Internal Server Error" in lines
    assert "the-inner-side-of-it" in lines


async def test_a_cluster_that_does_not_answer_shows_it(installation: Installation) -> None:
    found = await send_request("GET", "/c/harbour/shop/pods", session=installation.sessions["dana"])
    assert found.status >= 500
    assert f"<code>{found.get_value('x-request-id')}</code>" in found.text


async def test_a_page_without_an_error_does_not_show_it(transactional_db: None) -> None:
    found = await send_request("GET", "/people/sign-in/")
    assert found.get_value("x-request-id") not in found.text


# --- WebSockets


async def test_the_handshake_of_a_socket_has_one(installation: Installation) -> None:
    messages = []
    for session in (installation.sessions["dana"], ""):
        communicator = knock("/live/", session=session, page="/")
        await communicator.send_input({"type": "websocket.connect"})
        message = await communicator.receive_output(30)
        messages.append(message)
        if message["type"] == "websocket.accept":
            await communicator.disconnect(timeout=30)
    assert [one["type"] for one in messages] == ["websocket.accept", "websocket.close"]
    ids = [dict(one["headers"])[b"X-Request-ID"].decode() for one in messages]
    assert all(GENERATED.fullmatch(one) for one in ids)
    assert ids[0] != ids[1]


class Breaking:
    """A WebSocket that is accepted, logs from a thread, and breaks."""

    def __init__(self) -> None:
        self.request_id = ""

    async def __call__(self, _scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.request_id = request_ids.get_id()
        bound = request_ids.bind(logging.getLogger("in.a.thread").warning)
        for target in (bound, logging.getLogger("of.nobody").warning):
            thread = threading.Thread(target=target, args=("a line",))
            thread.start()
            thread.join()
        raise RuntimeError("it broke")


async def test_the_log_lines_of_a_socket_have_it_in_other_threads_and_after_its_end() -> None:
    """Daphne logs the error that ends an application by itself, later and elsewhere."""
    canary_watch.check_own_log()
    breaking = Breaking()
    communicator = ApplicationCommunicator(RequestTracking(breaking), {"type": "websocket"})
    await communicator.send_input({"type": "websocket.connect"})
    await communicator.receive_output(10)
    with pytest.raises(RuntimeError) as broke:
        await communicator.wait(10)
    logging.getLogger("daphne.server").error("Exception inside application", exc_info=broke.value)
    lines = canary_watch.check_own_log()
    assert request_ids.get_id() == ""
    assert f"[{breaking.request_id}] in.a.thread: a line" in lines
    assert "[-] of.nobody: a line" in lines
    assert f"[{breaking.request_id}] daphne.server: Exception inside application" in lines


async def test_what_a_socket_renders_is_logged_with_its_id(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pieces are rendered in threads that all sockets share."""

    def noting() -> str:
        logging.getLogger("while.rendering").warning("a line")
        return ""

    monkeypatch.setattr("dashboard.live.consumer.outage.banner", noting)
    canary_watch.check_own_log()
    communicator = knock("/live/", session=installation.sessions["stan"], page="/")
    await communicator.send_input({"type": "websocket.connect"})
    accepted = await communicator.receive_output(30)
    await communicator.receive_output(30)
    await communicator.disconnect(timeout=30)
    request_id = dict(accepted["headers"])[b"X-Request-ID"].decode()
    assert (
        f"[{request_id}] while.rendering: a line"
        in await database_sync_to_async(canary_watch.check_own_log)()
    )


# --- over real connections


def send_raw(server: DashboardServer, *lines: str) -> str:
    """The head of the answer to these lines."""
    with socket.create_connection(("127.0.0.1", server.port), 30) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode("latin1"))
        return wire.recv(65536).decode("latin1").partition("\r\n\r\n")[0]


HANDSHAKE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


def test_what_daphne_answers_by_itself_has_one_too(dashboard_server: DashboardServer) -> None:
    """A body that is too large, a handshake that is rejected or accepted."""
    host = f"Host: 127.0.0.1:{dashboard_server.port}"
    origin = f"Origin: http://127.0.0.1:{dashboard_server.port}"
    cookie = f"Cookie: quarterdeck-session={dashboard_server.session('ada')}"
    answers = {
        "413": send_raw(dashboard_server, "POST / HTTP/1.1", host, "Content-Length: 99999999"),
        "403": send_raw(dashboard_server, "GET /live/ HTTP/1.1", host, origin, *HANDSHAKE),
        "101": send_raw(dashboard_server, "GET /live/?page=/ HTTP/1.1", host, origin, cookie, *HANDSHAKE),
    }
    ids = []
    for status, head in answers.items():
        assert head.startswith(f"HTTP/1.1 {status} "), head
        found = re.findall(r"(?im)^X-Request-ID: ([0-9a-f]{32})\r?$", head)
        assert len(found) == 1, head
        ids += found
    assert len(set(ids)) == len(answers)


class ServerWithoutApplication:
    """What Daphne's protocol asks of its server; no request gets any further."""

    proxy_forwarded_address_header, server_name, root_path, request_buffer_size = None, "", "", 8192

    def __init__(self) -> None:
        self.request: Any = None

    def protocol_connected(self, request: Any) -> None:
        self.request = request

    def protocol_disconnected(self, _request: Any) -> None: ...

    def create_application(self, _request: Any, _scope: dict[str, Any]) -> asyncio.Queue[Any]:
        return asyncio.Queue()

    def log_action(self, *_arguments: Any) -> None: ...


@pytest.mark.parametrize("request_id", [GOOD, ""])
def test_the_page_of_daphne_about_an_application_that_broke_has_its_id(request_id: str) -> None:
    """The one that the log has, where the error knows it."""
    server, transport, error = ServerWithoutApplication(), StringTransport(), RuntimeError("it broke")
    request_ids.mark_error(error, request_id)
    channel = BoundedFactory(server).buildProtocol(IPv4Address("TCP", "127.0.0.1", 1))
    channel.makeConnection(transport)
    channel.dataReceived(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    server.request.handle_exception(error)
    head = transport.value().decode().partition("\r\n\r\n")[0]
    channel.connectionLost(Failure(ConnectionDone()))
    assert head.startswith("HTTP/1.1 500 "), head
    found = re.findall(r"(?im)^X-Request-ID: (\S+)\r?$", head)
    assert len(found) == 1
    assert found[0] == request_id if request_id else GENERATED.fullmatch(found[0])


# --- JSON


def test_a_line_of_json_has_the_keys_that_the_page_names() -> None:
    _context, token = request_ids.begin(GOOD)
    record = logging.LogRecord("some.logger", logging.WARNING, __file__, 1, "%s of %s", (1, "two"), None)
    record.secret_of_somebody = "left out"  # as `extra` would add it
    line = build_json_formatter().format(record)
    request_ids.end(token)
    found = json.loads(line)
    assert "\n" not in line
    assert set(found) == {"timestamp", "level", "logger", "request_id", "message"}
    assert (found["level"], found["logger"]) == ("warning", "some.logger")
    assert (found["request_id"], found["message"]) == (GOOD, "1 of two")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", found["timestamp"])
