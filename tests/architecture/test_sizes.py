"""Size limits of files and functions, and a docstring for every module that is a statement."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.architecture_map import ROOT
from tests.architecture.committed_files import list_own

LONGEST_FILE = 400  # lines; 300 is the guide
LONGEST_FUNCTION = 60  # lines; 30 is the guide

# Each with the reason why it reads better in one piece.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}  # "path:name"


def find_long_files(root: Path, files: list[str]) -> list[str]:
    return [file for file in files if len((root / file).read_text().splitlines()) > LONGEST_FILE]


def find_long_functions(root: Path, files: list[str]) -> list[str]:
    found = []
    for file in files:
        for node in ast.walk(ast.parse((root / file).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                if (node.end_lineno or first) - first + 1 > LONGEST_FUNCTION:
                    found.append(f"{file}:{node.name}")
    return found


def find_missing_docstrings(root: Path, files: list[str]) -> list[str]:
    """Python files that do not begin with their docstring; empty ones, and a first `#!`, are no fault."""
    found = []
    for file in files:
        text = (root / file).read_text()
        if text.startswith("#!"):
            text = text.partition("\n")[2]
        if text.strip() and not text.startswith('"""'):
            found.append(file)
    return found


def find_questions(root: Path, files: list[str]) -> list[str]:
    """Python files whose docstring begins with a question."""
    found = []
    for file in files:
        first = (ast.get_docstring(ast.parse((root / file).read_text())) or "").partition("\n")[0]
        if re.match(r"[^.:!]*\?(?:\s|$)", first) or first.rstrip().endswith("?"):
            found.append(file)
    return found


def find_unexplained(exceptions: dict[str, str]) -> list[str]:
    return [what for what, reason in exceptions.items() if len(reason) <= 20]


def test_it_has_no_file_beyond_the_wall() -> None:
    assert sorted(find_long_files(ROOT, list_own(".py", ".js", ".css", ".html"))) == sorted(LONG_FILES)


def test_it_has_no_function_beyond_the_wall() -> None:
    assert sorted(find_long_functions(ROOT, list_own(".py"))) == sorted(LONG_FUNCTIONS)


def test_it_has_a_reason_for_every_exception() -> None:
    assert find_unexplained(LONG_FILES | LONG_FUNCTIONS) == []


def test_it_sees_an_exception_without_a_reason() -> None:
    exceptions = {"a.py": "", "b.py": "it is long", "c.py": "one table, read from the top"}
    assert find_unexplained(exceptions) == ["a.py", "b.py"]


def test_every_file_begins_with_a_docstring() -> None:
    assert find_missing_docstrings(ROOT, list_own(".py")) == []
    scripts = list_own(".js", ".css")
    assert [file for file in scripts if not (ROOT / file).read_text().startswith("/*")] == []


def test_every_docstring_of_a_module_is_a_statement() -> None:
    assert find_questions(ROOT, list_own(".py")) == []


def test_it_sees_what_is_too_long(tmp_path: Path) -> None:
    body = "    pass\n"
    (tmp_path / "file.py").write_text("x = 1\n" * (LONGEST_FILE + 1))
    (tmp_path / "fine.py").write_text('"""Limits."""\n' + "x = 1\n" * (LONGEST_FILE - 1))
    (tmp_path / "function.py").write_text("async def f():\n" + body * LONGEST_FUNCTION)
    (tmp_path / "decorated.py").write_text("@one\ndef g():\n" + body * (LONGEST_FUNCTION - 2))
    files = ["file.py", "fine.py", "function.py", "decorated.py"]
    assert find_long_files(tmp_path, files) == ["file.py"]
    assert find_long_functions(tmp_path, files) == ["function.py:f"]
    assert find_missing_docstrings(tmp_path, files) == ["file.py", "function.py", "decorated.py"]


def test_it_sees_a_question(tmp_path: Path) -> None:
    texts = {
        "asks.py": "What is kept?",
        "asks_first.py": "What is kept? Rows, and their hashes.",
        "asks_last.py": "Rows: which of them are kept?",
        "states.py": "Rows: what is kept of them.\n\nWhy? Because of the chain.",
        "selects.py": "Query `?cluster=` of an address.",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(f'"""{text}\n"""\n')
    (tmp_path / "empty.py").write_text("")
    assert find_questions(tmp_path, [*texts, "empty.py"]) == ["asks.py", "asks_first.py", "asks_last.py"]
