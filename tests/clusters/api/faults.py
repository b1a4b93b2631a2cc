"""Fault server: a small HTTP server that misbehaves on demand, in place of an API server.

A `FaultServer` speaks TLS (or not), hands each request to a behaviour, and remembers what it was sent.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from tests.controlplane.certificates import Authority, Pair

AUTHORITY = Authority("faults")


@dataclass(frozen=True)
class Request:
    """One request as it came: header names in lower case; `lines` are the headers before anything was made of them."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    lines: tuple[str, ...] = ()


@dataclass
class Wire:
    """One connection with one request on it; a behaviour writes its answer here, or raises `Hangup`."""

    socket: socket.socket
    request: Request
    closing: threading.Event = field(repr=False)
    upgraded: bool = False  # what comes after it are frames, and no requests

    def send(self, *parts: bytes) -> None:
        self.socket.sendall(b"".join(parts))

    def respond(self, status: int, body: bytes = b"", kind: str = "application/json", *headers: str) -> None:
        """A whole, well-formed answer."""
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join([*lines, "", ""]).encode(), body)

    def chunk(self, content: bytes) -> None:
        self.send(f"{len(content):x}\r\n".encode(), content, b"\r\n")

    def stream_head(self, *headers: str) -> None:
        lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", "Transfer-Encoding: chunked", *headers]
        self.send("\r\n".join([*lines, "", ""]).encode())


class Hangup(Exception):
    """The server closes the connection here and now."""


Behaviour = Callable[[Wire], None]


class FaultServer:
    """A server on 127.0.0.1 (its name is localhost). `requests` and `connections` say what reached it."""

    def __init__(
        self, behaviour: Behaviour, *, pair: Pair | None = None, tls: bool = True, client_ca: str = ""
    ) -> None:
        self.behaviour = behaviour
        self.requests: list[Request] = []
        self.connections = 0
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._context = _build_ssl_context(pair or AUTHORITY.server(), client_ca) if tls else None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self.ca = AUTHORITY.pem
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                accepted, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with self._lock:
                self._open.add(accepted)
            threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        raw = accepted
        try:
            served = self._context.wrap_socket(accepted, server_side=True) if self._context else accepted
            with self._lock:
                self._open = (self._open - {raw}) | {served}
            if self._context is None and accepted.recv(1, socket.MSG_PEEK) == b"\x16":
                accepted.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request\n")  # as Go
                raise Hangup
            with served, served.makefile("rb") as reader:
                while (request := read_request(reader)) is not None:
                    self.requests.append(request)
                    wire = Wire(served, request, self._closing)
                    self.behaviour(wire)
                    if wire.upgraded:
                        while reader.read1():
                            pass
                        break
                self._lock.acquire()
                self._open.discard(served)
                self._lock.release()
        except (OSError, ssl.SSLError, Hangup):
            raw.close()


def read_request(reader) -> Request | None:  # type: ignore[no-untyped-def]
    """The next request of a kept connection, or None at its end."""
    first = reader.readline().decode("latin-1").split()
    if len(first) < 2:
        return None
    headers: dict[str, str] = {}
    lines: list[str] = []
    while (line := reader.readline().decode("latin-1").rstrip("\r\n")).strip():
        lines.append(line)
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", 0)))
    return Request(first[0], first[1], headers, body, tuple(lines))


