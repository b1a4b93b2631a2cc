"""Test runner: all tests in three parallel parts, selected ones in one (`make test`, `make test ARGS=...`)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from tests.parts import BROWSING, PARTS

ROOT = Path(__file__).resolve().parent.parent
SHOWN = BROWSING


def main(arguments: list[str]) -> int:
    """pytest's exit code; the worst of all. One part is shown while it runs, the others' words when all have ended."""
    if arguments:
        os.chdir(ROOT)
        os.execv(sys.executable, command(*arguments))
    with ExitStack() as stack:
        kept = {part: stack.enter_context(tempfile.TemporaryFile()) for part in PARTS if part != SHOWN}
        running = {part: start(part, kept.get(part)) for part in PARTS}
        try:
            codes = {part: one.wait() for part, one in running.items()}
        finally:
            for one in running.values():
                if one.poll() is None:
                    one.terminate()
                    one.wait()
            for words in kept.values():
                tell(words)
    for part, code in codes.items():
        print(f"The part {part!r} ended with {code}.")
    return max(abs(code) for code in codes.values())  # a signal that ended one is negative


def start(part: str, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(f"--part={part}"), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT if output else None
    )


def tell(words: IO[bytes]) -> None:
    """What a part said that was not shown."""
    words.seek(0)
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\n" + words.read())
    sys.stdout.flush()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
