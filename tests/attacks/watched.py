"""What did Python do while it was watched? Every process, file and connection, by its audit events."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

PROCESSES = (
    "subprocess",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "pty.",
    "os.startfile",
)
CONNECTIONS = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostby", "socket.bind")
CODE = ("exec", "compile", "import", "ctypes")
FILES = ("open", "os.", "shutil", "glob", "tempfile")


class Watched:
    """The hook cannot be taken away again, so there is one, which is off most of the time."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[tuple[str, str]] = []
        sys.addaudithook(self._note)

    def of(self, *kinds: tuple[str, ...]) -> list[str]:
        """What was seen of these kinds, each with its arguments."""
        starts = tuple(start for kind in kinds for start in kind)
        return [f"{event} {arguments}" for event, arguments in self.seen if event.startswith(starts)]

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on:
            self.on = False  # what `repr` does is ours
            self.seen.append((event, repr(arguments)))
            self.on = True


_watched = Watched()


@contextmanager
def watched() -> Iterator[Watched]:
    """Of this process, all threads, within the block."""
    _watched.seen = []
    _watched.on = True
    try:
        yield _watched
    finally:
        _watched.on = False
