"""Network log: connections and name lookups of this process, from Python's audit events."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class NetworkLog:
    """`connected` holds (host, port) of each attempt, `looked_up` the names."""

    connections: list[tuple[str, int]] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)

    def hosts(self) -> set[str]:
        return {host for host, _port in self.connections}


_network_logs: list[NetworkLog] = []


def _log_event(event: str, arguments: tuple[Any, ...]) -> None:
    if not _network_logs or event not in ("socket.connect", "socket.getaddrinfo"):
        return
    for network in _network_logs:
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            network.connections.append((str(arguments[1][0]), int(arguments[1][1])))
        elif event == "socket.getaddrinfo":
            network.lookups.append(str(arguments[0]))


sys.addaudithook(
    _log_event
)  # it cannot be taken back, so there is one for all tests, deaf while nobody listens


@contextmanager
def record_network() -> Iterator[NetworkLog]:
    """What any thread of this process reaches out to meanwhile."""
    network = NetworkLog()
    _network_logs.append(network)
    try:
        yield network
    finally:
        _network_logs.remove(network)
