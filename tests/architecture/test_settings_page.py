"""Settings documentation: docs/settings.md lists every variable with its default, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from dashboard import environment
from tests.architecture.architecture_map import ROOT
from tests.architecture.imports import list_product_files

PAGE = ROOT / "docs" / "settings.md"
READ_FUNCTIONS = {name for name in vars(environment) if not name.startswith("_") and name.islower()}
OURS_TO_SET = {  # nothing that a person sets
    "DJANGO_SETTINGS_MODULE",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "PATH",
    "PYTEST_CURRENT_TEST",
}
PREFIXES = {"TEST_ASSET_*": "tests/controlplane/binaries.py"}  # read by a name that is put together
_ROW = re.compile(r"^\| `([A-Z0-9_*]+)` \| (.*?) \|", re.M)


def list_variables(source: str) -> Iterator[tuple[str, object]]:
    """Each variable that the source reads, with its default where that is written beside it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and _is_environment_read(ast.unparse(node.func)):
            default = node.args[1] if len(node.args) > 1 else None
            yield _name(node.args[0], source), getattr(default, "value", None)
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield _name(node.slice, source), None


def _is_environment_read(function: str) -> bool:
    module, _dot, name = function.rpartition(".")
    return (module == "environment" and name in READ_FUNCTIONS) or function in ("os.environ.get", "os.getenv")


def _name(node: ast.expr, source: str) -> str:
    """A literal, or a constant of the same file."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    found = re.search(rf'^{re.escape(ast.unparse(node))} = "([A-Z_]+)"', source, re.M)
    return found[1] if found else ""


def list_read_variables(files: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for file in files:
        if file != "dashboard/environment.py":
            found.update(pair for pair in list_variables((ROOT / file).read_text()) if pair[0])
    return {name: default for name, default in found.items() if name not in OURS_TO_SET}


def parse_rows(heading: str) -> dict[str, str]:
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return dict(_ROW.findall(section))


def test_it_names_every_variable_of_the_product() -> None:
    assert len(READ_FUNCTIONS) > 5
    assert sorted(parse_rows("The product")) == sorted(list_read_variables(list_product_files(ROOT)))


def test_it_names_every_variable_of_the_tests() -> None:
    files = [str(path.relative_to(ROOT)) for path in Path(ROOT / "tests").rglob("*.py")]
    read = set(list_read_variables([file for file in files if not file.startswith("tests/architecture/")]))
    assert sorted(parse_rows("The tests")) == sorted(read | set(PREFIXES))
    for name, file in PREFIXES.items():
        assert f'"{name.rstrip("*")}"' in (ROOT / file).read_text()


def test_it_names_every_variable_of_the_demo() -> None:
    files = sorted((ROOT / "demo").rglob("*.py"))
    read = {name for file in files for name in re.findall(r'"(QUARTERDECK_DEMO_[A-Z]+)"', file.read_text())}
    assert len(read) > 3
    assert sorted(parse_rows("The demo")) == sorted(read)


def test_it_says_the_defaults_that_hold() -> None:
    shown = parse_rows("The product")
    wrong = {
        name: default
        for name, default in list_read_variables(list_product_files(ROOT)).items()
        if default and shown.get(name) != f"`{default}`"
    }
    assert wrong == {}


def test_it_sees_a_variable_however_it_is_read() -> None:
    source = (
        'NAME = "FOUR"\nenvironment.text("ONE")\nenvironment.number("TWO", 2, least=1)\n'
        'os.environ.get("THREE")\nos.environ[NAME]\ntext("NOT")\n'
    )
    assert dict(list_variables(source)) == {"ONE": None, "TWO": 2, "THREE": None, "FOUR": None}
