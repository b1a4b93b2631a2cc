"""Program runner: a command of ours as in a terminal: output, Ctrl+C, and exit code."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds


class Program:
    """A command of this project's Python in the project's folder, or another one, and what it has said."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], *, folder: Path = ROOT, **options: Any
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=_restore_sigint,  # noqa: PLW1509 - no thread of ours runs here
            **options,
        )
        self.output = ""

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match in what it says."""
        until = time.monotonic() + PATIENCE
        assert self.process.stdout is not None
        while not (match := re.search(pattern, self.output)):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, until - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert chunk, f"{pattern} was not said: {self.output}"
            self.output += chunk.decode()
        return match

    def end(self, number: int = signal.SIGINT) -> int:
        """Its return code; all that it printed is in `output`."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.output += rest.decode()
        return int(self.process.returncode)


def _restore_sigint() -> None:
    """A shell's background job, and all that it starts, ignores SIGINT unless configured otherwise."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
