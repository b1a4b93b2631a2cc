"""Canary registry: the secrets that tests know, and the search for them in texts and files.

Whoever makes a secret for a test plants it here; canary_watch.py, served.py and browser.py look for it.
"""

from __future__ import annotations

import base64
import html
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SHORTEST = 8  # characters; anything shorter stands everywhere
PEM_LINE = re.compile(r"[A-Za-z0-9+/=]{40,}")
# What is a secret in any log or database, known or not.
SECRET_PATTERNS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\\n]*[A-Za-z0-9+/=]{20}"),
    "a JSON Web Token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a bearer token": re.compile(r"\b[Bb]earer [A-Za-z0-9._~+/-]{16,}"),
    "a one-time link": re.compile(r"/invitations/[\w-]{32,}"),
}


@dataclass(frozen=True, repr=False)
class Canary:
    """A secret; `what` names it in a finding, which never holds the secret itself."""

    what: str
    spellings: tuple[str, ...]
    is_shown: bool = False  # on pages, to who may see it: only logs and disks are searched for it

    def is_in(self, text: str) -> bool:
        return any(spelling in text for spelling in self.spellings)


@dataclass(frozen=True)
class Finding:
    what: str
    where: str
    test: str

    def __str__(self) -> str:
        return f"{self.what} stands in {self.where} (during {self.test})"


findings: list[Finding] = []
_planted: dict[str, Canary] = {}


def plant(what: str, secret: str, *, is_shown: bool = False) -> str:
    """From now on nothing may hold this secret; returns it."""
    if len(secret) >= SHORTEST and secret not in _planted:
        _planted[secret] = Canary(what, list_spellings(secret), is_shown)
    return secret


def canary(what: str, secret: str) -> Canary:
    return Canary(what, list_spellings(secret))


def list_planted() -> tuple[Canary, ...]:
    return tuple(_planted.values())


def list_spellings(secret: str) -> tuple[str, ...]:
    """As it is, in base64, in a URL and in HTML; a PEM text by two of its lines, however they are joined."""
    if "PRIVATE KEY-----" in secret:
        lines = PEM_LINE.findall(secret.partition("PRIVATE KEY-----")[2])
        if lines:
            return tuple(lines[1:3] or lines)
    packed = base64.b64encode(secret.encode()).decode().rstrip("=")
    return tuple(dict.fromkeys([secret, packed[:-1], quote(secret), html.escape(secret)]))


def find_canaries(text: str, canaries: Iterable[Canary]) -> list[str]:
    """What of them stands in the text, by name."""
    return [one.what for one in canaries if one.is_in(text)]


def find_secret_patterns(text: str) -> list[str]:
    return [what for what, shape in SECRET_PATTERNS.items() if shape.search(text)]


def report(what: Iterable[str], where: str) -> None:
    """Note a finding; the test that runs, or the fixture that ends, fails for it."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0] or "the run"
    findings.extend(Finding(one, where, test) for one in what)


def check_text(text: str, where: str) -> None:
    """Report each planted secret in what a person, a browser or a server was given."""
    report(find_canaries(text, [one for one in list_planted() if not one.is_shown]), where)


def check_log(text: str, where: str) -> None:
    """A log holds neither a planted secret nor anything that has the shape of one."""
    report([*find_canaries(text, list_planted()), *find_secret_patterns(text)], where)


def check_folder(folder: Path) -> None:
    """Logs and databases of a dashboard that has ended: tokens and passwords are on no disk in the clear."""
    for path in sorted(folder.glob("*.log")):
        check_log(path.read_text(errors="replace"), path.name)
    at_rest = [one for one in list_planted() if not one.what.startswith("session of")]  # a session is a row
    for path in sorted(folder.glob("*.sqlite3*")):
        text = path.read_bytes().decode("latin-1")
        report([*find_canaries(text, at_rest), *find_secret_patterns(text)], path.name)


def assert_no_findings() -> None:
    """AssertionError with everything that was found since the last check."""
    found, findings[:] = list(dict.fromkeys(findings)), []
    assert not found, "A secret got out:\n" + "\n".join(str(one) for one in found)
