"""Raw paths: checks the bytes of a request target, and cuts off the prefix; nothing is decoded and built again.

What the API server makes of a path must be what was checked here: it decodes the path and splits it at each slash, so
an encoded slash, a dot segment or a second encoding would let a request be about something else (CVE-2022-3162).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from clusters.api.errors import BadRequest

PREFIX = b"/k8s/clusters/"
LONGEST = 16 * 1024  # bytes of path and query
_CLUSTER = re.compile(rb"[a-z0-9-]{1,63}")
_PATH = re.compile(rb"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]{}|^`\"<>\\-]|%[0-9A-Fa-f]{2})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PROXY = "proxy"


@dataclass(frozen=True)
class Target:
    """Cluster ID, and path and query as they are sent, both encoded."""

    cluster: str
    path: str
    query: str

    @property
    def path_and_query(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


def parse_target(raw_path: bytes, query: bytes) -> Target:
    """The target of a request below PREFIX; BadRequest where it is not one that everybody reads in the same way."""
    if len(raw_path) + len(query) > LONGEST:
        raise BadRequest(f"Path and query are longer than {LONGEST:,} bytes.")
    cluster, slash, rest = raw_path.removeprefix(PREFIX).partition(b"/")
    if not raw_path.startswith(PREFIX) or not _CLUSTER.fullmatch(cluster):
        raise BadRequest("The path does not begin with /k8s/clusters/ and the ID of a cluster.")
    path = slash + rest or b"/"
    if not _PATH.fullmatch(path):
        raise BadRequest("The path contains characters that have to be encoded.")
    if not _QUERY.fullmatch(query):
        raise BadRequest("The query contains characters that have to be encoded.")
    text = path.decode("ascii")
    _check_segments(text)
    return Target(cluster.decode("ascii"), text, query.decode("ascii"))


def _check_segments(path: str) -> None:
    """Behind `proxy` comes a path of something else, in which a double or encoded slash may be right."""
    is_strict = True
    segments = path[1:].split("/")
    for number, segment in enumerate(segments):
        is_last = number == len(segments) - 1
        _check_segment(segment, is_strict=is_strict, may_be_empty=is_last or not is_strict)
        if segment == _PROXY and number >= 4:  # api/v1/nodes/<name>/proxy is the shortest
            is_strict = False


def _check_segment(segment: str, *, is_strict: bool, may_be_empty: bool) -> None:
    try:
        plain = unquote(segment, errors="strict")
    except UnicodeDecodeError as broken:
        raise BadRequest("The path is not UTF-8.") from broken
    if _CONTROL.search(plain) or _is_dots(plain) or _is_dots(unquote(plain)):
        raise BadRequest("The path contains a dot segment or a control character.")
    if "\\" in plain or (not plain and not may_be_empty):
        raise BadRequest("The path contains an empty segment or a backslash.")
    if is_strict and ("/" in plain or "%" in plain):
        raise BadRequest("The path contains an encoded slash or a doubly encoded segment.")


def _is_dots(plain: str) -> bool:
    """Also between slashes that were encoded."""
    return any(one in (".", "..") for one in plain.replace("\\", "/").split("/"))
