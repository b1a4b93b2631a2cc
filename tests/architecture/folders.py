"""Folder graph: which folders of the product import each other, its cycles, and folders with many modules."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePath

from tests.architecture.imports import PRODUCT, list_imports, list_product_files

LARGE_FOLDER = 20  # modules; a folder with more has a reason in test_folders.py

# For each folder the folders that it imports, each with one example: `file:line imports file`.
FolderGraph = dict[str, dict[str, str]]


def build_folder_graph(root: Path) -> FolderGraph:
    """Imports anywhere in a file count, those for type checking included; migrations are left out."""
    graph: FolderGraph = defaultdict(dict)
    for file in list_product_files(root):
        for one in list_imports(root, file):
            own, target = str(PurePath(file).parent), str(PurePath(one.target).parent)
            is_ours = one.target.endswith(".py") and one.target.split("/")[0] in PRODUCT
            if is_ours and own != target:
                graph[own].setdefault(target, f"{file}:{one.line} imports {one.target}")
    return dict(graph)


def find_cycles(graph: FolderGraph) -> list[str]:
    """A sentence for each pair of folders on a cycle: an import from which a path leads back."""
    return [
        f"{example}: {target} leads back to {folder}"
        for folder, targets in sorted(graph.items())
        for target, example in sorted(targets.items())
        if _is_reachable(graph, target, folder)
    ]


def _is_reachable(graph: FolderGraph, start: str, end: str) -> bool:
    seen, unvisited = {start}, [start]
    while unvisited:
        for folder in graph.get(unvisited.pop(), {}):
            if folder == end:
                return True
            if folder not in seen:
                seen.add(folder)
                unvisited.append(folder)
    return False


def find_large_folders(root: Path, tops: tuple[str, ...]) -> list[str]:
    """Folders with more than LARGE_FOLDER modules directly in them; `__init__.py` is none."""
    found = []
    for folder in sorted({path.parent for top in tops for path in (root / top).rglob("*.py")}):
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if len(modules) > LARGE_FOLDER and folder.name != "migrations":
            found.append(str(folder.relative_to(root)))
    return found
