"""Ending: calls fail at once, and what is open ends, when a token, a person, a share or a permission is gone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for
from tests.passthrough.conftest import Passage, Passages

WATCH = "/api/v1/namespaces/shop/configmaps?watch=1"


class OpenWatch:
    """A watch that is read until it ends."""

    def __init__(self, passage: Passage, path: str = WATCH) -> None:
        self.has_ended = threading.Event()
        self.received = b""
        there = urlsplit(passage.url)
        self._wire = socket.create_connection((there.hostname, there.port), timeout=60)
        lines = [
            f"GET {there.path}{path} HTTP/1.1",
            f"Host: {there.netloc}",
            f"Authorization: Bearer {passage.secret}",
        ]
        self._wire.sendall("\r\n".join([*lines, "", ""]).encode())
        self.received = self._wire.recv(65536)
        assert self.received.startswith(b"HTTP/1.1 200 "), self.received
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(OSError):
            while part := self._wire.recv(65536):
                self.received += part
        self.has_ended.set()

    def close(self) -> None:
        with suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)
        self._wire.close()


@contextmanager
def open_watches(*passages: Passage) -> Iterator[list[OpenWatch]]:
    watches = [OpenWatch(one) for one in passages]
    try:
        yield watches
    finally:
        for one in watches:
            one.close()


def revoke(server: DashboardServer, passage: Passage) -> None:
    server.run_command("revoke_token", pk=passage.pk)


def deactivate(server: DashboardServer, _passage: Passage) -> None:
    server.run_command("set_active", name="jo", is_active=False)


def leave_team(server: DashboardServer, _passage: Passage) -> None:
    server.run_command("set_membership", name="jo", role="")


def become_viewer(server: DashboardServer, _passage: Passage) -> None:
    server.run_command("set_membership", name="jo", role="viewer")


REASONS: dict[str, tuple[Callable[[DashboardServer, Passage], None], int]] = {
    "the token is revoked": (revoke, 401),
    "the role is another": (become_viewer, 200),
    "the person is in no team": (leave_team, 404),
    "the person is deactivated": (deactivate, 401),
}


@pytest.mark.parametrize("reason", REASONS)
def test_what_is_open_ends_and_others_go_on(
    dashboard_server: DashboardServer, controlplane: ControlPlane, passages: Passages, reason: str
) -> None:
    end, status = REASONS[reason]
    dashboard_server.run_command("create_editor", name="jo")
    dashboard_server.run_command("set_active", name="jo", is_active=True)
    dashboard_server.run_command("set_membership", name="jo", role="editor")
    keys = {"token": controlplane.token("ada")}
    dashboard_server.run_command("credential", name="jo", slug="harbour", keys=keys)
    theirs, others = passages.open("jo"), passages.open("dana")
    with open_watches(theirs, others) as (ending, lasting):
        end(dashboard_server, theirs)
        assert theirs.request("GET", "/version").status_code == status
        wait_for(ending.has_ended.is_set, 15, "the watch goes on")
        assert not lasting.has_ended.is_set(), lasting.received[-300:]


def test_a_permission_that_is_taken_away_ends_what_it_opened(
    controlplane: ControlPlane, passages: Passages
) -> None:
    grant = ("shop-pods-of-dana", "-n", "ops")
    controlplane.kubectl("create", "role", *grant, "--verb=get,list,watch", "--resource=configmaps")
    controlplane.kubectl("create", "rolebinding", *grant, f"--role={grant[0]}", "--user=dana")
    passage = passages.open("dana")
    path = WATCH.replace("shop", "ops")
    wait_for(lambda: passage.request("GET", path.partition("?")[0]).status_code == 200)
    ending, lasting = OpenWatch(passage, path), OpenWatch(passage)
    try:
        controlplane.kubectl("delete", "rolebinding,role", grant[0], "-n", "ops")
        wait_for(ending.has_ended.is_set, 40, "the watch goes on")
        assert not lasting.has_ended.is_set(), lasting.received[-300:]
    finally:
        ending.close()
        lasting.close()