def _build_ssl_context(pair: Pair, client_ca: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(pair.certificate + pair.key)
        file.flush()
        context.load_cert_chain(file.name)
    if client_ca:
        context.load_verify_locations(cadata=client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


# --- behaviours


def respond_with(
    status: int, body: object = None, kind: str = "application/json", *headers: str
) -> Behaviour:
    """Always the same answer; `body` is bytes, or a value to send as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
    return lambda wire: wire.respond(status, content, kind, *headers)


def respond_status(code: int, reason: str, message: str = "", **more: object) -> Behaviour:
    """A Status object, as the API server sends it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return respond_with(code, body | {"reason": reason, "message": message} | more)


def respond_html(code: int = 200, title: str = "Sign in") -> Behaviour:
    page = f"<!doctype html><html><title>{title}</title></html>".encode()
    return respond_with(code, page, "text/html; charset=utf-8")


def respond_redirect(location: str, code: int = 302) -> Behaviour:
    return respond_with(code, b"", "text/plain", f"Location: {location}")


def hang(wire: Wire) -> None:
    """No answer at all, until the server is closed."""
    wire.closing.wait(60)
    raise Hangup


def drip_head(wire: Wire) -> None:
    """Header after header, a byte at a time, without end."""
    wire.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(wire)


def drip_body(wire: Wire) -> None:
    """A body that is announced and comes a byte at a time."""
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    _drip(wire)


def _drip(wire: Wire) -> None:
    while not wire.closing.wait(0.05):
        wire.send(b"x")
    raise Hangup


def truncate_body(wire: Wire) -> None:
    """Half of what was announced."""
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    raise Hangup


def send_false_gzip(wire: Wire) -> None:
    wire.respond(200, b"this is not gzip", "application/json", "Content-Encoding: gzip")


def send_gzip_bomb(mebibytes: int) -> Behaviour:
    """So many MiB of zeroes, a thousandth of it on the wire."""
    packed = gzip.compress(bytes(mebibytes * 1024 * 1024))
    return lambda wire: wire.respond(200, packed, "application/json", "Content-Encoding: gzip")


def send_garbage(wire: Wire) -> None:
    """Something that is not HTTP."""
    wire.send(b"SSH-2.0-OpenSSH_9.9\r\n")
    raise Hangup


def stream_lines(*lines: bytes, gzipped: bool = False, premature: bool = False) -> Behaviour:
    """A watch: one chunk (and, where gzipped, one gzip member) for each line, then a proper or a premature end."""

    def behaviour(wire: Wire) -> None:
        wire.stream_head(*(["Content-Encoding: gzip"] if gzipped else []))
        for line in lines:
            wire.chunk(gzip.compress(line) if gzipped else line)
        if premature:
            raise Hangup
        wire.send(b"0\r\n\r\n")

    return behaviour


def send_endless_line(wire: Wire) -> None:
    """A line of a watch that never ends."""
    wire.stream_head()
    block = b"x" * 65536
    while not wire.closing.is_set():
        wire.chunk(block)


def close_kept_connections() -> Behaviour:
    """The second request of each connection gets no answer: the server had given the connection up."""
    served: set[socket.socket] = set()
    lock = threading.Lock()

    def behaviour(wire: Wire) -> None:
        with lock:
            known = wire.socket in served
            served.add(wire.socket)
        if known:
            raise Hangup
        wire.respond(200, b"{}")

    return behaviour


# --- a proxy


class Proxy:
    """An HTTP proxy that knows CONNECT only; with `status` it answers that status instead."""

    def __init__(self, status: int = 0) -> None:
        self.targets: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._status = status
        self._server = FaultServer(self._connect, tls=False)
        self.url = f"http://user:pass%40word@localhost:{self._server.port}"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.__exit__(*raised)

    def _connect(self, wire: Wire) -> None:
        self.targets.append(wire.request.target)
        self.headers.append(wire.request.headers)
        if self._status:
            wire.respond(self._status, b"no")
            raise Hangup
        host, _, port = wire.request.target.rpartition(":")
        with socket.create_connection((host, int(port)), 5) as upstream:
            wire.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(upstream, wire.socket), daemon=True)
            back.start()
            _pump(wire.socket, upstream)
            back.join(5)
        raise Hangup


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)


def list_open_files() -> set[str]:
    """What this process has open, to prove that no key was left on a disk."""
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found.add(os.readlink(f"/proc/self/fd/{descriptor}"))
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Poll until the condition holds; AssertionError where it does not in time."""
    waiting, end = threading.Event(), time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        waiting.wait(0.01)
