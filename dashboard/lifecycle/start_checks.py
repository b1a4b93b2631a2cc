"""Start checks: what the environment says is tried before the server listens.

What can never work stops the start; what may come back by itself, or concerns some rows alone, is logged as an error.
Every message names the variable to look at.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

try:
    import redis
except ImportError:  # there only where several processes serve, and then the settings have looked for it
    redis = None  # type: ignore[assignment]

REDIS_TIMEOUT = 3.0  # seconds until Redis has accepted a connection, and again until it has answered
REDIS_URL = "QUARTERDECK_REDIS_URL"
log = logging.getLogger(__name__)


def check_surroundings() -> None:
    """All checks; ImproperlyConfigured for the first thing that can never work."""
    check_redis(settings.REDIS_URL)


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


def _describe(url: str) -> str:
    """Without username and password."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path
