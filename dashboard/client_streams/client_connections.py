"""Client connection: what an upgrade needs of the server, the bytes themselves instead of requests and responses."""

from __future__ import annotations

from typing import Protocol

EXTENSION = "quarterdeck.connection"  # in an ASGI scope: the ClientConnection of the request


class RawConnection(Protocol):
    """The bytes of a client's connection."""

    async def read(self) -> bytes:
        """What has arrived; nothing once the client has closed it."""

    async def write(self, content: bytes) -> None:
        """Send it, and wait while the client does not take it."""

    def close(self) -> None:
        """Close it once everything is sent."""


class ClientConnection(Protocol):
    """The connection that one request came by."""

    @property
    def upgrade(self) -> str:
        """The value of `Upgrade`, where the client wants to change the protocol."""

    def take_over(self) -> RawConnection:
        """Its bytes from here on: no response is sent for the request any more."""

    def abort(self) -> None:
        """Cut it off, so that the client takes no unfinished response for a whole one."""
