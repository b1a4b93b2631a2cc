"""What a text loses or surprises with is said at its line; hostile texts are refused before they are built."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusters.changes.errors import UnreadableText
from clusters.changes.reading_yaml import LARGEST, read_documents
from clusters.changes.yaml_nodes import DEEPEST, MOST_NODES
from dashboard.objects import yaml_lines

SURPRISES = """\
a: no
b:
  - 0777
  - 1.10
  - ~
on: yes
c: "no"
d: {e: 12:30:45, f: 2026-11-30, g: 1.5, h: true, i: 7, j: null}
1_0: x
"""


def test_what_reads_otherwise_than_it_looks_is_remarked_at_its_line() -> None:
    (document,) = read_documents("# first\n---\n" + SURPRISES)
    assert [(one.line, one.message, one.path) for one in document.remarks] == [
        (3, "“no” reads as boolean false; quote it for text", ("a",)),
        (5, "“0777” reads as number 511; quote it for text", ("b", "0")),
        (6, "“1.10” reads as number 1.1; quote it for text", ("b", "1")),
        (7, "“~” reads as null; quote it for text", ("b", "2")),
        (8, "“on” as a key reads as “true”; quote it", ("true",)),
        (8, "“yes” reads as boolean true; quote it for text", ("true",)),
        (11, "“1_0” as a key reads as “10”; quote it", ("10",)),
    ]
    assert not any(one.is_error for one in document.remarks)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", 5),
        ("a: 1\nb: {on: 1,\n  true: 2}\n", 3),
        ("x: 1\n---\na: 1\n1: x\n'1': y\n", 5),
        ('{"a": 1,\n "b": {"c": 1,\n "c": 2}}', 3),
        ("a: &x {k: 1}\nb:\n  k: 2\n  <<: *x\n", 4),
        ("a: 1\n...\nb: 2\n", 3),
    ],
)
def test_what_is_lost_is_an_error_at_its_line(text: str, line: int) -> None:
    remarks = [one for document in read_documents(text) for one in document.remarks if one.is_error]
    assert [one.line for one in remarks] == [line]


def test_a_path_is_found_at_its_line_and_else_at_what_is_above() -> None:
    text = (
        "---\na: 1\n---\nspec:\n  replicas: 1\n  template:\n    containers:\n    - name: a\n      image: b\n"
    )
    document = read_documents(text)[1]
    assert document.find_line(("spec", "template", "containers", "0", "image")) == 9
    assert document.find_line(("spec", "replicas", "nothing")) == 5
    assert document.find_line(("status",)) == 4


def nest(levels: int, brackets: str) -> str:
    return "a: " + brackets[0] * levels + brackets[1] * levels


ALIASES = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
MERGES = "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: " + "x" * LARGEST, "3 MiB"),
        ("a: " + "é" * (LARGEST // 2), "3 MiB"),
        (nest(DEEPEST + 1, "[]"), "levels deep"),
        (nest(100_000, "[]"), "levels deep"),
        ('{"a": ' + "[" * 50_000 + "]" * 50_000 + "}", "levels deep"),
        ("a: &a0 [x]\n".replace("a:", "a0:") + ALIASES, "Aliases repeat"),
        ("a0: &a0 {}\n" + MERGES, "Aliases repeat"),
        ("- x\n" * (MOST_NODES + 1), "more than"),
        ("a: 1\n---\n" * 501, "documents"),
        ("a: &a [*a]", "contains itself"),
        ("a: &a {b: {<<: *a}}", "contains itself"),
    ],
)
def test_hostile_texts_are_refused_in_time(text: str, words: str) -> None:
    began = time.process_time()
    with pytest.raises(UnreadableText, match=words):
        read_documents(text)
    assert time.process_time() - began < 5


def test_a_text_that_is_no_text_is_refused() -> None:
    with pytest.raises(UnreadableText, match="UTF-8"):
        read_documents("a: \ud800")


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text()
    | st.sampled_from(
        [
            "no",
            "0777",
            "1_000",
            "~",
            "1e3",
            ".5",
            "=",
            "<<",
            "- a",
            "a: b",
            " a",
            "a ",
            "#",
            "\ufeff",
            "a\n\n",
            "\n",
            "0x_1",
        ]
    )
)
OBJECTS = st.dictionaries(
    st.text() | st.sampled_from(["on", "1", "<<", "? a", "---", "..."]),
    st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8),
    min_size=1,
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(OBJECTS)
def test_what_we_print_is_read_as_it_was_and_surprises_nobody(value: dict[str, object]) -> None:
    (document,) = read_documents(yaml_lines.text(value))
    assert document.value == value
    assert document.remarks == ()
