"""Committed files: what git tracks, and what is about to be added."""

from __future__ import annotations

import subprocess

from tests.architecture.architecture_map import ROOT

TEXT = (".py", ".js", ".css", ".html", ".md", ".toml", ".txt", ".yaml", ".yml", ".svg", ".json", ".sh", "")


def list_committed(*endings: str) -> list[str]:
    """Paths relative to the checkout that end in one of these; an unpacked archive without git has none."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found = [path for path in done.stdout.split("\0") if path and (ROOT / path).is_file()]
    return sorted({path for path in found if not endings or path.endswith(endings)})


def list_own(*endings: str) -> list[str]:
    """Without what others wrote (vendor/) and what a program writes (migrations/)."""
    return [path for path in list_committed(*endings) if not {"vendor", "migrations"} & set(path.split("/"))]
