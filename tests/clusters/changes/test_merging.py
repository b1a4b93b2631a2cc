"""Three-way merge: what does not collide is merged by structure, and what does waits for a choice."""

from __future__ import annotations

from typing import Any

import pytest

from clusters.changes.list_keys import ListKeys
from clusters.changes.merging import merge

PORT = {"properties": {"port": {"type": "integer"}, "protocol": {"default": "TCP"}}}
SCHEMA = ListKeys(
    {
        "properties": {
            "items": {
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "items": {"$ref": "Item"},
            },
            "ports": {
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["port", "protocol"],
                "items": PORT,
            },
            "names": {"x-kubernetes-list-type": "set", "items": {"type": "string"}},
        }
    },
    {"Item": {"properties": {"name": {"type": "string"}}}},
)


def item(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields}


A, B, C, D = (item(name) for name in "abcd")


@pytest.mark.parametrize(
    ("base", "theirs", "yours", "merged"),
    [
        # mappings
        ({"a": 1}, {"a": 1, "b": 2}, {"a": 1, "c": 3}, {"a": 1, "b": 2, "c": 3}),
        ({"a": {"x": 1, "y": 1}}, {"a": {"x": 2, "y": 1}}, {"a": {"x": 1, "y": 2}}, {"a": {"x": 2, "y": 2}}),
        ({"a": 1, "b": 1}, {"b": 1}, {"a": 1}, {}),
        ({}, {"a": {"x": 1}}, {"a": {"y": 1}}, {"a": {"x": 1, "y": 1}}),
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": True}, {"a": 1}, {"a": True}),
        # lists by key
        ({"items": [A, B]}, {"items": [A, B, C]}, {"items": [D, A, B]}, {"items": [D, A, B, C]}),
        ({"items": [A, B]}, {"items": [A]}, {"items": [item("a", x=1), B]}, {"items": [item("a", x=1)]}),
        ({"items": [A]}, {"items": [item("a", x=1)]}, {"items": [item("a", y=2)]}, {"items": [item("a", x=1, y=2)]}),
        ({"items": [A, B, C]}, {"items": [C, B, A]}, {"items": [A, B, C, D]}, {"items": [C, D, B, A]}),
        ({"items": [A, B]}, {"items": [A, B, C]}, {"items": [B, A]}, {"items": [B, C, A]}),
        (
            {"ports": [{"port": 80, "protocol": "TCP"}]},
            {"ports": [{"port": 80, "protocol": "TCP", "name": "web"}]},
            {"ports": [{"port": 80}, {"port": 80, "protocol": "UDP"}]},
            {"ports": [{"port": 80, "name": "web"}, {"port": 80, "protocol": "UDP"}]},
        ),
        # sets
        ({"names": ["a", "b"]}, {"names": ["a", "b", "c"]}, {"names": ["b"]}, {"names": ["b", "c"]}),
    ],
)  # fmt: skip
def test_what_does_not_collide_is_merged(base: Any, theirs: Any, yours: Any, merged: Any) -> None:
    found = merge(base, theirs, yours, keys=SCHEMA)
    assert list(found.collisions) == []
    assert found.merged == merged


@pytest.mark.parametrize(
    ("base", "theirs", "yours", "names"),
    [
        ({"a": 1}, {"a": 2}, {"a": 3}, ["a"]),
        ({"a": 1}, {}, {"a": 3}, ["a"]),
        ({"a": 1}, {"a": 2}, {}, ["a"]),
        ({}, {"a": {"x": 1}}, {"a": [1]}, ["a"]),
        ({"a.b/c": 1}, {"a.b/c": 2}, {"a.b/c": 3}, ['["a.b/c"]']),
        ({"items": [A]}, {"items": [item("a", x=1)]}, {"items": [item("a", x=2)]}, ["items[name=a].x"]),
        ({"items": [A, B]}, {"items": [A]}, {"items": [A, item("b", x=2)]}, ["items[name=b]"]),
        ({"items": [A, B, C]}, {"items": [C, B, A]}, {"items": [B, A, C]}, ["items"]),
        ({"items": [A]}, {"items": [A, A]}, {"items": [A, B]}, ["items"]),
        ({"unknown": [A]}, {"unknown": [A, B]}, {"unknown": [A, C]}, ["unknown"]),
    ],
)
def test_what_collides_waits_for_a_choice_and_both_sides_can_be_had(
    base: Any, theirs: Any, yours: Any, names: list[str]
) -> None:
    found = merge(base, theirs, yours, keys=SCHEMA)
    assert [one.name for one in found.collisions] == names
    assert not found.is_decided
    for choice, expected in (("theirs", theirs), ("yours", yours)):
        decided = merge(
            base, theirs, yours, keys=SCHEMA, choices={one.id: choice for one in found.collisions}
        )  # type: ignore[misc]
        assert decided.is_decided
        assert decided.merged == expected


def test_a_choice_holds_for_the_values_that_it_was_made_between() -> None:
    first = merge({"a": 1}, {"a": 2}, {"a": 3}, keys=ListKeys())
    later = merge({"a": 1}, {"a": 4}, {"a": 3}, keys=ListKeys(), choices={first.collisions[0].id: "yours"})
    assert not later.is_decided


def test_an_opaque_value_collides_although_it_looks_the_same() -> None:
    found = merge({"a": "?"}, {"a": "?"}, {"a": "new"}, keys=ListKeys(), is_opaque=lambda value: value == "?")
    assert [one.name for one in found.collisions] == ["a"]
    same = merge({"a": "?"}, {"a": "?"}, {"a": "?"}, keys=ListKeys(), is_opaque=lambda value: value == "?")
    assert list(same.fields) == []
