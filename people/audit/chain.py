"""Hash chain: a keyed hash (HMAC-SHA-256) of each row's canonical form, which includes the previous hash.

Rows of versions before the key have no `key_id`, and the SHA-256 of the first form. They can only be the beginning
of a chain (`people.audit.integrity.verifying`): the first keyed row vouches for all of them by the hash before it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from people.audit.keys import KeyRing
from people.audit.models import AuditEntry

FORMAT = "quarterdeck.audit/1"  # without a key
KEYED_FORMAT = "quarterdeck.audit/2"  # with the key's id before the other values
FIELDS = tuple(
    field.attname for field in AuditEntry._meta.concrete_fields if field.attname not in ("hash", "key_id")
)


class UnknownKey(Exception):
    """A row of a key that is neither configured nor wrapped in the audit trail; the argument is the key's id."""


def digest(entry: AuditEntry, ring: KeyRing | None = None) -> str:
    """The row's hash, in hexadecimal. Raises UnknownKey; without a ring the configured keys are used."""
    return digest_bytes(canonical(entry), entry.key_id, ring or KeyRing())


def digest_bytes(written: bytes, key_id: str, ring: KeyRing) -> str:
    """The hash of a row's canonical form."""
    if not key_id:
        return hashlib.sha256(written).hexdigest()
    secret = ring.find(key_id)
    if secret is None:
        raise UnknownKey(key_id)
    return hmac.new(secret, written, hashlib.sha256).hexdigest()


def canonical(entry: AuditEntry) -> bytes:
    """A JSON array of the form's name and every field but the hash, in the order of FIELDS, as ASCII.

    An array keeps neighbours apart whatever they hold; times are UTC to the microsecond; a detail has its keys
    sorted, so that a database that stores JSON in an order of its own gives back the same bytes.
    """
    values = [_plain(getattr(entry, field)) for field in FIELDS]
    head = [KEYED_FORMAT, entry.key_id] if entry.key_id else [FORMAT]
    return json.dumps([*head, *values], ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value
