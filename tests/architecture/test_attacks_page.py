"""Security documentation: every class of attack is listed with its tests, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.architecture_map import ROOT

PAGE, FOLDER = ROOT / "docs" / "security.md", ROOT / "tests" / "attacks"
# Those that this version has something to say about; the numbers are those of the classes, not of the rows.
CLASSES = {1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 14, 15, 17, 18, 19, 20, 22, 24, 25, 26, 27, 28, 29, 30, 32, 33}
CLASSES |= {39, 40, 41, 42}  # foreign input
CLASSES |= {35, 36, 37, 38}  # stored credentials
CLASSES |= {43, 44, 45, 46}  # the audit trail, and who is who
CLASSES |= {47, 48, 49, 50}  # budgets
ROW = re.compile(r"^\| (?:(\d+) )?([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
FILE = re.compile(r"`((?:tests/)?[\w/]+\.py)`")
CLASS_FILE = re.compile(r"test_class_(\d\d)_\w+\.py")


def parse_rows(text: str) -> list[tuple[int, str, list[str]]]:
    """Class (0 where a row has none), its name, the test files of its last cell."""
    table = text.partition("| Class | Defense | Test in `tests/attacks/` |")[2].partition("\n\n")[0]
    return [
        (int(number or 0), name, FILE.findall(files)) for number, name, _defence, files in ROW.findall(table)
    ]


def test_every_class_has_a_row_with_a_test() -> None:
    found = parse_rows(PAGE.read_text())
    numbers = [number for number, _name, _files in found if number]
    assert sorted(numbers) == sorted(CLASSES), "a class is missing from the table, or stands in it twice"
    assert [name for _number, name, files in found if not files] == []


def test_every_file_of_the_table_is_there_and_of_its_class() -> None:
    wrong = []
    for number, name, files in parse_rows(PAGE.read_text()):
        for file in files:
            path = ROOT / file if "/" in file else FOLDER / file
            of = CLASS_FILE.fullmatch(path.name)
            if not path.exists() or (of is not None and int(of[1]) != number):
                wrong.append(f"{number} {name}: {file}")
    assert wrong == []


def test_every_test_of_attacks_is_in_the_table() -> None:
    named = {Path(file).name for _number, _name, files in parse_rows(PAGE.read_text()) for file in files}
    there = {path.name for path in FOLDER.glob("test_*.py")}
    assert there - named == set()


def test_every_class_has_a_test_file_of_its_own() -> None:
    there = {int(found[1]) for path in FOLDER.iterdir() if (found := CLASS_FILE.fullmatch(path.name))}
    assert there == CLASSES


def test_what_the_table_says_of_the_code_is_there() -> None:
    table = PAGE.read_text().partition("| Class | Defense | Test in")[2].partition("\n\n")[0]
    missing = [file for file in re.findall(r"`([a-z]+/[\w/]+\.py)`", table) if not (ROOT / file).exists()]
    assert missing == []
