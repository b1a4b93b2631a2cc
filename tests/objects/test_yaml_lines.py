"""YAML writer: equal to the object for every parser, and safe to read."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.kinds.masking import Hidden
from dashboard.objects.yaml_lines import lines, text

WORDS = (
    "y n yes No on OFF true null ~ 1e3 0o17 0777 1_000 1:30 .5 -1 +1 .inf .NaN 2026-01-01 = << - ? | > "
    "|- {} [] # a:b a: #x - .  .. ... --- 0x1f 1e5 12e03 _1 -.5 +.inf"
)
NASTY = st.one_of(
    st.text(max_size=30, alphabet=st.characters(exclude_categories=["Cs"])),
    st.text(max_size=20, alphabet=" \n\t:#-'\"|>&*!%@`{}[],?~=<yYnN0123456789eEox_.+"),
    st.sampled_from(WORDS.split(" ")),
)
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), NASTY
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NASTY, inner, max_size=4)),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None)
@given(JSON)
def test_it_is_read_back_as_it_was(value):
    assert yaml.load(text(value), yaml.CSafeLoader) == value


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_it_has_one_line_for_each_line(value):
    assert text(value).count("\n") == len(list(lines(value)))


@pytest.mark.parametrize(
    "word", ["y", "N", "1e3", "0o17", "1E+5", "12e03", "off", "~", "0777", "1_000", ".5e3"]
)
def test_it_quotes_what_some_parser_would_coerce(word):
    assert text({"a": word, word: "b"}).count(f'"{word}"') == 2


def test_it_reads_as_kubectl_writes():
    pod = {
        "kind": "Pod",
        "apiVersion": "v1",
        "spec": {"containers": [{"name": "web", "args": ["-c", "a\nb\n"], "env": []}], "nodeName": "n1"},
        "metadata": {
            "labels": {},
            "name": "web",
            "generation": 3,
            "ok": True,
            "image": "nginx:1.27",
            "none": None,
        },
    }
    assert text(pod) == (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  generation: 3\n  image: nginx:1.27\n  labels: {}\n"
        '  name: web\n  none: null\n  ok: true\nspec:\n  containers:\n  - args:\n    - "-c"\n    - |\n'
        "      a\n      b\n    env: []\n    name: web\n  nodeName: n1\n"
    )


def test_it_escapes_what_reverses_or_hides_text():
    written = text({"a": "abc\u202ecba", "b": "x\u2028y\n\u200bz", "c": "\x1b[31m"})
    assert "\\u202e" in written
    assert "\\u2028" in written
    assert not {"\u202e", "\u2028", "\u200b", "\x1b"} & set(written)


def test_it_cuts_what_is_big_and_says_how_big():
    found = {line.pointer: line for line in lines({"a": {"b": "é" * 500, "c": "x"}}, longest=100)}
    assert found["a", "b"].type == "big"
    assert found["a", "b"].size == 1000
    assert len(found["a", "b"].value) == 102
    assert found["a", "c"].type == "text"


def test_it_writes_what_was_hidden_as_something_that_cannot_be_applied():
    line = list(lines({"data": {"a": Hidden(12)}}))[1]
    assert (line.type, line.value, line.size) == ("hidden", '"‹hidden: 12 bytes›"', 12)


@pytest.mark.parametrize("depth", [49, 50, 51, 99, 400])
@pytest.mark.parametrize(
    "leaf", ["x", "a: b\n", [], {}, [1, {"b": None}], {"no": [True, 1e3], "z": "\u2028"}]
)
def test_it_writes_what_is_nested_deep_so_that_it_is_read_back(depth, leaf):
    value = leaf
    for level in range(depth):
        value = [value] if level % 3 else {"a": value}
    assert yaml.load(text(value), Loader=yaml.CSafeLoader) == value
    assert all(len(str(line)) < 3000 for line in lines(value, longest=2000))


def test_it_writes_what_is_nested_a_thousand_levels_deep():
    value = "x"
    for _ in range(5000):
        value = {"a": value}
    written = text(value)
    assert written.count('"a"') + written.count("a:") >= 4950
    assert [line.type for line in lines(value, longest=2000)][-1] == "big"
