"""Hash chain: SHA-256 of each row's canonical form, which includes the previous hash."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from people.audit.models import AuditEntry

FORMAT = "quarterdeck.audit/1"
FIELDS = tuple(field.attname for field in AuditEntry._meta.concrete_fields if field.attname != "hash")


def digest(entry: AuditEntry) -> str:
    """SHA-256, in hexadecimal, of the row's canonical form."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def canonical(entry: AuditEntry) -> bytes:
    """A JSON array of the form's name and every field but the hash, in the order of FIELDS, as ASCII.

    An array keeps neighbours apart whatever they hold; times are UTC to the microsecond; a detail has its keys
    sorted, so that a database that stores JSON in an order of its own gives back the same bytes.
    """
    values = [_plain(getattr(entry, field)) for field in FIELDS]
    return json.dumps([FORMAT, *values], ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value
