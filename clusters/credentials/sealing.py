"""Sealing: encrypts credentials with AES-256-GCM, together with what they are for (their binding).

A sealed value is `version (1 byte) | key id (8) | nonce (12) | ciphertext and tag`. The first nine bytes and
the context are authenticated too, so a value that was moved to another row, or whose cluster, owner or address was
exchanged beside it, is unreadable. Version 1 knew the number of the row alone; it is opened once, by the upgrade.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = b"\x02"
ROW_ONLY_VERSION = b"\x01"  # its context was `credential:7`, the number of the row, and nothing else
KEY_ID = 8
NONCE = 12
HEADER = len(VERSION) + KEY_ID
TAG = 16


class SealBroken(Exception):
    """The value cannot be opened: its key is not among the keys, it was changed, or it is another row's."""


def seal(plain: bytes, *, context: str) -> bytes:
    """Seal under the first key, bound to the context."""
    first = _keys()[0]
    header = VERSION + key_id(first)
    nonce = secrets.token_bytes(NONCE)
    return header + nonce + AESGCM(first).encrypt(nonce, plain, _associated_data(header, context))


def open_sealed(sealed: bytes, *, context: str) -> bytes:
    """The plain value; `SealBroken` where the key, the bytes or the context are not those of the sealing."""
    return _open(bytes(sealed), VERSION, context)


def open_sealed_to_row(sealed: bytes, *, row: int) -> bytes:
    """The plain value of version 1, for the upgrade alone: nothing but the number of its row is authenticated."""
    return _open(bytes(sealed), ROW_ONLY_VERSION, f"credential:{row}")


def _open(sealed: bytes, version: bytes, context: str) -> bytes:
    if len(sealed) < HEADER + NONCE + TAG or not sealed.startswith(version):
        raise SealBroken("This is not an encrypted value.")
    header, nonce, cipher = sealed[:HEADER], sealed[HEADER : HEADER + NONCE], sealed[HEADER + NONCE :]
    for key in _keys():
        if key_id(key) == header[len(VERSION) :]:
            return _decrypt(key, nonce, cipher, _associated_data(header, context))
    raise SealBroken("The key that encrypted this value is not in QUARTERDECK_SEALING_KEYS.")


def reseal(sealed: bytes, *, context: str) -> bytes:
    """The same value under the first key; unchanged bytes where the first key sealed it already."""
    sealed = bytes(sealed)
    plain = open_sealed(sealed, context=context)
    return sealed if is_current(sealed) else seal(plain, context=context)


def is_current(sealed: bytes) -> bool:
    """Was this sealed under the first key?"""
    return bytes(sealed[:HEADER]) == VERSION + key_id(_keys()[0])


def has_key_for(sealed: bytes) -> bool:
    """Whether the key that sealed this is among the configured ones; its first HEADER bytes are enough."""
    return bytes(sealed[len(VERSION) : HEADER]) in {key_id(key) for key in _keys()}


def key_id(key: bytes) -> bytes:
    """What names a key without telling it."""
    return hashlib.sha256(b"quarterdeck sealing key id\x00" + key).digest()[:KEY_ID]


def _decrypt(key: bytes, nonce: bytes, cipher: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, cipher, bound)
    except InvalidTag as wrong:
        raise SealBroken("The encrypted value was altered, or belongs to another row.") from wrong


def _associated_data(header: bytes, context: str) -> bytes:
    return header + context.encode()


def _keys() -> tuple[bytes, ...]:
    return _decode_keys(tuple(settings.SEALING_KEYS))


@lru_cache(maxsize=8)
def _decode_keys(encoded: tuple[str, ...]) -> tuple[bytes, ...]:
    keys = tuple(base64.b64decode(key, validate=True) for key in encoded)
    if not keys or any(len(key) != 32 for key in keys):
        raise SealBroken("SEALING_KEYS must contain at least one key of 32 bytes.")
    return keys
