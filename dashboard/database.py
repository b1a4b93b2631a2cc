"""Database settings: SQLite files in the data folder, or PostgreSQL from DATABASE_URL."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

NAME = "DATABASE_URL"
# Of https://www.postgresql.org/docs/current/libpq-connect.html what a URL may set; time-outs of TCP in ms, others in s.
POSTGRESQL_OPTIONS = (
    "application_name", "channel_binding", "connect_timeout", "gssencmode", "host", "hostaddr", "keepalives",
    "keepalives_count", "keepalives_idle", "keepalives_interval", "load_balance_hosts", "options", "passfile", "port",
    "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation",
    "sslrootcert", "target_session_attrs", "tcp_user_timeout",
)  # fmt: skip
# A server that is gone is noticed after 3 s by who connects, and after 15 s by who waits for an answer.
POSTGRESQL_DEFAULTS = {
    "application_name": "quarterdeck",
    "connect_timeout": "3",
    "keepalives": "1",
    "keepalives_count": "2",
    "keepalives_idle": "10",
    "keepalives_interval": "3",
    "tcp_user_timeout": "15000",
}
# Milliseconds; a URL may say `statement_timeout=30s`, as PostgreSQL writes it.
POSTGRESQL_LIMITS = {
    "statement_timeout": 15_000,
    "lock_timeout": 5_000,
    "idle_in_transaction_session_timeout": 30_000,
    "pool_timeout": 10_000,  # our own: how long a page waits for a connection
}
UNITS = {"": 1, "ms": 1, "s": 1000, "min": 60_000}

# Connections of one process: those of QUARTERDECK_DATABASE_CONNECTIONS, of which some do not serve pages.
DEFAULT_CONNECTIONS, MINIMUM_CONNECTIONS = 20, 8
AUDIT_POOL = 4  # for pages of the audit trail
OWN_CONNECTIONS = 2  # the audit trail's writer, and the thread that looks whether the database is back
WAITING_PER_CONNECTION = 10  # pages that may wait; the next one is refused at once


def database(url: str, folder: Path, connections: int = DEFAULT_CONNECTIONS) -> dict[str, Any]:
    """Django's settings for it; `url` is "" or postgresql://user:password@host[:port][,host...]/name[?sslmode=...].

    `connections` is how many this process may have on PostgreSQL, with those of the audit trail.
    """
    if url:
        return _postgresql(url, connections - AUDIT_POOL - OWN_CONNECTIONS)
    return _sqlite(folder / "quarterdeck.sqlite3", synchronous="NORMAL")


def audit_trail_database(url: str, folder: Path) -> dict[str, Any]:
    """The same for the audit trail: a file of its own, in which a commit is on the disk when it returns.

    On PostgreSQL it is the same database through connections of its own.
    """
    if url:
        return _postgresql(url, AUDIT_POOL)
    return _sqlite(folder / "audit.sqlite3", synchronous="FULL", timeout=5)


def _sqlite(path: Path, *, synchronous: str, timeout: int = 10) -> dict[str, Any]:
    """Readers go on while one writes; writers wait in line for `timeout` seconds instead of failing half-way."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "timeout": timeout,
            "transaction_mode": "IMMEDIATE",
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};",
        },
        # In a file, as in use: one in memory locks whole tables against the threads that tests have too.
        "TEST": {
            "NAME": Path(tempfile.gettempdir()) / f"test-{os.getpid()}-{path.name}",
            "DEPENDENCIES": [],  # neither file waits for the other
        },
    }


def _postgresql(url: str, connections: int) -> dict[str, Any]:
    parts = urlsplit(url)
    account, _at, where = parts.netloc.rpartition("@")
    user, _colon, password = account.partition(":")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    limits = {
        name: _milliseconds(name, given.pop(name, ""), usual) for name, usual in POSTGRESQL_LIMITS.items()
    }
    if not limits["pool_timeout"]:
        raise ImproperlyConfigured(f"{NAME}: pool_timeout must be more than 0.")
    hosts, ports = _split_hosts(where)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgres", "postgresql") or not name or set(given) - set(POSTGRESQL_OPTIONS):
        raise _invalid_url()
    if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
        raise ImproperlyConfigured(
            f"{NAME} refers to PostgreSQL, but psycopg or psycopg-pool is not installed: "
            "pip install --require-hashes -r requirements-replicas.lock"
        )
    return {
        "ENGINE": "dashboard.postgresql",
        "NAME": name,
        "USER": unquote(user),
        "PASSWORD": unquote(password),
        "HOST": given.pop("host", hosts),
        "PORT": given.pop("port", ports),
        "OPTIONS": {
            **{option: value for option, value in (POSTGRESQL_DEFAULTS | given).items() if value},
            "limits": {
                "statement": limits["statement_timeout"],
                "lock": limits["lock_timeout"],
                "idle_transaction": limits["idle_in_transaction_session_timeout"],
            },
            "pool": {
                "min_size": 0,
                "max_size": connections,
                "timeout": limits["pool_timeout"] / 1000,
                "max_waiting": connections * WAITING_PER_CONNECTION,
                "max_idle": 60.0,  # seconds
                "reconnect_timeout": 0.0,  # seconds: who needs the next connection tries again
            },
        },
        "CONN_MAX_AGE": 0,  # each request has a thread of its own, and gives its connection back
    }


def _split_hosts(where: str) -> tuple[str, str]:
    """`one:5432,[fd00::2]:5433` as libpq's `host` and `port`: each a list, of the same length where there are ports."""
    pairs = [_split_host(one) for one in where.split(",")]
    ports = [port for _host, port in pairs]
    if any(port and not 0 < int(port) < 65536 for port in ports):
        raise _invalid_url()
    return ",".join(host for host, _port in pairs), ",".join(ports) if any(ports) else ""


def _split_host(one: str) -> tuple[str, str]:
    host, colon, port = one.rpartition(":")
    if not colon or one.endswith("]"):
        host, port = one, ""
    if port and not (port.isascii() and port.isdigit()):
        raise _invalid_url()
    return unquote(host.strip("[]")), port


def _milliseconds(name: str, value: str, usual: int) -> int:
    if not value:
        return usual
    number = value.rstrip("minsec")
    unit = UNITS.get(value[len(number) :])
    if unit is None or not (number.isascii() and number.isdigit()):
        raise ImproperlyConfigured(f"{NAME}: {name} must look like 15000, 15s or 2min (0 for no limit).")
    return int(number) * unit


def _invalid_url() -> ImproperlyConfigured:
    """Without the value: it may hold a password."""
    return ImproperlyConfigured(
        f"{NAME} must look like postgresql://user:password@host:5432/name, with several hosts separated by commas, and "
        f"with at most these options: {', '.join((*POSTGRESQL_OPTIONS, *POSTGRESQL_LIMITS))}."
    )
