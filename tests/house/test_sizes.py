"""Is every file and function small enough to read at once, and does every file say what it answers?"""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house.committed import own
from tests.house.floor_plan import ROOT

LONGEST_FILE = 400  # lines; 300 is the guide
LONGEST_FUNCTION = 60  # lines; 30 is the guide

# Each with the reason why it reads better in one piece.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}  # "path:name"


def long_files(root: Path, files: list[str]) -> list[str]:
    return [file for file in files if len((root / file).read_text().splitlines()) > LONGEST_FILE]


def long_functions(root: Path, files: list[str]) -> list[str]:
    found = []
    for file in files:
        for node in ast.walk(ast.parse((root / file).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                if (node.end_lineno or first) - first + 1 > LONGEST_FUNCTION:
                    found.append(f"{file}:{node.name}")
    return found


def without_a_question(root: Path, files: list[str]) -> list[str]:
    """Python files that do not begin with their docstring; empty ones, and a first `#!`, are no fault."""
    found = []
    for file in files:
        text = (root / file).read_text()
        if text.startswith("#!"):
            text = text.partition("\n")[2]
        if text.strip() and not text.startswith('"""'):
            found.append(file)
    return found


def test_it_has_no_file_beyond_the_wall() -> None:
    assert sorted(long_files(ROOT, own(".py", ".js", ".css", ".html"))) == sorted(LONG_FILES)


def test_it_has_no_function_beyond_the_wall() -> None:
    assert sorted(long_functions(ROOT, own(".py"))) == sorted(LONG_FUNCTIONS)


def without_a_reason(exceptions: dict[str, str]) -> list[str]:
    return [what for what, reason in exceptions.items() if len(reason) <= 20]


def test_it_has_a_reason_for_every_exception() -> None:
    assert without_a_reason(LONG_FILES | LONG_FUNCTIONS) == []


def test_it_sees_an_exception_without_a_reason() -> None:
    assert without_a_reason({"a.py": "", "b.py": "it is long", "c.py": "one table, read from the top"}) == [
        "a.py",
        "b.py",
    ]


def test_it_says_in_its_first_line_what_each_file_answers() -> None:
    assert without_a_question(ROOT, own(".py")) == []
    scripts = own(".js", ".css")
    assert [file for file in scripts if not (ROOT / file).read_text().startswith("/*")] == []


def test_it_sees_what_is_too_long(tmp_path: Path) -> None:
    body = "    pass\n"
    (tmp_path / "file.py").write_text("x = 1\n" * (LONGEST_FILE + 1))
    (tmp_path / "fine.py").write_text('"""Why?"""\n' + "x = 1\n" * (LONGEST_FILE - 1))
    (tmp_path / "function.py").write_text("async def f():\n" + body * LONGEST_FUNCTION)
    (tmp_path / "decorated.py").write_text("@one\ndef g():\n" + body * (LONGEST_FUNCTION - 2))
    files = ["file.py", "fine.py", "function.py", "decorated.py"]
    assert long_files(tmp_path, files) == ["file.py"]
    assert long_functions(tmp_path, files) == ["function.py:f"]
    assert without_a_question(tmp_path, files) == ["file.py", "function.py", "decorated.py"]
