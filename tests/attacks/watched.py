"""What did Python do while it was watched? Every process, file and connection, by its audit events."""

from __future__ import annotations

import sys
import threading
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
# What goes on beside whoever is watched: feeds, counts and the trail of the tests before, and the tests' own servers.
BEHIND = ("hub", "counting", "audit", "storage", "trail-pages", "lookup_")


class Watched:
    """The hook cannot be taken away again, so there is one, which is off most of the time."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[tuple[str, str]] = []
        self._noting = threading.local()
        sys.addaudithook(self._note)

    def of(self, *kinds: tuple[str, ...]) -> list[str]:
        """What was seen of these kinds, each with its arguments."""
        starts = tuple(start for kind in kinds for start in kind)
        return [f"{event} {arguments}" for event, arguments in self.seen if event.startswith(starts)]

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on or getattr(self._noting, "now", False) or _is_behind(threading.current_thread()):
            return
        self._noting.now = True  # what `repr` does is ours
        self.seen.append((event, repr(arguments)))
        self._noting.now = False


def _is_behind(thread: threading.Thread) -> bool:
    """Pools that work for a request are not: reviews, the tries of a credential, asgiref's."""
    doing = getattr(thread, "_target", None)
    return thread.name.startswith(BEHIND) or getattr(doing, "__module__", "").startswith("tests.")


_watched = Watched()


@contextmanager
def watched() -> Iterator[Watched]:
    """Of this process within the block, in all threads that a request or a test may lead to."""
    _watched.seen = []
    _watched.on = True
    try:
        yield _watched
    finally:
        _watched.on = False
