"""Parser of ARCHITECTURE.md: packages in their order, their folders, and where to begin.

A floor is a heading `## name/`, a room a row of the table below it, topmost first. Its cells: paths of the
code, the question, the URL, then names under templates/, static/, tests/ and docs/, each in backticks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "ARCHITECTURE.md"
LAYERS = ("dashboard", "clusters", "people")  # from the top
COLUMNS = ("room", "question", "url", "templates", "static", "tests", "docs")
_NAMES = re.compile(r"`([^`]+)`")
_TASK = re.compile(r"^- .+ -> `[^`]+`")


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
    """`rooms` from the top of the house to its ground; `wants` are the paths that `->` points at."""

    packages: tuple[Package, ...]
    tasks: tuple[str, ...]

    def find_package(self, path: str) -> int | None:
        """The position of the room that a file belongs to: the one with the longest path that holds it."""
        best, found = "", None
        for position, room in enumerate(self.packages):
            for own in room.paths:
                if (path == own or (own.endswith("/") and path.startswith(own))) and len(own) > len(best):
                    best, found = own, position
        return found


def read_map(text: str) -> ArchitectureMap:
    """Raises MapError where a floor, a cell or a question is missing, or nothing points anywhere."""
    floor, rooms, wants, floors = "", [], [], []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            floor = next((name for name in LAYERS if line.startswith(f"## {name}/")), "")
            floors += [floor] if floor else []
        elif floor and line.startswith("| `"):
            rooms.append(_parse_package(floor, line, number))
        elif _TASK.match(line):
            wants += _NAMES.findall(line.rpartition(" -> ")[2])
    if tuple(floors) != LAYERS:
        raise MapError(f"the floors are {floors}, not {list(LAYERS)} from the top")
    for name in LAYERS:
        if not any(room.floor == name for room in rooms):
            raise MapError(f"the floor {name}/ has no room")
    if len(wants) < 10:
        raise MapError("fewer than ten lines say which file to open for what")
    return ArchitectureMap(tuple(rooms), tuple(wants))


def _parse_package(floor: str, line: str, number: int) -> Package:
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if len(cells) != len(COLUMNS):
        raise MapError(f"line {number} has {len(cells)} cells, not {len(COLUMNS)}")
    if not cells[1].endswith("?"):
        raise MapError(f"line {number}: {cells[1]!r} is no question")
    names = [tuple(_NAMES.findall(cell)) for cell in cells]
    if not all(path.startswith(f"{floor}/") for path in names[0]):
        raise MapError(f"line {number}: a room of {floor}/ has a path outside it")
    return Package(floor, names[0], cells[1], names[2], names[3], names[4], names[5], names[6])
