"""Start checks: what the environment says is tried before the server listens.

What can never work stops the start; what may come back by itself, or concerns some rows alone, is logged as an error.
Every message names the variable to look at.
"""

from __future__ import annotations

import logging
import tempfile
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.models import BinaryField
from django.db.models.functions import Substr

from clusters.credentials.sealing import HEADER, has_key_for
from clusters.models import Credential

try:
    import redis
except ImportError:  # there only where several processes serve, and then the settings have looked for it
    redis = None  # type: ignore[assignment]

REDIS_TIMEOUT = 3.0  # seconds until Redis has accepted a connection, and again until it has answered
REDIS_URL = "QUARTERDECK_REDIS_URL"
log = logging.getLogger(__name__)


def check_surroundings() -> None:
    """All that needs no table; ImproperlyConfigured for the first thing that can never work."""
    check_temporary_folder()
    check_proxies()
    check_database()
    check_redis(settings.REDIS_URL)


def check_temporary_folder() -> None:
    """SQLite sorts in files; a folder that cannot be written breaks one page or another, long after the start."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        log.error(
            "TMPDIR: none of the usual folders for temporary files (/tmp, /var/tmp) can be written. SQLite needs one "
            "for large results: set TMPDIR to a folder that this account can write."
        )


def check_proxies() -> None:
    """This server speaks no TLS, so an https:// URL means that a proxy stands before it."""
    if settings.PUBLIC_URL and settings.PUBLIC_URL.is_secure and not settings.TRUSTED_PROXIES:
        log.error(
            "QUARTERDECK_TRUSTED_PROXIES is not set, though QUARTERDECK_PUBLIC_URL is https://: set it to the address "
            "of the proxy that terminates TLS. Without it, all users seem to come from that one address, so that the "
            "wrong passwords of one lock out all, and browsers are not told to insist on HTTPS."
        )


def check_database() -> None:
    """One connection to PostgreSQL; ImproperlyConfigured with what it says, which never holds the password."""
    if connection.vendor != "postgresql":
        return
    own = connection.copy()
    own.settings_dict["OPTIONS"].pop(
        "pool", None
    )  # a pool tries again and again, and does not say why it fails
    try:
        own.ensure_connection()
        own.close()
    except DatabaseError as error:
        host, name = connection.settings_dict["HOST"] or "the local socket", connection.settings_dict["NAME"]
        raise ImproperlyConfigured(
            f"DATABASE_URL: PostgreSQL at {host}, database {name}, cannot be used: {_first_line(error)}"
        ) from None


def check_encryption_keys() -> None:
    """Credentials whose key is not there can be used by nobody, but that is no reason to keep the others away."""
    headers = Credential.objects.annotate(
        header=Substr("sealed", 1, HEADER, output_field=BinaryField())
    ).values_list("header", flat=True)
    # SQLite gives back what somebody wrote there by hand, a text too.
    missing = sum(isinstance(header, str) or not has_key_for(bytes(header)) for header in headers)
    if missing:
        log.error(
            "QUARTERDECK_SEALING_KEYS: the keys of %d stored credentials are not among these. Add the key that is "
            "missing behind the others, or let the owners add their credentials again.",
            missing,
        )


def check_redis(url: str) -> None:
    """One PING. A Redis that is away is an error in the log: everything but messages between processes works."""
    if not url:
        return
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=REDIS_TIMEOUT, socket_timeout=REDIS_TIMEOUT)
    except ValueError:
        raise ImproperlyConfigured(
            f"{REDIS_URL} must look like redis://[:password@]host:6379/0, rediss:// for TLS."
        ) from None
    where = _describe(url)
    try:
        client.ping()
    except redis.AuthenticationError as error:
        raise ImproperlyConfigured(
            f"{REDIS_URL}: Redis at {where} rejects the username or password: {error}"
        ) from None
    except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
        log.error(
            "%s: Redis at %s is not responding (%s). Until it does, open pages learn by their own checks alone, within "
            "15 seconds, that somebody was signed out or lost access through another process.",
            *(REDIS_URL, where, error),
        )
    except redis.RedisError as error:
        raise ImproperlyConfigured(f"{REDIS_URL}: Redis at {where} cannot be used: {error}") from None
    finally:
        client.close()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _describe(url: str) -> str:
    """Without username and password."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path
