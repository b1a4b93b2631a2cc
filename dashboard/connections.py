"""Connection limits: how many an address has, how long heads and bodies of requests take, bytes of bodies in all.

Without them a connection that sends a header line now and then is kept for as long as it does, and so is a body.
"""

from __future__ import annotations

import ipaddress
import logging
import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.protocols.policies import ProtocolWrapper, WrappingFactory

from dashboard.environment import Network
from dashboard.monitoring.request_ids import generate_id
from dashboard.timings import ConnectionTimings

MEBIBYTE = 1024 * 1024
RESERVED_FILES = 256  # open files for databases, clusters and the process itself
MOST_FILES = 65_536  # what the limit of open files is raised to, where the system permits it
REFUSED_HEADERS = (
    b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
    b"X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nX-Request-ID: %b\r\n%bConnection: close\r\n\r\n"
)
TOO_SLOW = b"This request took too long to arrive.\n"
log = logging.getLogger(__name__)
# Their types are those of transports without connections, and half of their methods have none.
_ProtocolWrapper: Any = ProtocolWrapper
_WrappingFactory: Any = WrappingFactory


@dataclass(frozen=True)
class ConnectionLimits:
    """`per_address` connections, `total` in this process; bytes of request `bodies` in all and `bodies_per_address`.

    Addresses in `exempt` are proxies, which stand for many clients: only the totals hold for them.
    """

    per_address: int
    total: int
    bodies: int = 64 * MEBIBYTE
    bodies_per_address: int = 16 * MEBIBYTE
    exempt: tuple[Network, ...] = ()


def build_response(status: bytes, text: bytes, *headers: bytes) -> bytes:
    """A whole response that ends its connection."""
    more = b"".join(header + b"\r\n" for header in headers)
    return REFUSED_HEADERS % (status, len(text), generate_id().encode(), more) + text


def raise_file_limit() -> int:
    """Let this process open as many files as the system permits it; how many connections it can have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    best = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < best:
        resource.setrlimit(resource.RLIMIT_NOFILE, (best, hard))
        soft = best
    files = MOST_FILES if soft == resource.RLIM_INFINITY else min(soft, MOST_FILES)
    return max(files - RESERVED_FILES, files // 2)


class LimitedConnection(_ProtocolWrapper):  # type: ignore[misc] # as Twisted's is
    """One connection, HTTP or WebSocket. Its requests say how far they are; between them Twisted's time-out holds."""

    factory: ConnectionLimiter
    address = ""

    def makeConnection(self, transport: Any) -> None:
        self.is_busy = False  # with an application, or as a WebSocket
        self.body_bytes = 0
        self._has_received = False
        self._timer: Any = None
        self._start_timer(self.factory.timings.head)
        super().makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:
        self._has_received = True
        if self._timer is None and not self.is_busy:
            self._start_timer(self.factory.timings.head)
        super().dataReceived(data)

    def connectionLost(self, reason: Any) -> None:
        self._stop_timer()
        self.release_body()
        super().connectionLost(reason)

    # --- what a request says

    def note_head(self) -> None:
        """All of its head has arrived."""
        self._start_timer(self.factory.timings.body)

    def note_body(self) -> None:
        """All of its body has arrived, and the application has it."""
        self._stop_timer()
        self.is_busy = True

    def note_end(self) -> None:
        """It was answered."""
        self.is_busy = False
        self.release_body()

    def take_body(self, size: int) -> bool:
        """Count bytes of a body; False where they are too many at the moment."""
        return self.factory.take_body(self, size)

    def release_body(self) -> None:
        self.factory.release_body(self)

    # --- below: not for outsiders

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.factory.clock.callLater(seconds, self._close_slow)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _close_slow(self) -> None:
        self._timer = None
        self.is_busy = True  # no timer begins again
        if self._has_received:
            self.write(build_response(b"408 Request Timeout", TOO_SLOW))
        self.loseConnection()
        self.factory.clock.callLater(self.factory.timings.close, self.transport.abortConnection)


class ConnectionLimiter(_WrappingFactory):  # type: ignore[misc] # as Twisted's is
    """Counts the connections of a factory by address; a network of 64 bits counts as one with IPv6."""

    protocol = LimitedConnection

    def __init__(
        self, wrapped: Any, limits: ConnectionLimits, timings: Callable[[], ConnectionTimings], clock: Any
    ) -> None:
        super().__init__(wrapped)
        self.limits = limits
        self.clock = clock
        self._timings = timings
        self._by_address: Counter[str] = Counter()
        self._bodies: Counter[str] = Counter()

    @property
    def timings(self) -> ConnectionTimings:
        return self._timings()

    def buildProtocol(self, addr: Any) -> LimitedConnection | None:
        """None, and Twisted closes the connection, where the address has as many as it can."""
        address = self._find_address(addr)
        if address and self._by_address[address] >= self.limits.per_address:
            log.info("%s has %d connections and gets no more", address, self._by_address[address])
            return None
        if len(self.protocols) >= self.limits.total and not self._evict(address):
            log.warning("All %d connections are taken", self.limits.total)
            return None
        made: LimitedConnection = super().buildProtocol(addr)
        made.address = address
        return made

    def registerProtocol(self, p: LimitedConnection) -> None:
        super().registerProtocol(p)
        self._by_address[p.address] += 1

    def unregisterProtocol(self, p: LimitedConnection) -> None:
        super().unregisterProtocol(p)
        self._by_address[p.address] -= 1
        if not self._by_address[p.address]:
            del self._by_address[p.address]

    def take_body(self, connection: LimitedConnection, size: int) -> bool:
        address = connection.address
        if self._bodies.total() + size > self.limits.bodies:
            return False
        if address and self._bodies[address] + size > self.limits.bodies_per_address:
            return False
        self._bodies[address] += size
        connection.body_bytes += size
        return True

    def release_body(self, connection: LimitedConnection) -> None:
        self._bodies[connection.address] -= connection.body_bytes
        connection.body_bytes = 0
        if not self._bodies[connection.address]:
            del self._bodies[connection.address]

    def _evict(self, address: str) -> bool:
        """Close a connection of the address that has most, one without a request before one with; False where that
        is the address that wants one more.
        """
        counted = {one: count for one, count in self._by_address.items() if one}
        largest = max(counted, key=lambda one: counted[one], default="")
        if not largest or counted[largest] <= self._by_address[address] + 1:
            return False
        theirs = [one for one in self.protocols if one.address == largest]
        min(theirs, key=lambda one: one.is_busy).transport.abortConnection()
        return True

    def _find_address(self, addr: Any) -> str:
        """What is counted as one; nothing for a proxy, and for what is no IP address."""
        try:
            address = ipaddress.ip_address(getattr(addr, "host", ""))
        except ValueError:
            return ""
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        if any(address in network for network in self.limits.exempt):
            return ""
        if isinstance(address, ipaddress.IPv6Address):
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(address)
