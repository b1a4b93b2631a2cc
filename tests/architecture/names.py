"""Names that a file defines: its module, classes, functions, parameters, constants and attributes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Name:
    """`what` is one of module, class, function, parameter, attribute, constant; `line` is 0 for a module."""

    what: str
    name: str
    line: int


def split_name(name: str) -> list[str]:
    """The parts of a snake_case or CamelCase name, in lower case: `AuditTrailRow` -> audit, trail, row."""
    return [part.lower() for part in _PART.findall(name)]


def list_names(path: str, source: str) -> list[Name]:
    """Every name that the file defines; locals are left out, and the folder counts as a name of `__init__.py`."""
    file = PurePath(path)
    found = [Name("module", file.parent.name if file.stem == "__init__" else file.stem, 0)]
    tree = ast.parse(source, filename=path)
    found += _list_assigned(tree, "constant")
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found += [Name("class", node.name, node.lineno), *_list_assigned(node, "attribute")]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found += [Name("function", node.name, node.lineno), *_list_parameters(node.args)]
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
            found.append(Name("attribute", node.attr, node.lineno))
    return found


def _list_assigned(node: ast.Module | ast.ClassDef, what: str) -> Iterator[Name]:
    """Names assigned or annotated directly in the body of a module or class."""
    for one in node.body:
        targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
        for target in targets:
            for part in ast.walk(target) if isinstance(target, ast.Name | ast.Tuple) else ():
                if isinstance(part, ast.Name):
                    yield Name(what, part.id, part.lineno)


def _list_parameters(arguments: ast.arguments) -> Iterator[Name]:
    starred = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred):
        yield Name("parameter", one.arg, one.lineno)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")
