"""Folder listing: the entries of a folder of a container, read from the output of a script there."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

MAX_PATH = 4_096  # bytes, as Linux has it


class BadPath(ValueError):
    """No path that can be used; the text says why."""


@dataclass(frozen=True)
class Entry:
    """`mode` is that of `ls -l`, `modified` as `ls` writes it; `size` is None of what is no ordinary file."""

    name: str
    mode: str
    size: int | None
    modified: str
    is_folder: bool
    link_target: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it can be read as one; a link to one counts."""
        return not self.is_folder and self.mode[:1] in ("-", "l")


@dataclass(frozen=True)
class Folder:
    """`is_cut` where there are more entries than are listed."""

    path: str
    entries: Sequence[Entry]
    is_cut: bool = False


def clean_path(path: str) -> str:
    """An absolute path without `.`, `..` and doubled slashes. Raises BadPath.

    This is only how a URL is read: the container itself decides what is behind it, links included.
    """
    if "\0" in path:
        raise BadPath("A path has no NUL character.")
    if len(path.encode("utf-8", "surrogateescape")) > MAX_PATH:
        raise BadPath("A path has at most 4,096 bytes.")
    if not path.startswith("/"):
        raise BadPath("A path begins with a slash.")
    return posixpath.normpath("/" + path.strip("/"))


def clean_name(name: str) -> str:
    """The name of one file in a folder. Raises BadPath."""
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise BadPath("This is no name of a file.")
    if len(name.encode("utf-8", "surrogateescape")) > 255:
        raise BadPath("A name has at most 255 bytes.")
    return name


def read_listing(path: str, output: bytes, *, is_cut: bool) -> Folder:
    """What scripts.LIST wrote; folders first, by name. What is not whole at the end is left out."""
    fields = output.split(b"\0")
    entries = [
        _read_entry(*(part.decode("utf-8", "surrogateescape") for part in fields[start : start + 3]))
        for start in range(0, len(fields) - 3, 3)
    ]
    return Folder(path, sorted(entries, key=lambda one: (not one.is_folder, one.name)), is_cut)


def _read_entry(name: str, line: str, kind: str) -> Entry:
    """The line is `-rw-r--r-- 1 0 0 12 Dec  1 04:00 ./name`; a device has two numbers in place of its size."""
    words = line.split(None, 5)
    mode = words[0] if words else ""
    size = words[4] if len(words) > 4 else ""
    is_plain = mode.startswith("-") and size.isascii() and size.isdigit() and len(size) < 20
    rest = words[5] if len(words) > 5 else ""
    before, _separator, target = rest.partition(f"./{name}")
    return Entry(
        name,
        mode,
        int(size) if is_plain else None,
        " ".join(before.split()) if mode[:1] not in ("b", "c") else "",
        kind == "d",
        target.removeprefix(" -> ") if mode.startswith("l") else "",
    )
