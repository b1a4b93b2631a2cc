"""How are all tests run? In two halves beside each other; named ones in one run. (`make test`, `make test ARGS=...`)"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from tests.halves import BROWSING, OTHER

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """pytest's exit code; the worse of both. One half is shown while it runs, the other's words when it has ended."""
    if arguments:
        os.chdir(ROOT)
        os.execv(sys.executable, command(*arguments))
    with tempfile.TemporaryFile() as kept:
        beside = start(OTHER, kept)
        shown = start(BROWSING, None)
        try:
            codes = [shown.wait(), beside.wait()]
        finally:
            for one in (shown, beside):
                if one.poll() is None:
                    one.terminate()
                    one.wait()
            kept.seek(0)
            sys.stdout.flush()
            sys.stdout.buffer.write(b"\n" + kept.read())
            sys.stdout.flush()
    for half, code in zip((BROWSING, OTHER), codes, strict=True):
        print(f"The half {half!r} ended with {code}.")
    return max(codes)


def start(half: str, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(f"--half={half}"), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT if output else None
    )


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
