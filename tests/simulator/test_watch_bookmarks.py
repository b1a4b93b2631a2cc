"""Bookmarks of a watch: the rows of a Table, whose object has no name and no spec."""

from __future__ import annotations

import pytest

from simulator.cluster import Cluster
from simulator.reading.tables import Printer
from simulator.reading.watches import INITIAL_END
from simulator.schemas.resources import Resource
from tests.simulator.caller import Caller

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
INITIAL = (
    "watch=1&timeoutSeconds=1&allowWatchBookmarks=1&sendInitialEvents=1&resourceVersionMatch=NotOlderThan"
)
CLUSTER = Cluster("bookmarks", seed=1)
KINDS = [one for one in CLUSTER.catalog if "watch" in one.verbs]
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "ships.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Cluster",
        "names": {"plural": "ships", "singular": "ship", "kind": "Ship", "listKind": "ShipList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
                "additionalPrinterColumns": [{"name": "Port", "type": "string", "jsonPath": ".spec.port"}],
            }
        ],
    },
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.path)
def test_a_bookmark_of_each_kind_has_a_row(kind: Resource) -> None:
    bookmark = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": {"resourceVersion": "7"}}
    printer = Printer(CLUSTER, kind)
    assert len(printer.cells(bookmark)) >= len(printer.columns) > 0
    assert printer.conditions(bookmark) == []


@pytest.mark.parametrize("path", ["/api/v1/namespaces/default/configmaps", "/apis/example.com/v1/ships"])
def test_a_table_watch_ends_its_initial_events_with_a_bookmark(api: Caller, path: str) -> None:
    api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", DEFINITION)
    event = api.watch(f"{path}?{INITIAL}", accept=TABLE)[-1]
    assert event["type"] == "BOOKMARK"
    assert event["object"]["kind"] == "Table"
    (row,) = event["object"]["rows"]
    assert row["cells"][0] == ""
    assert row["object"]["metadata"]["annotations"] == {INITIAL_END: "true"}
    assert row["object"]["metadata"]["resourceVersion"] == event["object"]["metadata"]["resourceVersion"]
