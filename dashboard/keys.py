"""Keys: from the environment in production, otherwise created once in an ignored file."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from dashboard import environment


@dataclass(frozen=True, repr=False)
class Keys:
    """`secret` signs cookies; `sealing` are base64 keys of 32 bytes, the first seals, all of them open."""

    secret: str
    sealing: tuple[str, ...]


def keys(folder: Path, *, production: bool) -> Keys:
    """The keys for this start; in production both variables must be set."""
    secret = environment.secret("QUARTERDECK_SECRET_KEY")
    # In a file, each key may have a line of its own.
    sealing = tuple(environment.secret("QUARTERDECK_SEALING_KEYS").replace(",", " ").split())
    if production:
        _require("QUARTERDECK_SECRET_KEY", secret, "at least 50 characters; it signs cookies")
        _require(
            "QUARTERDECK_SEALING_KEYS", sealing, "base64 of 32 random bytes; it encrypts stored credentials"
        )
        _check_secret(secret)
    if not secret or not sealing:
        made = _load_or_create(folder / "keys.json")
        secret, sealing = secret or made.secret, sealing or made.sealing
    for key in sealing:
        _check_sealing(key)
    return Keys(secret, sealing)


def _check_secret(secret: str) -> None:
    """Too short, or what an example holds: a key that somebody else has too signs for them as well."""
    if len(secret) < 50:
        raise ImproperlyConfigured("QUARTERDECK_SECRET_KEY is too short: use at least 50 random characters.")
    if len(set(secret)) < 10 or secret.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            "QUARTERDECK_SECRET_KEY is not random: generate one with python3 -c "
            "'import secrets; print(secrets.token_urlsafe(64))'."
        )


def _require(name: str, value: object, what: str) -> None:
    if not value:
        raise ImproperlyConfigured(
            f"Production needs {name} ({what}). Set it, or {name}_FILE, in the environment and start again."
        )


def _check_sealing(key: str) -> None:
    try:
        raw = base64.b64decode(key, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise ImproperlyConfigured("QUARTERDECK_SEALING_KEYS: each key must be base64 of exactly 32 bytes.")
    if _is_pattern(raw):
        raise ImproperlyConfigured(
            "QUARTERDECK_SEALING_KEYS: one key is not random: generate one with python3 -c "
            "'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'."
        )


def _is_pattern(key: bytes) -> bool:
    """Few bytes, one piece again and again, or equal steps (0, 1, 2 ...): of 32 random bytes 8 differ surely enough."""
    is_repeated = key in (key + key)[1:-1]
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return is_repeated or len(steps) == 1 or len(set(key)) < 8


def _load_or_create(path: Path) -> Keys:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = {
        "secret": secrets.token_urlsafe(64),
        "sealing": [base64.b64encode(secrets.token_bytes(32)).decode()],
    }
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(made, file)
    try:
        os.link(fresh, path)  # fails where the file is there already: two first starts agree on one
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    stored = json.loads(path.read_text())
    return Keys(stored["secret"], tuple(stored["sealing"]))
