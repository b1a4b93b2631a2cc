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
POSTGRESQL_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name")


def database(url: str, folder: Path) -> dict[str, Any]:
    """Django's settings for it; `url` is "" or postgresql://user:password@host[:port]/name[?sslmode=...]."""
    return _postgresql(url) if url else _sqlite(folder / "quarterdeck.sqlite3", synchronous="NORMAL")


def audit_trail_database(url: str, folder: Path) -> dict[str, Any]:
    """The same for the audit trail: a file of its own, in which a commit is on the disk when it returns.

    On PostgreSQL it is the same database through a connection of its own.
    """
    return _postgresql(url) if url else _sqlite(folder / "audit.sqlite3", synchronous="FULL", timeout=5)


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
            "NAME": _find_test_folder(path) / f"test-{os.getpid()}-{path.name}",
            "DEPENDENCIES": [],  # neither file waits for the other
        },
    }


def _find_test_folder(path: Path) -> Path:
    """That of temporary files; a server may run where there is none, and is not to stop for the tests' sake."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        return path.parent


def _postgresql(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _invalid_url() from None
    name = unquote(parts.path.lstrip("/"))
    options = dict(parse_qsl(parts.query))
    unknown = set(options) - set(POSTGRESQL_OPTIONS)
    if parts.scheme not in ("postgres", "postgresql") or not name or unknown:
        raise _invalid_url()
    if find_spec("psycopg") is None:
        raise ImproperlyConfigured(
            f"{NAME} refers to PostgreSQL, but psycopg is not installed: "
            "pip install --require-hashes -r requirements-replicas.lock"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,  # each request has a thread of its own: a kept connection would be an orphan
    }


def _invalid_url() -> ImproperlyConfigured:
    """Without the value: it may hold a password."""
    return ImproperlyConfigured(
        f"{NAME} must look like postgresql://user:password@host:5432/name, with at most these options: "
        f"{', '.join(POSTGRESQL_OPTIONS)}."
    )
