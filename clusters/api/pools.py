"""Connection pools: one per credential and server, so that no two users share a TLS connection.

A client certificate belongs to a TLS connection, and the API server lets it win over a token: on a shared
connection two people are one. So pools are keyed by cluster, server, fingerprint and the identity itself.
"""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from cachetools import FIFOCache, TTLCache
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from clusters.api.addresses import checked_addresses, host_and_port, proxy_host_and_port
from clusters.api.connection import Connection
from clusters.api.deadlines import TimedSocket, remaining_seconds
from clusters.api.errors import NameNotResolved, ProxyFailed
from clusters.api.tls import ssl_context

CONNECT_SECONDS = 10.0
_MAX_POOLS = 256
_IDLE_SECONDS = 120.0


@dataclass
class _PooledSession:
    session: requests.Session
    fingerprint: str


# Each use stores it again, so its time begins anew. What is dropped closes when the last call on it ends.
_pools: TTLCache[tuple[object, ...], _PooledSession] = TTLCache(_MAX_POOLS, _IDLE_SECONDS)
_lock = threading.Lock()
_FORGOTTEN = 4096
_forgotten: FIFOCache[str, None] = FIFOCache(_FORGOTTEN)


def pooled_session(connection: Connection) -> requests.Session:
    """The session with the kept connections of `connection`; those idle for two minutes are given up."""
    key = (connection.cluster, connection.fingerprint, connection.server, connection.identity)
    with _lock:
        kept = _pools.get(key) or _PooledSession(_session(connection), connection.fingerprint)
        _pools[key] = kept
    return kept.session


def forget(fingerprint: str) -> None:
    """Close the connections of a credential that was changed or revoked, and remember that it is over."""
    with _lock:
        _forgotten[fingerprint] = None
        held = [*_pools.expire(), *_pools.items()]
        gone = [(key, kept) for key, kept in held if kept.fingerprint == fingerprint]
        for key, _kept in gone:
            _pools.pop(key, None)
    for _key, kept in gone:
        kept.session.close()


def is_forgotten(fingerprint: str) -> bool:
    """Was this credential changed or revoked in this process? What still streams under it is to be closed."""
    with _lock:
        return fingerprint in _forgotten


def _session(connection: Connection) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    session.mount("https://", _Adapter(connection))
    return session


class _Adapter(HTTPAdapter):
    """requests' transport on the one pool of this connection, with our TLS context and nothing added to it.

    The stock adapter would load certifi's authorities beside the cluster's own CA.
    """

    def __init__(self, connection: Connection) -> None:
        self._pool = _pool(connection)
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *_args: Any, **_named: Any) -> HTTPSConnectionPool:
        return self._pool

    def cert_verify(self, *_args: Any, **_named: Any) -> None:
        return None

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        return request.path_url

    def close(self) -> None:
        self._pool.close()
        super().close()


class _Connection(HTTPSConnection):
    """Connects to a checked address, under the host's own name for SNI, certificate and Host header."""

    def _new_conn(self) -> socket.socket:
        try:
            addresses = checked_addresses(self.host, self.port)
        except NameNotResolved as unknown:
            raise (unknown if self.proxy is None else ProxyFailed(unknown.message)) from None
        return _connect_first(addresses, self.port)


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


def _pool(connection: Connection) -> HTTPSConnectionPool:
    server = connection.server
    host, port = host_and_port(server)
    settings: dict[str, Any] = {
        "ssl_context": ssl_context(connection),
        "server_hostname": server.tls_server_name or None,
        "maxsize": 20,
        "block": False,
    }
    if not server.proxy_url:
        return _Pool(host, port, **settings)
    proxy_host_and_port(server.proxy_url)
    auth = urllib3.util.parse_url(server.proxy_url).auth
    proxy_headers = urllib3.make_headers(proxy_basic_auth=auth) if auth else None
    manager = urllib3.ProxyManager(server.proxy_url, proxy_headers=proxy_headers, **settings)
    manager.pool_classes_by_scheme = {"https": _Pool}
    pool = manager.connection_from_host(host, port, scheme="https")
    assert isinstance(pool, HTTPSConnectionPool)  # noqa: S101 - for the type checker
    return pool


def _connect_first(addresses: list[str], port: int) -> socket.socket:
    """A socket to the first address that answers; together they have the time of one connect."""
    end = time.monotonic() + remaining_seconds(CONNECT_SECONDS)
    failed: OSError = TimeoutError()
    for tried, address in enumerate(addresses):
        share = (end - time.monotonic()) / (len(addresses) - tried)
        made = TimedSocket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            made.settimeout(max(share, 0.1))
            made.connect((address, port))
        except OSError as error:
            made.close()
            failed = error
            continue
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        made.settimeout(max(end - time.monotonic(), 1.0))
        return made
    raise failed
