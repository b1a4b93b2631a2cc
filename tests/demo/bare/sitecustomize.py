"""Import blocker: with this folder on PYTHONPATH, only the distributions of requirements.txt are importable.

What tests and checks need (requirements-dev.txt) is installed beside it, and cannot be imported.
"""

from __future__ import annotations

import importlib.metadata as installed
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[3] / "requirements.txt"
OPTIONAL = re.compile(r"extra\s*==")


def list_required() -> set[str]:
    """requirements.txt and what that requires, by their normal names."""
    found: set[str] = set()
    waiting = [line for line in REQUIREMENTS.read_text().splitlines() if line and line[0] not in "#-"]
    while waiting:
        name = normalize(re.match(r"[\w.-]+", waiting.pop())[0])
        if name in found:
            continue
        found.add(name)
        try:
            needs = installed.requires(name) or []
        except installed.PackageNotFoundError:
            continue  # for another system
        waiting += [one for one in needs if not OPTIONAL.search(one)]
    return found


def normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class ImportBlocker(MetaPathFinder):
    """Refuses what only other distributions bring."""

    def __init__(self) -> None:
        allowed = list_required()
        self.blocked = {
            module
            for module, names in installed.packages_distributions().items()
            if not {normalize(name) for name in names} & allowed
        }

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> None:
        if name.partition(".")[0] in self.blocked:
            raise ModuleNotFoundError(f"{name} is not of requirements.txt", name=name)


sys.meta_path.insert(0, ImportBlocker())
