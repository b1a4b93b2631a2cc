"""Keys of the audit trail: HMAC keys derived by HKDF from the sealing keys, and retired ones wrapped in the trail.

Each of QUARTERDECK_SEALING_KEYS gives one key, of which the first signs new rows. None is ever in a database. Where
the first one has changed, a row of the trail itself holds the keys before it, encrypted (AES-256-GCM) under the new
one: so rows of a sealing key that was taken out of the environment can still be verified, by who has the present one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEYED = "trail-keyed"  # the verb of the row that says which key signs from now on
NONCE_BYTES = 12


@dataclass(frozen=True, repr=False)
class AuditKey:
    """`id` is 16 hexadecimal digits that reveal nothing of it; `secret` signs rows, `wrapping` encrypts older keys.

    All of it follows from `root`.
    """

    id: str
    root: bytes
    secret: bytes
    wrapping: bytes


def configured() -> tuple[AuditKey, ...]:
    """One of each sealing key, in their order."""
    return tuple(map(_derive_key, settings.SEALING_KEYS))


def current() -> AuditKey:
    """The one that signs new rows."""
    return _derive_key(settings.SEALING_KEYS[0])


def hash_text(purpose: str, text: str) -> str:
    """A keyed hash, in hexadecimal, of what must not be readable; another one for each purpose."""
    return _hash_with(current(), purpose, text)


def list_hashes(purpose: str, text: str) -> list[str]:
    """The same with each of the configured keys."""
    return [_hash_with(key, purpose, text) for key in configured()]


def wrap_older(key: AuditKey) -> dict[str, str]:
    """The other configured keys by their ids, each encrypted under this one."""
    return {one.id: _wrap(key, one) for one in configured() if one.id != key.id}


class KeyRing:
    """The keys by which rows can be verified: those that are configured, and those that they unwrap."""

    def __init__(self) -> None:
        self._keys = {key.id: key for key in configured()}

    def find(self, key_id: str) -> bytes | None:
        """The secret that signs rows of this key."""
        key = self._keys.get(key_id)
        return None if key is None else key.secret

    def ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def unwrap(self, details: Iterable[Mapping[str, Any]]) -> None:
        """Add the keys that the details of KEYED rows hold for one that is known; forged ones are none."""
        waiting = list(details)
        while known := [one for one in waiting if str(one.get("key")) in self._keys]:
            waiting = [one for one in waiting if one not in known]
            for detail in known:
                self._add(self._keys[str(detail["key"])], detail.get("older"))

    def _add(self, key: AuditKey, older: object) -> None:
        for key_id, wrapped in older.items() if isinstance(older, Mapping) else ():
            found = _unwrap(key, str(key_id), str(wrapped))
            if found is not None:
                self._keys.setdefault(found.id, found)


def _hash_with(key: AuditKey, purpose: str, text: str) -> str:
    secret = _expand(key.root, f"hash of {purpose}".encode())
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


@lru_cache(maxsize=64)
def _derive_key(encryption_key: str) -> AuditKey:
    return _build_key(_expand(base64.b64decode(encryption_key), b"quarterdeck audit trail"))


def _build_key(root: bytes) -> AuditKey:
    return AuditKey(_expand(root, b"id")[:8].hex(), root, _expand(root, b"rows"), _expand(root, b"wrapping"))


def _expand(material: bytes, purpose: bytes) -> bytes:
    """HKDF (RFC 5869) with SHA-256; 32 bytes. The material is random already, so it takes no salt."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(material)


def _wrap(key: AuditKey, older: AuditKey) -> str:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return base64.b64encode(
        nonce + AESGCM(key.wrapping).encrypt(nonce, older.root, older.id.encode())
    ).decode()


def _unwrap(key: AuditKey, key_id: str, wrapped: str) -> AuditKey | None:
    try:
        sealed = base64.b64decode(wrapped, validate=True)
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        found = _build_key(AESGCM(key.wrapping).decrypt(nonce, rest, key_id.encode()))
    except (ValueError, InvalidTag):
        return None
    return found if found.id == key_id else None
