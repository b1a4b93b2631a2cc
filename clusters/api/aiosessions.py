"""How does aiohttp reach one API server: at which addresses, with which TLS, and keeping nothing?"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from clusters.api.addresses import checked_addresses, host_and_port, proxy_host_and_port
from clusters.api.connection import Connection
from clusters.api.errors import NameNotResolved, ProxyFailed
from clusters.api.tls import ssl_context

CONNECT_SECONDS = 10.0
# Threads of their own: a name server that hangs must not hold those that the rest of the process shares.
_lookups = ThreadPoolExecutor(max_workers=32, thread_name_prefix="lookup")


def new_session(connection: Connection) -> aiohttp.ClientSession:
    """A session for one credential. Literal addresses are checked here: aiohttp asks no resolver about them."""
    server = connection.server
    host_and_port(server)
    if server.proxy_url:
        proxy_host_and_port(server.proxy_url)
    connector = aiohttp.TCPConnector(
        ssl=ssl_context(connection),
        resolver=_CheckedResolver(is_proxy=bool(server.proxy_url)),
        use_dns_cache=False,
        limit=256,
        limit_per_host=0,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=None),
    )


class _CheckedResolver(AbstractResolver):
    """Resolves once, and hands on only addresses that may be connected to."""

    def __init__(self, *, is_proxy: bool) -> None:
        self._is_proxy = is_proxy  # then the proxy's name is the only one that is looked up here

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        try:
            addresses = await loop.run_in_executor(_lookups, checked_addresses, host, port)
        except NameNotResolved as unknown:
            raise (ProxyFailed(unknown.message) if self._is_proxy else unknown) from None
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        return None
