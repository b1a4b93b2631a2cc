"""aiohttp sessions: one per API server and credential, with checked addresses, TLS and no cookies."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from cachetools import LRUCache

from clusters.api.addresses import checked_addresses, host_and_port, proxy_host_and_port
from clusters.api.connection import Connection
from clusters.api.errors import ApiError, Busy, NameNotResolved, ProxyFailed
from clusters.api.tls import ssl_context
from clusters.api.websockets import check_upgrade

CONNECT_SECONDS = 10.0
# Seconds of silence before the first probe, seconds between probes, probes without an answer; as far as named here.
_KEEPALIVE = tuple(
    (option, value)
    for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
    if (option := getattr(socket, name, None)) is not None
)
# Threads of their own: a name server that hangs must not hold those that the rest of the process shares.
_lookups = ThreadPoolExecutor(max_workers=32, thread_name_prefix="lookup")
_running: dict[tuple[str, int], Future[list[str]]] = {}
_running_lock = threading.RLock()


@dataclass
class _PooledSession:
    session: aiohttp.ClientSession
    fingerprint: str
    users: int = 0


class SessionPool:
    """The sessions of one event loop, by server and credential; at most `max_idle` are kept that nothing uses."""

    def __init__(self, *, max_idle: int = 256, max_open: int = 1024) -> None:
        self._max_idle = max_idle
        self._max_open = max_open
        self._in_use: dict[tuple[object, ...], _PooledSession] = {}
        # Whoever takes one out of it closes it; it never drops one by itself, because room is made first.
        self._idle: LRUCache[tuple[object, ...], _PooledSession] = LRUCache(max_idle)

    def __len__(self) -> int:
        return len(self._in_use) + len(self._idle)

    @asynccontextmanager
    async def use(
        self, connection: Connection, *, upgrades: bool = False
    ) -> AsyncIterator[aiohttp.ClientSession]:
        """The session of this credential, kept open for the length of the block; Busy where too many are open.

        A credential has another one for upgrades, whose connections are never used again.
        """
        key = (connection.cluster, connection.fingerprint, connection.server, connection.identity, upgrades)
        kept = self._acquire(key, connection, upgrades)
        kept.users += 1
        try:
            yield kept.session
        finally:
            kept.users -= 1
            if not kept.users and self._in_use.get(key) is kept:
                await self._release(key)

    async def close(self) -> None:
        """Close all of them, and with them what they stream."""
        kept = [*self._in_use.values(), *self._idle.values()]
        self._in_use.clear()
        self._idle.clear()
        for one in kept:
            await one.session.close()

    async def forget(self, fingerprint: str) -> None:
        """Close the session of a credential that was changed or revoked, and what it still streams."""
        gone = [
            sessions.pop(key)
            for sessions in (self._in_use, self._idle)
            for key, kept in list(sessions.items())
            if kept.fingerprint == fingerprint
        ]
        for one in gone:
            await one.session.close()

    def _acquire(self, key: tuple[object, ...], connection: Connection, upgrades: bool) -> _PooledSession:
        kept = self._in_use.get(key) or self._idle.pop(key, None)
        if kept is None:
            if len(self) >= self._max_open:
                raise Busy(retry_after=1.0)
            kept = _PooledSession(new_session(connection, upgrades=upgrades), connection.fingerprint)
        self._in_use[key] = kept
        return kept

    async def _release(self, key: tuple[object, ...]) -> None:
        """Nobody uses it any more: keep it. Those that were idle longest make room; those with open streams stay."""
        kept = self._in_use.pop(key)
        surplus = []
        while self._idle and len(self) >= self._max_idle:
            surplus.append(self._idle.popitem()[1])
        if len(self) < self._max_idle:
            self._idle[key] = kept
        else:
            surplus.append(kept)
        for one in surplus:
            await one.session.close()


def new_session(connection: Connection, *, upgrades: bool = False) -> aiohttp.ClientSession:
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
        force_close=upgrades,
        socket_factory=_create_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        middlewares=(check_upgrade,) if upgrades else (),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=None),
    )


def _create_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket that notices within 30 s that nobody is behind it: a watch may be silent for minutes.

    A firewall or NAT that forgot the connection, or a machine that lost its power, sends no FIN.
    """
    family, kind, protocol, _name, _address = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made


def _look_up(host: str, port: int) -> Future[list[str]]:
    """One thread for each name, however many ask for it: a name server that hangs would take them all."""
    with _running_lock:
        running = _running.get((host, port))
        if running is None or running.done():
            running = _running[(host, port)] = _lookups.submit(checked_addresses, host, port)
            running.add_done_callback(lambda done: _forget(host, port, done))
    return running


def _forget(host: str, port: int, done: Future[list[str]]) -> None:
    with _running_lock:
        if _running.get((host, port)) is done:
            del _running[(host, port)]


class _CheckedResolver(AbstractResolver):
    """Resolves once, and hands on only addresses that may be connected to."""

    def __init__(self, *, is_proxy: bool) -> None:
        self._is_proxy = is_proxy  # then the proxy's name is the only one that is looked up here

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        try:
            addresses = await asyncio.shield(asyncio.wrap_future(_look_up(host, port)))
        except ApiError as met:  # one of its own for each who asked: it will carry that request's path
            is_proxy = self._is_proxy and isinstance(met, NameNotResolved)
            raise (ProxyFailed if is_proxy else type(met))(met.message) from None
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
