"""Archive filter: a tar stream of a container, passed on member by member without what could harm who unpacks it.

The container's tar is not trusted: names that are absolute or lead upwards, links that lead out of the archive,
devices and sockets are left out, and named in a last member. Memory is bounded: headers are read one by one, and
content is passed on.
"""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Iterator
from typing import NamedTuple

BLOCK = 512
MAX_HEADER = 64 * 1024  # bytes of a name or of the records that stand before a member
MAX_LEFT_OUT = 1_000
MAX_LINKS = 20_000  # of one archive: their names are remembered
LEFT_OUT = "LEFT-OUT-BY-QUARTERDECK.txt"
_EXTENDED = {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE}
_PLAIN = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE}


class BadArchive(Exception):
    """This is no tar stream, or one of a kind that is not passed on."""


class _Pending(NamedTuple):
    """Bytes of content that follow, without padding, and what becomes of them."""

    size: int
    kind: str  # "pass", "drop" or "extend"


class ArchiveFilter:
    """`feed` gives what may go on of each piece; `finish` the end."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._pending = _Pending(0, "drop")
        self._padding = 0
        self._type = b""
        self._extended = b""
        self._name = ""
        self._link = ""
        self._links: set[str] = set()
        self._is_over = False
        self.left_out: list[str] = []

    def feed(self, content: bytes) -> Iterator[bytes]:
        """Raises BadArchive."""
        self._waiting += content
        while not self._is_over:
            if self._pending.size or self._padding:
                part = self._take_content()
                if part is None:
                    return
                if part:
                    yield part
                continue
            if len(self._waiting) < BLOCK:
                return
            header = bytes(self._waiting[:BLOCK])
            del self._waiting[:BLOCK]
            yield from self._read_header(header)
        self._waiting.clear()

    def finish(self) -> Iterator[bytes]:
        """What was left out, and the end of the archive. Raises BadArchive where it ended too early."""
        if not self._is_over:
            raise BadArchive("The archive ended too early.")
        if self.left_out:
            text = "".join(f"{line}\n" for line in self.left_out).encode("utf-8", "backslashreplace")
            info = tarfile.TarInfo(LEFT_OUT)
            info.size = len(text)
            yield info.tobuf(tarfile.PAX_FORMAT) + text + bytes(-len(text) % BLOCK)
        yield bytes(2 * BLOCK)

    def _take_content(self) -> bytes | None:
        """The next part of the content under way; None where more is needed first."""
        size, kind = self._pending
        if not self._waiting:
            return None
        part = bytes(self._waiting[:size] if size else self._waiting[: self._padding])
        del self._waiting[: len(part)]
        if size:
            self._pending = _Pending(size - len(part), kind)
            if kind == "extend":
                self._extended += part
                if self._pending.size == 0:
                    self._read_extended()
        else:
            self._padding -= len(part)
        return part if kind == "pass" else b""

    def _read_header(self, header: bytes) -> Iterator[bytes]:
        if not any(header):
            self._is_over = True
            return
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise BadArchive("This is no tar archive.") from error
        if info.size < 0:
            raise BadArchive("A member has a negative size.")
        self._padding = -info.size % BLOCK
        if info.type in _EXTENDED:
            if info.size > MAX_HEADER:
                raise BadArchive("A name in the archive is too long.")
            self._type, self._extended = info.type, b""
            self._pending = _Pending(info.size, "extend")
            return
        info.name, info.linkname = self._name or info.name, self._link or info.linkname
        self._name = self._link = ""
        if info.type not in _PLAIN and info.size:
            raise BadArchive("The archive has members of a kind that is not passed on.")
        if info.type in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE) and info.size:
            raise BadArchive("A folder or a link in the archive has content.")
        reason = self._find_reason(info)
        self._pending = _Pending(info.size, "drop" if reason else "pass")
        if reason:
            if len(self.left_out) < MAX_LEFT_OUT:
                self.left_out.append(f"{info.name!r}: {reason}")
            return
        yield self._write_header(info)

    def _find_reason(self, info: tarfile.TarInfo) -> str:
        """Why a member is left out; nothing where it is passed on."""
        if not _stays_inside(info.name):
            return "its name leads out of the archive"
        if info.type not in _PLAIN:
            return "it is neither a file nor a folder nor a link"
        if any(parent in self._links for parent in _list_parents(info.name)):
            return "it would be written through a link"
        if (info.issym() or info.islnk()) and not self._leads_inside(info):
            return f"it is a link out of the archive, to {info.linkname!r}"
        return ""

    def _leads_inside(self, info: tarfile.TarInfo) -> bool:
        """By its words alone: `..` stands at the front only, since behind a link it leads elsewhere than it seems."""
        if info.islnk():
            through = any(parent in self._links for parent in _list_parents(info.linkname))
            return _stays_inside(info.linkname) and not through
        words = [word for word in info.linkname.split("/") if word not in ("", ".")]
        upwards = next((at for at, word in enumerate(words) if word != ".."), len(words))
        target = posixpath.join(posixpath.dirname(info.name), info.linkname)
        return ".." not in words[upwards:] and _stays_inside(target)

    def _write_header(self, info: tarfile.TarInfo) -> bytes:
        """A header of our own: without owners, set-user-ID bits, or anything else that came along."""
        if info.issym() or info.islnk():
            self._links.add(posixpath.normpath(info.name))
            if len(self._links) > MAX_LINKS:
                raise BadArchive("The archive has too many links.")
        clean = tarfile.TarInfo(info.name)
        clean.type, clean.size, clean.linkname = info.type, info.size, info.linkname
        clean.mode, clean.mtime = info.mode & 0o777, info.mtime
        return clean.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")

    def _read_extended(self) -> None:
        if self._type == tarfile.GNUTYPE_LONGNAME:
            self._name = _decode(self._extended)
        elif self._type == tarfile.GNUTYPE_LONGLINK:
            self._link = _decode(self._extended)
        elif self._type == tarfile.XHDTYPE:
            records = dict(_read_records(self._extended))
            if any(key.startswith("GNU.sparse") or key == "size" for key in records):
                raise BadArchive("The archive has files of a kind that is not passed on.")
            self._name, self._link = records.get("path", self._name), records.get("linkpath", self._link)


def _stays_inside(path: str) -> bool:
    normal = posixpath.normpath(path)
    return bool(path) and not path.startswith("/") and normal != ".." and not normal.startswith("../")


def _list_parents(path: str) -> Iterator[str]:
    parts = posixpath.normpath(path).split("/")
    for length in range(1, len(parts)):
        yield "/".join(parts[:length])


def _decode(content: bytes) -> str:
    return content.rstrip(b"\0").decode("utf-8", "surrogateescape")


def _read_records(content: bytes) -> Iterator[tuple[str, str]]:
    """Records of a pax header: `12 path=name\\n`, where the number counts all of the record."""
    while content:
        number, _space, _rest = content.partition(b" ")
        if not (number.isdigit() and len(number) < 8 and len(number) < int(number) <= len(content)):
            raise BadArchive("A header of the archive cannot be read.")
        record, content = content[len(number) + 1 : int(number) - 1], content[int(number) :]
        key, _equals, value = record.partition(b"=")
        yield key.decode("utf-8", "replace"), value.decode("utf-8", "surrogateescape")
