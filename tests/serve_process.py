"""Serve process: `manage.py serve` on a port and a data folder of its own, with what it has said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.program import PATIENCE, ROOT, Program

PRODUCTION = {
    "QUARTERDECK_MODE": "production",
    "QUARTERDECK_SECRET_KEY": "0123456789abcdef" * 4,
    "QUARTERDECK_SEALING_KEYS": "YSBrZXkgb2YgYSB0ZXN0LCBvZiAzMiBieXRlcyBhbGw=",
    "QUARTERDECK_PUBLIC_URL": "http://localhost:8000",
}


class ServeProcess(Program):
    """A running `manage.py serve` and what it has said."""

    def __init__(self, folder: Path, *, program: Path = ROOT, **environment: str) -> None:
        port = () if "QUARTERDECK_LISTEN" in environment else ("--port", "0")
        super().__init__(
            ["manage.py", "serve", *port], build_environment(folder, **environment), folder=program
        )

    def url(self) -> str:
        return self.wait_for(r"Quarterdeck is running at (http://127\.0\.0\.1:\d+)/")[1]


@contextmanager
def run_server(folder: Path, *, program: Path = ROOT, **environment: str) -> Iterator[ServeProcess]:
    server = ServeProcess(folder, program=program, **environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate(timeout=PATIENCE)


def build_environment(folder: Path, **environment: str) -> dict[str, str]:
    """The surroundings of such a process: those of the tests without anything of Quarterdeck's."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("QUARTERDECK_", "DATABASE_"))
    }
    return {**clean, "QUARTERDECK_DATA": str(folder), **environment}
