"""Spec and status tree: every field readable, in order, folded and bounded."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.kinds.masking import Hidden
from dashboard.objects.spec_status import MAX_ROWS, parts, rows


def test_it_puts_spec_and_status_first():
    found = {
        "apiVersion": "v1",
        "kind": "X",
        "metadata": {},
        "zeta": 1,
        "type": "Opaque",
        "rules": [{"a": 1}],
        "status": {"b": 1},
        "spec": {"a": 1},
        "data": {"c": "1"},
    }
    titles = [part.title for part in parts(found)]
    assert titles == ["", "data", "spec", "status", "rules"], "single values stand together, in front"
    assert [row.key for row in parts(found)[0].rows] == ["type", "zeta"]


def test_it_lists_keys_and_values():
    made = rows({"replicas": 3, "paused": False, "args": ["-c", "x"], "template": {"name": "a"}})
    assert [(row.type, row.key, row.value or list(row.values)) for row in made] == [
        ("number", "replicas", "3"),
        ("word", "paused", "false"),
        ("items", "args", ["-c", "x"]),
        ("open", "template", []),
        ("text", "name", "a"),
        ("close", "", []),
    ]


def test_it_names_entries_by_what_is_in_them():
    made = rows({"containers": [{"image": "nginx", "name": "web"}]})
    assert [(row.key, row.name, row.count) for row in made if row.type == "open"] == [
        ("containers", "", 1),
        ("0", "web", 2),
    ]


def test_it_folds_big_entries_but_not_the_outermost():
    big = {f"k{i}": i for i in range(100)}
    made = {row.key: row.is_folded for row in rows({"outer": {"inner": big}}) if row.type == "open"}
    assert made == {"outer": False, "inner": True}


def test_it_cuts_long_values_and_documents():
    made = rows({"a": "x" * 1000, "b": "y" * 100_000, "c": Hidden(5), "d": "2026-11-24T10:00:00Z"})
    assert [(row.type, row.size) for row in made] == [
        ("long", 1000),
        ("big", 100_000),
        ("hidden", 5),
        ("time", 0),
    ]
    assert len(made[1].value) < 1000
    many = rows({"items": [{"name": str(i), "value": i} for i in range(5000)]})
    assert len(many) < MAX_ROWS + 10
    assert {row.type for row in many[MAX_ROWS:]} == {"more", "close"}


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=200)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=60,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_it_closes_what_it_opens(value):
    depth = 0
    for row in rows(value):
        depth += {"open": 1, "close": -1}.get(row.type, 0)
        assert depth >= 0
    assert depth == 0
