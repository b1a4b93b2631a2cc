"""Deprecation warnings: which deprecated API versions are still called through this process, by whom and with what.

An API server warns in a `Warning` header of each response (https://kubernetes.io/docs/reference/using-api/
deprecation-policy/, KEP-1693). Counted by cluster, person, program and text in memory, bounded by LRU.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cachetools import LRUCache

from clusters.api.connection import USER_AGENT, Connection
from clusters.api.resource_attributes import parse_attributes
from clusters.api.token_redaction import redact_token

MAX_REMEMBERED = 5000
MAX_TEXT = 300  # characters of a warning
MAX_PROGRAM = 80
_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_SIGN = "deprecated"  # in every text of https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/deprecation/


@dataclass(frozen=True)
class Deprecation:
    """Calls of one program of one person that got the same warning. `resource` is like `cronjobs.v1beta1.batch`."""

    cluster: str
    person: str  # the ID, as Connection has it
    program: str
    resource: str
    text: str
    count: int
    last: datetime


_found: LRUCache[tuple[str, ...], Deprecation] = LRUCache(MAX_REMEMBERED)
_lock = threading.Lock()


def read_warnings(headers: Sequence[str]) -> list[str]:
    """The texts of `Warning: 299 - "text"` headers: admission policies and deprecated versions send them."""
    return [_ESCAPED.sub(r"\1", text) for header in headers for text in _WARNING.findall(header)]


def note_warnings(
    connection: Connection, method: str, path: str, warnings: Sequence[str], program: str = USER_AGENT
) -> None:
    """Count those that are about a deprecated version; `program` is the User-Agent of whoever called."""
    for warning in warnings:
        if _SIGN not in warning:
            continue
        one = parse_attributes(method, path)
        resource = ".".join(part for part in (one.resource, one.version, one.group) if part)[:MAX_PROGRAM]
        text = redact_token(warning, connection.identity)[:MAX_TEXT]
        key = (connection.cluster, connection.person, program[:MAX_PROGRAM], resource, text)
        now = datetime.now(UTC)
        with _lock:
            known = _found.get(key)
            _found[key] = (
                replace(known, count=known.count + 1, last=now)
                if known
                else Deprecation(*key, count=1, last=now)
            )


def list_deprecations(cluster: str, people: Collection[str] | None) -> list[Deprecation]:
    """What was counted at a cluster since this process began, the latest first; of these people, or of all."""
    with _lock:
        found = [one for one in _found.values() if one.cluster == cluster]
    shown = [one for one in found if people is None or one.person in people]
    return sorted(shown, key=lambda one: one.last, reverse=True)
