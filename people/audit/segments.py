"""Archived segments: gzip files of canonical rows, over which the hashes were made.

A segment is gzip of lines. The first is a JSON object about the file; each other one is a row as its canonical form
(`people.audit.chain`), so that the row's hash is that of the line without its end, and the next line names it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from people.audit.chain import FIELDS, FORMAT, KEYED_FORMAT, canonical, digest_bytes
from people.audit.keys import KEYED, KeyRing
from people.audit.models import AuditEntry

ARCHIVED = "trail-sealed"  # the verb of the row that vouches for a segment
FILE_FORMAT = "quarterdeck.audit.segment/1"
LONGEST = 256 * 1024  # bytes of a line; a row has a few thousand
_NAME = re.compile(r"trail-(\d{4}-\d\d)-(\d{1,18})-(\d{1,18})\.jsonl\.gz")


class UnreadableSegment(Exception):
    """The file is no whole segment; the text says what is wrong with it."""


@dataclass(frozen=True)
class SegmentHeader:
    """The first line: which rows the file has, the hash before them and that of the last; times as in the rows."""

    first: int
    last: int
    rows: int
    previous: str
    hash: str
    since: str
    until: str
    form: str = FILE_FORMAT


@dataclass(frozen=True)
class Segment:
    """A file by its name, which says what it ought to hold."""

    path: Path
    month: str
    first: int
    last: int

    def digest(self) -> str:
        """SHA-256 of the file as it lies there."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def entries(self, ring: KeyRing | None = None) -> Iterator[AuditEntry]:
        """Its rows, one at a time. UnreadableSegment where a line is no row, or the file is not as its header says.

        Raises UnknownKey where a row's hash needs a key that is not in `ring`, by default the configured ones.
        """
        ring = ring or KeyRing()
        header, count, last = None, 0, None
        for number, line in enumerate(_lines(self.path)):
            if number == 0:
                header = _parse_header(line, self.path)
                continue
            last, count = _parse_entry(line, self.path, ring), count + 1
            yield last
        if header is None or last is None or (header.rows, header.last) != (count, last.sequence):
            raise UnreadableSegment(f"{self.path.name} does not contain the rows that it declares")
        if (header.hash, header.first, self.first, self.last) != (
            last.hash,
            self.first,
            header.first,
            header.last,
        ):
            raise UnreadableSegment(f"{self.path.name} does not contain the rows that it declares")

    def key_details(self) -> list[dict[str, Any]]:
        """The details of its rows about keys, as they stand there: the keys in them prove themselves."""
        mark = json.dumps(KEYED).encode()
        found = [json.loads(line) for line in _lines(self.path) if mark in line]
        at = FIELDS.index("detail") - len(FIELDS)
        return [values[at] for values in found if isinstance(values, list) and len(values) > len(FIELDS)]


def folder() -> Path:
    """Of the installation: beside the audit trail's own file."""
    return Path(settings.DATA_DIR) / "audit-segments"


def segments(where: Path) -> list[Segment]:
    """By their names, in the order of the chain; other files are none."""
    found = [
        Segment(path, name[1], int(name[2]), int(name[3]))
        for path in (where.iterdir() if where.is_dir() else ())
        if (name := _NAME.fullmatch(path.name))
    ]
    return sorted(found, key=lambda one: (one.first, one.last))


def write(where: Path, month: str, entries: Iterable[AuditEntry], header: SegmentHeader) -> Segment:
    """A new file of these rows, on the disk when this returns; nobody but the owner may read it."""
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = where / f"trail-{month}-{header.first}-{header.last}.jsonl.gz"
    unfinished = path.with_suffix(".part")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
        file.write(json.dumps(asdict(header)).encode() + b"\n")
        for entry in entries:
            file.write(canonical(entry) + b"\n")
        file.close()
        raw.flush()
        os.fsync(raw.fileno())
    os.replace(unfinished, path)
    _sync(where)
    return Segment(path, month, header.first, header.last)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(LONGEST):
                if not line.endswith(b"\n"):
                    raise UnreadableSegment(f"{path.name} has a line that is truncated or too long")
                yield line[:-1]
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableSegment(f"{path.name} cannot be read: {error}") from error


def _parse_header(line: bytes, path: Path) -> SegmentHeader:
    try:
        header = SegmentHeader(**json.loads(line))
    except (ValueError, TypeError, RecursionError) as error:
        raise UnreadableSegment(f"{path.name} does not declare its contents") from error
    if header.form != FILE_FORMAT:
        raise UnreadableSegment(f"{path.name} has an unknown format")
    return header


def _parse_entry(line: bytes, path: Path, ring: KeyRing) -> AuditEntry:
    """The row of a line; its hash is that of the bytes, whether or not they are a row's."""
    try:
        form, *values = json.loads(line)
        key_id = str(values.pop(0)) if form == KEYED_FORMAT else ""
        if form not in (FORMAT, KEYED_FORMAT) or len(values) != len(FIELDS):
            raise ValueError(form)
        named: dict[str, Any] = dict(zip(FIELDS, values, strict=True))
        named["at"] = datetime.fromisoformat(named["at"])
        named["sequence"] = int(named["sequence"])
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise UnreadableSegment(f"{path.name} has a line that is not a row") from error
    return AuditEntry(**named, key_id=key_id, hash=digest_bytes(line, key_id, ring))


def _sync(where: Path) -> None:
    """The name of a new file is on the disk too."""
    handle = os.open(where, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
