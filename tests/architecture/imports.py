"""Import scanner: which of our own files a file imports, from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OURS = ("people", "clusters", "dashboard", "simulator", "demo", "tests", "bench")
PRODUCT = ("people", "clusters", "dashboard")
DYNAMIC_IMPORTS = ("import_module", "__import__")


@dataclass(frozen=True)
class Import:
    """`target` is a file of ours, or a module's name where it is no file of ours; `line` of the importer."""

    importer: str
    line: int
    target: str
    is_relative: bool


def list_product_files(root: Path) -> list[str]:
    """All Python files of the three layers, relative to `root`; migrations follow their models."""
    files = [path.relative_to(root) for name in PRODUCT for path in (root / name).rglob("*.py")]
    return sorted(str(path) for path in files if "migrations" not in path.parts)


def list_imports(root: Path, file: str) -> Iterator[Import]:
    """Every import of the file, wherever it stands in it."""
    for node in ast.walk(ast.parse((root / file).read_text(), filename=file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, _find_file(root, alias.name) or alias.name, is_relative=False)
        elif isinstance(node, ast.ImportFrom):
            module = _resolve_module(file, node)
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                target = _find_file(root, whole) or _find_file(root, module) or module
                yield Import(file, node.lineno, target, is_relative=node.level > 0)
        elif isinstance(node, ast.Call) and _get_call_name(node) in DYNAMIC_IMPORTS:
            yield Import(file, node.lineno, f"{_get_call_name(node)}()", is_relative=False)


def _resolve_module(file: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = file.split("/")[:-1]
    above = package[: len(package) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _find_file(root: Path, module: str) -> str | None:
    """The file of a module of ours; None where it is another's, or a name inside a module."""
    if module.partition(".")[0] not in OURS:
        return None
    path = module.replace(".", "/")
    for candidate in (f"{path}.py", f"{path}/__init__.py"):
        if (root / candidate).is_file():
            return candidate
    return None


def _get_call_name(node: ast.Call) -> str:
    return str(getattr(node.func, "id", None) or getattr(node.func, "attr", ""))
