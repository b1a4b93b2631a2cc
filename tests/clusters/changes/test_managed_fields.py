"""Managed fields: paths with indices for the keys of lists, and hostile entries that own nothing."""

from __future__ import annotations

from typing import Any

import pytest

from clusters.changes.managed_fields import Ownership, find_owners

SPEC = {
    "replicas": 2,
    "ports": [{"port": 80}, {"port": 80, "protocol": "UDP"}],
    "args": ["a", "b"],
    "selector": {"app": "web"},
}


def own(fields: Any) -> Ownership:
    entry = {"manager": "tool", "operation": "Apply", "fieldsV1": fields}
    ((manager, owned),) = find_owners({"metadata": {"managedFields": [entry]}, "spec": SPEC})
    assert (manager.name, manager.operation) == ("tool", "Apply")
    return owned


def test_fields_and_elements_are_found_by_their_keys() -> None:
    element = {".": {}, "f:protocol": {}}
    keys = {'k:{"port":80,"protocol":"UDP"}': element, 'k:{"port":81,"protocol":"TCP"}': {".": {}}}
    owned = own({"f:spec": {"f:replicas": {}, "f:ports": keys, "f:args": {'v:"b"': {}}, "f:selector": {}}})
    assert owned.covers(("spec", "replicas"))
    assert owned.covers(("spec", "ports", "1", "protocol"))
    assert owned.covers(("spec", "ports", "1"))
    assert not owned.covers(("spec", "ports", "0"))
    assert not owned.covers(("spec", "ports", "1", "port"))
    assert owned.covers(("spec", "args", "1"))
    assert not owned.covers(("spec", "args", "0"))
    assert owned.covers(("spec", "selector", "app")), "what is owned as a whole is owned with its parts"
    assert owned.covers(("spec",))
    assert not owned.covers(("status",))


def test_a_key_that_an_element_leaves_out_has_its_default() -> None:
    owned = own({"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}}}}})
    assert owned.covers(("spec", "ports", "0", "port"))


def nest(levels: int) -> Any:
    fields: Any = {}
    for _level in range(levels):
        fields = {"f:spec": fields}
    return fields


@pytest.mark.parametrize(
    "fields",
    [
        None,
        "f:spec",
        [],
        {"spec": {}},
        {"f:nothing": {}},
        {"f:spec": {"k:{": {}, "i:99999999999": {}, "v:": {}, "x:y": {}}},
        {"f:spec": {"f:ports": {"k:[1]": {}, "k:" + "[" * 100_000: {}, "i:9": {}, "i:-1": {}}}},
        nest(5000),
    ],
)
def test_what_names_nothing_owns_nothing_in_the_spec(fields: Any) -> None:
    owned = own(fields)
    assert not owned.covers(("spec", "replicas"))
    assert not owned.covers(("spec", "ports", "0"))


@pytest.mark.parametrize("entries", [None, {}, "x", [None, 1, "x"]])
def test_entries_that_are_none_are_left_out(entries: Any) -> None:
    assert find_owners({"metadata": {"managedFields": entries}}) == []
