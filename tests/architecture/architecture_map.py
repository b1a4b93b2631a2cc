"""Parser of ARCHITECTURE.md: packages in their order, their folders, and where to find things.

A layer is a heading `## name/`, a package a row of the table below it, topmost first. Its cells: paths of the
code, what it contains, the URL, then names under templates/, static/, tests/ and docs/, each in backticks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "ARCHITECTURE.md"
LAYERS = ("dashboard", "clusters", "people")  # from the top
COLUMNS = ("package", "purpose", "url", "templates", "static", "tests", "docs")
_NAMES = re.compile(r"`([^`]+)`")
_TASK = re.compile(r"^- .+ -> `[^`]+`")
_STATEMENT = re.compile(r"[A-Z].*[^?.!]")


class MapError(Exception):
    """The map does not parse; the text names the line."""


@dataclass(frozen=True)
class Package:
    """`paths` are folders (ending in `/`) and files; the rest are names in backticks of each cell."""

    layer: str
    paths: tuple[str, ...]
    purpose: str
    urls: tuple[str, ...]
    templates: tuple[str, ...]
    static: tuple[str, ...]
    tests: tuple[str, ...]
    docs: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.paths[0]


@dataclass(frozen=True)
class ArchitectureMap:
    """`packages` from the top of the page to its end; `tasks` are the paths that `->` points at."""

    packages: tuple[Package, ...]
    tasks: tuple[str, ...]

    def find_package(self, path: str) -> int | None:
        """The position of the package that a file belongs to: the one with the longest path that contains it."""
        best, found = "", None
        for position, package in enumerate(self.packages):
            for own in package.paths:
                if (path == own or (own.endswith("/") and path.startswith(own))) and len(own) > len(best):
                    best, found = own, position
        return found

    def list_paths(self) -> list[str]:
        return [path for package in self.packages for path in package.paths]


def read_map(text: str) -> ArchitectureMap:
    """Raises MapError if a layer, a cell or a purpose is missing, or if nothing says where to find things."""
    layer, packages, tasks, layers = "", [], [], []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            layer = next((name for name in LAYERS if line.startswith(f"## {name}/")), "")
            layers += [layer] if layer else []
        elif layer and line.startswith("| `"):
            packages.append(_parse_package(layer, line, number))
        elif _TASK.match(line):
            tasks += _NAMES.findall(line.rpartition(" -> ")[2])
    if tuple(layers) != LAYERS:
        raise MapError(f"the layers are {layers}, not {list(LAYERS)} from the top")
    for name in LAYERS:
        if not any(package.layer == name for package in packages):
            raise MapError(f"the layer {name}/ has no package")
    if len(tasks) < 10:
        raise MapError("fewer than ten lines say which file to open for what")
    return ArchitectureMap(tuple(packages), tuple(tasks))


def _parse_package(layer: str, line: str, number: int) -> Package:
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if len(cells) != len(COLUMNS):
        raise MapError(f"line {number} has {len(cells)} cells, not {len(COLUMNS)}")
    if not _STATEMENT.fullmatch(cells[1]):
        raise MapError(f"line {number}: {cells[1]!r} is no statement without a full stop")
    names = [tuple(_NAMES.findall(cell)) for cell in cells]
    if not all(path.startswith(f"{layer}/") for path in names[0]):
        raise MapError(f"line {number}: a package of {layer}/ has a path outside it")
    return Package(layer, names[0], cells[1], names[2], names[3], names[4], names[5], names[6])
