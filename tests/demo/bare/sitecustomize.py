"""Import blocker: with this folder on PYTHONPATH, only the distributions of requirements.txt are importable.

What tests and checks need (requirements-dev.txt) is installed beside it, and cannot be imported.
"""

from __future__ import annotations

import importlib.metadata as installed
import re
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

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


class ImportBlocker:
    """Finds what `finder` finds, except what only other distributions bring: that is not installed."""

    def __init__(self, finder: type[PathFinder]) -> None:
        self.finder = finder
        allowed = list_required()
        self.blocked = {
            module
            for module, names in installed.packages_distributions().items()
            if not {normalize(name) for name in names} & allowed
        }

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return None if name.partition(".")[0] in self.blocked else self.finder.find_spec(name, path, target)

    def __getattr__(self, name: str) -> Any:
        """Find distributions and drop caches as `finder` does."""
        return getattr(self.finder, name)


sys.meta_path[:] = [ImportBlocker(one) if one is PathFinder else one for one in sys.meta_path]
