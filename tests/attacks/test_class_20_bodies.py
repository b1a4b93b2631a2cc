"""Request body limit: memory, files and time that an oversized body costs the server (class 20)."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.dashboard_server import DashboardServer, wait_for

MEBIBYTE = 1024 * 1024
HUGE = 100_000_000
PATHS = ("/people/sign-in/", "/clusters/import/", "/c/harbour/", "/shell/theme/", "/nowhere/", "/live/")
FORM = "application/x-www-form-urlencoded"


def split_body(size: int) -> Iterator[bytes]:
    block = b"a=1&" * (MEBIBYTE // 4)
    for start in range(0, size, MEBIBYTE):
        yield block[: min(MEBIBYTE, size - start)]


def send_body(served: DashboardServer, path: str, size: int, *, chunked: bool = False) -> bytes:
    """The first bytes of the answer; the connection may be broken off while we still send."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nContent-Type: {FORM}\r\n{length}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port), 60) as wire:
        wire.sendall(head.encode())
        with suppress(OSError):
            for piece in split_body(size):
                wire.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                wire.sendall(b"0\r\n\r\n")
        with suppress(OSError):
            return wire.recv(65536)
    return b""


def get_server_pid(served: DashboardServer) -> int:
    assert served._server is not None
    return served._server.pid


def read_peak_memory(served: DashboardServer) -> int:
    """The most memory that the server ever had, in bytes."""
    for line in Path(f"/proc/{get_server_pid(served)}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


def list_open_files(served: DashboardServer) -> set[str]:
    """What the server has open that is neither a socket nor a pipe."""
    found = set()
    folder = f"/proc/{get_server_pid(served)}/fd"
    for one in os.listdir(folder):
        with suppress(OSError):
            found.add(os.readlink(f"{folder}/{one}"))
    return {one for one in found if one.startswith("/")}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", PATHS)
def test_a_hundred_megabytes_are_refused_and_not_kept(
    dashboard_server: DashboardServer, path: str, chunked: bool
) -> None:
    send_body(dashboard_server, path, 1000, chunked=chunked)
    before = read_peak_memory(dashboard_server)
    said = send_body(dashboard_server, path, HUGE, chunked=chunked)
    assert said == b"" or said.startswith(b"HTTP/1.1 413 "), said[:100]
    assert read_peak_memory(dashboard_server) - before < 24 * MEBIBYTE


def test_the_rejection_comes_before_the_body(dashboard_server: DashboardServer) -> None:
    """Who announces too much need not send it."""
    with socket.create_connection(("127.0.0.1", dashboard_server.port), 60) as wire:
        wire.sendall(
            f"POST /people/sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {HUGE}\r\n\r\n".encode()
        )
        assert wire.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_no_body_that_is_taken_waits_on_a_disk(dashboard_server: DashboardServer) -> None:
    before, size = list_open_files(dashboard_server), 3 * MEBIBYTE
    with socket.create_connection(("127.0.0.1", dashboard_server.port), 60) as wire:
        host = f"127.0.0.1:{dashboard_server.port}"
        head = f"POST /people/sign-in/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n\r\n"
        wire.sendall(head.encode() + b"x" * (size - 1))
        memory = dashboard_server.read_memory
        wait_for(lambda: not _count_unread_bytes(wire), message="the server reads no more")
        assert {
            one
            for one in list_open_files(dashboard_server) - before
            if "static" not in one and "sqlite" not in one
        } == set()
        assert memory() > 0
        wire.sendall(b"x")
        assert wire.recv(65536).startswith(b"HTTP/1.1 ")


def _count_unread_bytes(wire: socket.socket) -> int:
    """Bytes that are sent and not taken yet by the other side (SIOCOUTQ)."""
    import array
    import fcntl
    import termios

    waiting = array.array("i", [0])
    fcntl.ioctl(wire.fileno(), termios.TIOCOUTQ, waiting)
    return waiting[0]


def test_a_packed_request_is_not_unpacked(dashboard_server: DashboardServer) -> None:
    client = dashboard_server.client("dana")
    bomb = gzip.compress(bytes(128 * MEBIBYTE), 9)
    assert len(bomb) < MEBIBYTE
    headers = {"Content-Encoding": "gzip", "Content-Type": FORM, "Origin": dashboard_server.url}
    client.post(f"{dashboard_server.url}/clusters/import/", data=b"a=1", headers=headers)
    before = read_peak_memory(dashboard_server)
    answer = client.post(f"{dashboard_server.url}/clusters/import/", data=bomb, headers=headers)
    assert answer.status_code in (400, 403)
    assert read_peak_memory(dashboard_server) - before < 24 * MEBIBYTE


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"".join(b"f%d=1&" % n for n in range(300_000))),
        (FORM, b"&" * (3 * MEBIBYTE)),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n" * 50_000,
        ),
        ("multipart/form-data; boundary=" + "x" * 70, b"\r\n" * (MEBIBYTE)),
    ],
    ids=["300,000 fields", "3 MiB of ampersands", "50,000 parts", "line breaks"],
)
def test_a_form_of_nothing_but_fields_costs_its_size(
    dashboard_server: DashboardServer, kind: str, body: bytes
) -> None:
    client = dashboard_server.client("dana")
    headers = {"Content-Type": kind, "Origin": dashboard_server.url}
    began = time.monotonic()
    client.post(f"{dashboard_server.url}/people/sign-in/", data=body[:2000], headers=headers)
    small, before = time.monotonic() - began, read_peak_memory(dashboard_server)
    began = time.monotonic()
    answer = client.post(f"{dashboard_server.url}/people/sign-in/", data=body, headers=headers)
    assert answer.status_code in (400, 403, 422)
    assert read_peak_memory(dashboard_server) - before < 32 * MEBIBYTE
    assert time.monotonic() - began < 10 + 100 * small
