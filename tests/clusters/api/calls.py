"""Connections of the API tests, and one call by the synchronous or the streaming client."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

from clusters.api.client import Client
from clusters.api.connection import Connection, Identity, Server
from clusters.api.streams import Streams
from tests.clusters.api.faults import FaultServer
from tests.simulated_cluster import Plane

TOKEN = "canary-token-7d1f"
BOTH = ("client", "streams")


def make_connection(
    server: FaultServer | str, token: str = TOKEN, person: str = "dana", **settings: Any
) -> Connection:
    """A connection to a fault server (whose CA it trusts) or an address."""
    url, ca = (server, "") if isinstance(server, str) else (server.url, server.ca)
    identity = settings.pop("identity", Identity(token=token))
    named = {"url": url, "ca": ca} | settings
    return Connection("faults", Server(**named), identity, f"print-{url}-{person}", person)


def connect_as(plane: Plane, name: str, *, by_certificate: bool = False) -> Connection:
    """One of the users on the real control plane."""
    if by_certificate:
        certificate, key = plane.certificate(name)
        identity = Identity(certificate=certificate, key=key)
    else:
        identity = Identity(token=plane.token(name))
    kind = "certificate" if by_certificate else "token"
    return Connection(
        "plane", Server(plane.server, plane.ca), identity, f"{plane.server}-{name}-{kind}", name
    )


def fetch(how: str, connection: Connection, path: str = "/version", timeout: float = 5.0) -> bytes:
    """A GET by requests or by aiohttp."""
    if how == "client":
        return Client(connection).request("GET", path, timeout=timeout).body
    return asyncio.run(_fetch(connection, path, timeout))


async def _fetch(connection: Connection, path: str, seconds: float) -> bytes:
    streams = Streams()
    try:
        return await streams.get(connection, path, timeout=seconds)
    finally:
        await streams.close()


def read_watch(connection: Connection, path: str = "/api/v1/pods") -> list[bytes]:
    """All lines of a watch until its end; raises what it raises."""

    async def run() -> list[bytes]:
        streams = Streams()
        try:
            async with aclosing(streams.watch(connection, path, [("watch", "true")])) as lines:
                return [line async for line in lines]
        finally:
            await streams.close()

    return asyncio.run(run())
