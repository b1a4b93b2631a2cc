"""To which addresses does this process connect, and which names does it look up? Told by the interpreter itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Network:
    """`connected` holds (host, port) of each attempt, `looked_up` the names."""

    connected: list[tuple[str, int]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)

    def hosts(self) -> set[str]:
        return {host for host, _port in self.connected}


_listening: list[Network] = []


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if not _listening or event not in ("socket.connect", "socket.getaddrinfo"):
        return
    for network in _listening:
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            network.connected.append((str(arguments[1][0]), int(arguments[1][1])))
        elif event == "socket.getaddrinfo":
            network.looked_up.append(str(arguments[0]))


sys.addaudithook(_heard)  # it cannot be taken back, so there is one for all tests, deaf while nobody listens


@contextmanager
def connects() -> Iterator[Network]:
    """What any thread of this process reaches out to meanwhile."""
    network = Network()
    _listening.append(network)
    try:
        yield network
    finally:
        _listening.remove(network)
