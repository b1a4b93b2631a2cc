"""Terminal fixtures: terminals at the real API server, and the processes that they leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusters.gateway.connect import ClusterSession
from clusters.terminal.launch import MARK, TerminalLaunch
from clusters.terminal.service import TerminalService
from clusters.terminal.session import TerminalOwner, TerminalSession
from clusters.terminal.timings import TerminalTimings
from people.sessions import hash_key
from tests import database_fixtures
from tests.clusters.gateway.conftest import session_at_controlplane, users
from tests.dashboard_server import wait_for

__all__ = ["session_at_controlplane", "users"]
QUICK = TerminalTimings(check=0.1, review=0.2, hang_up=3.0)


def list_processes(terminal: TerminalSession) -> list[str]:
    """The commands of all processes of this machine that have the terminal's mark: kwok's containers are there."""
    mark, found = f"{MARK}={terminal.launch.mark}".encode(), []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (one / "environ").read_bytes():
                found.append((one / "cmdline").read_bytes().decode().replace("\0", " "))
        except OSError:
            continue
    return found


class Terminals:
    """Opens terminals of people, each in a browser of its own unless it is named."""

    def __init__(self, service: TerminalService) -> None:
        self.service = service
        self.opened: list[TerminalSession] = []

    def own(self, session: ClusterSession) -> TerminalOwner:
        return TerminalOwner(
            session.user.pk, hash_key(database_fixtures.create_session(session.user.username))
        )

    def open(
        self,
        session: ClusterSession,
        launch: TerminalLaunch | None = None,
        *,
        owner: TerminalOwner | None = None,
        timings: TerminalTimings = QUICK,
    ) -> TerminalSession:
        launch = launch or TerminalLaunch("shop", "toolbox", "shell")
        self.opened.append(self.service.open(owner or self.own(session), session, launch, timings))
        return self.opened[-1]


def read_screen(terminal: TerminalSession) -> str:
    return terminal.read(0, 1_000_000).content.decode(errors="replace")


def type_in(terminal: TerminalSession, text: str, output: str) -> None:
    """Type a line, and wait until the output is on the screen."""
    wait_for(lambda: terminal.history.end or terminal.ending, 20, "the shell says nothing")
    asyncio.run(terminal.write(text.encode() + b"\n"))
    wait_for(lambda: output in read_screen(terminal) or terminal.ending, 20, f"{output} is not on the screen")
    assert output in read_screen(terminal), terminal.ending


def wait_for_end(terminal: TerminalSession, seconds: float = 20) -> str:
    wait_for(lambda: terminal.ending, seconds, "the terminal goes on")
    assert terminal.ending is not None
    return terminal.ending.reason


@pytest.fixture
def terminals() -> Iterator[Terminals]:
    made = Terminals(TerminalService())
    yield made
    for one in made.opened:
        one.end("stopping")
    until = time.monotonic() + 15
    while len(made.service) and time.monotonic() < until:
        time.sleep(0.01)
    assert not len(made.service), "a terminal did not end"
