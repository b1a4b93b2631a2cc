"""Names in the code: no retired word in a module, class, function, parameter, constant or attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache

import pytest

from tests.architecture.architecture_map import ROOT
from tests.architecture.committed_files import list_own
from tests.architecture.imports import OURS
from tests.architecture.names import Name, list_names, split_name
from tests.architecture.retired import ALLOWED_NAMES, RETIRED_NAMES

RETIRED = [(re.compile(rf"(?<!\w)(?:{words})(?!\w)"), use) for words, use in RETIRED_NAMES.items()]


@cache
def collect_names() -> dict[str, list[Name]]:
    """Each Python file of ours with the names that it defines."""
    files = [path for path in list_own(".py") if path.split("/")[0] in OURS]
    return {path: list_names(path, (ROOT / path).read_text()) for path in files}


def find_retired(name: Name) -> Iterator[tuple[str, str]]:
    """The retired words of a name, without what it names, each with what to write instead."""
    text = " ".join([name.what, *split_name(name.name)])
    for pattern, use in RETIRED:
        for found in pattern.finditer(text):
            yield found[0].removeprefix(f"{name.what} "), use


def list_retired() -> Iterator[tuple[str, Name, str, str]]:
    """File, name, word and what to write instead, for each retired word in a name."""
    for path, names in collect_names().items():
        for name in names:
            for word, use in find_retired(name):
                yield path, name, word, use


def find_reason(path: str, word: str) -> tuple[str, str] | None:
    """The key of ALLOWED_NAMES that allows the word there."""
    return next((key for key in ALLOWED_NAMES if fnmatch(path, key[0]) and fnmatch(word, key[1])), None)


def test_it_finds_names_of_every_kind() -> None:
    found = collect_names()
    assert len(found) > 600
    for path, what, name in (
        ("clusters/gateway/hub.py", "class", "Hub"),
        ("clusters/models.py", "attribute", "sealed"),
        ("dashboard/settings.py", "constant", "SEALING_KEYS"),
        ("people/audit/time_range.py", "module", "time_range"),
        ("tests/conftest.py", "module", "conftest"),
        ("tests/simulated_cluster.py", "function", "simulated_cluster"),
    ):
        assert any((one.what, one.name) == (what, name) for one in found[path]), (path, name)


def test_no_name_has_a_retired_word() -> None:
    wrong = [
        f"{path}:{name.line}: {name.what} {name.name}: not “{word}” but {use}"
        for path, name, word, use in list_retired()
        if find_reason(path, word) is None
    ]
    assert wrong == []


def test_every_exception_is_needed() -> None:
    used = {find_reason(path, word) for path, _name, word, _use in list_retired()}
    assert [key for key in ALLOWED_NAMES if key not in used] == []
    assert all(len(reason) > 15 for reason in ALLOWED_NAMES.values())


@pytest.mark.parametrize(
    ("path", "source", "found"),
    [
        ("a/desk.py", "", ["desk"]),
        ("a/house/__init__.py", "", ["house"]),
        ("a/trail.py", "class TrailPage:\n    pass", ["trail", "trail"]),
        ("a/audit_trail.py", "class AuditTrailPage: ...\ndef read_audit_trail(): ...", []),
        ("a/x.py", "class Line: ...\nclass LogLine: ...\ndef line(): ...", ["line"]),
        (
            "a/x.py",
            "def add(self, place, *asked, cast=1, **wishes): ...",
            ["place", "cast", "asked", "wishes"],
        ),
        (
            "a/x.py",
            "async def is_told(): ...\ndef replace(): ...\ndef test_it_renews_in_place(): ...",
            ["told"],
        ),
        (
            "a/x.py",
            "class X:\n    standing: str\n    deed = 1\n    MOMENTS, other = 1, 2",
            ["standing", "deed", "moments"],
        ),
        ("a/x.py", "class X:\n    def f(self):\n        self.wanted, trail = 1, 2", ["wanted"]),
        ("a/x.py", "ENDED = 1\nis_ended = 2\nround_trip = round(1)\nROUND: int = 1", ["ended", "round"]),
        ("a/x.py", "def f():\n    trail = 1\n    return trail.deed", []),
    ],
)
def test_it_sees_a_retired_word(path: str, source: str, found: list[str]) -> None:
    words = [word for name in list_names(path, source) for word, _use in find_retired(name)]
    assert sorted(words) == sorted(found)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("AuditTrailRow", ["audit", "trail", "row"]),
        ("_HTTPReader2", ["http", "reader", "2"]),
        ("SEALING_KEYS", ["sealing", "keys"]),
        ("test_it_seals", ["test", "it", "seals"]),
        ("WebSocketURL", ["web", "socket", "url"]),
    ],
)
def test_it_splits_names(name: str, parts: list[str]) -> None:
    assert split_name(name) == parts
