"""Child processes of the demo: start, read output, stop; none outlives its parent."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

TERM_SECONDS = 8.0  # until a process that was asked to end is killed
LOG_TAIL = 2000  # characters of a log that are shown


@dataclass(frozen=True)
class ChildMessage:
    """What happened: a line that a process said, or (None) that it ended; with "" as its name, a signal to us."""

    name: str
    line: str | None


MessageQueue = SimpleQueue[ChildMessage]  # its put() may be called by a signal's handler


class Child:
    """A program of ours in a session of its own, so that a terminal's Ctrl-C reaches it through us alone.

    Its standard input is a pipe that nobody else holds: when this process is gone, however that came about, it reads
    the end of it and ends as well. What it says on standard error lies in its log.
    """

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: Mapping[str, str],
        log: Path,
        messages: MessageQueue,
    ) -> None:
        self.name = name
        self._log = log
        self._messages = messages
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=Path(__file__).resolve().parent.parent,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                text=True,
            )
        threading.Thread(target=self._listen, daemon=True).start()

    def write_line(self, line: str) -> None:
        """Nothing where it is gone: that it ended is heard anyway."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def terminate(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> None:
        """It is gone when this returns."""
        self.terminate()
        try:
            self._process.wait(TERM_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def log_tail(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-LOG_TAIL:].strip()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        for line in self._process.stdout:
            self._messages.put(ChildMessage(self.name, line.rstrip("\n")))
        self._process.wait()
        self._messages.put(ChildMessage(self.name, None))
