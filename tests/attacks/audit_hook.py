"""Audit hook: processes, files and connections of Python within a block, from sys.addaudithook."""

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
# Threads of the background: feeds, counts and the audit trail of earlier tests, and the tests' own servers.
BACKGROUND_THREADS = ("hub", "counting", "audit", "storage", "audit-pages", "lookup_")


class AuditHook:
    """The hook cannot be taken away again, so there is one, which is off most of the time."""

    def __init__(self) -> None:
        self.is_recording = False
        self.events: list[tuple[str, str]] = []
        self._busy = threading.local()
        sys.addaudithook(self._record_event)

    def select(self, *kinds: tuple[str, ...]) -> list[str]:
        """What was seen of these kinds, each with its arguments."""
        starts = tuple(start for kind in kinds for start in kind)
        return [f"{event} {arguments}" for event, arguments in self.events if event.startswith(starts)]

    def _record_event(self, event: str, arguments: tuple[object, ...]) -> None:
        if (
            not self.is_recording
            or getattr(self._busy, "now", False)
            or _is_background(threading.current_thread())
        ):
            return
        self._busy.now = True  # what `repr` does is ours
        self.events.append((event, repr(arguments)))
        self._busy.now = False


def _is_background(thread: threading.Thread) -> bool:
    """Pools that work for a request are not: reviews, the tries of a credential, asgiref's."""
    doing = getattr(thread, "_target", None)
    return thread.name.startswith(BACKGROUND_THREADS) or getattr(doing, "__module__", "").startswith("tests.")


_hook = AuditHook()


@contextmanager
def record_events() -> Iterator[AuditHook]:
    """Of this process within the block, in all threads that a request or a test may lead to."""
    _hook.events = []
    _hook.is_recording = True
    try:
        yield _hook
    finally:
        _hook.is_recording = False
