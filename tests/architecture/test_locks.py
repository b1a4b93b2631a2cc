"""Lock files: all that is installed has an exact version and hashes, and nothing is installed without them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("requirements", "requirements-replicas", "requirements-dev", "requirements-audit")
MINIMUM = {"requirements-audit": 0}  # one program; the others have more than ten lines
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(?P<version>[^\s;#]+)")
LOCKED = re.compile(
    rf"{PIN.pattern}(?: ; [^\\]+)? \\\n(?P<hashes>(?:    --hash=sha256:[0-9a-f]{{64}}(?: \\)?\n)+)"
)
INSTALL = re.compile(r"pip install [^`\"\n]*-r [^`\"\n ]+")


def normalize(name: str) -> str:
    """As PEP 503 has it: `zope.interface` and `zope-interface` are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pins(path: Path) -> set[tuple[str, str]]:
    """Names and versions of a file and of those that it includes; fails on a line that is no exact pin."""
    found: set[tuple[str, str]] = set()
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            found |= read_pins(path.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            pin = PIN.match(line)
            assert pin, f"{path.name}: {line} is no exact version"
            found.add((normalize(pin["name"]), pin["version"]))
    return found


def read_lock(text: str) -> set[tuple[str, str]]:
    """Names and versions; fails on a line that is neither a comment, a version nor a hash."""
    body = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    assert LOCKED.sub("", body) == ""
    return {(normalize(one["name"]), one["version"]) for one in LOCKED.finditer(body)}


@pytest.mark.parametrize("name", NAMES)
def test_each_lock_has_hashes_and_all_that_is_required(name: str) -> None:
    required = read_pins(ROOT / f"{name}.txt")
    locked = read_lock((ROOT / f"{name}.lock").read_text())
    assert len(required) > MINIMUM.get(name, 10)
    assert required <= locked


def test_it_sees_what_has_no_hash() -> None:
    with pytest.raises(AssertionError):
        read_lock("django==5.2.19\nrequests==2.34.2 \\\n    --hash=sha256:" + "0" * 64 + "\n")


def test_the_locks_agree() -> None:
    """What a server has is what was tested."""
    tested = read_lock((ROOT / "requirements-dev.lock").read_text())
    assert read_lock((ROOT / "requirements.lock").read_text()) <= tested
    assert read_lock((ROOT / "requirements-replicas.lock").read_text()) <= tested


def test_nothing_is_installed_without_hashes() -> None:
    places = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "dashboard").rglob("*.py")]
    commands = [found for path in places for found in INSTALL.findall(path.read_text())]
    assert len(commands) >= 3
    assert [one for one in commands if "--require-hashes" not in one or not one.endswith(".lock")] == []
    assert "--require-hashes" in (ROOT / "Makefile").read_text()
