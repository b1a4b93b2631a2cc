"""Are the rows of custom kinds the same in both, whatever their columns find?"""

from __future__ import annotations

import pytest

from tests.contract.tables import LONG_AGO, TABLE, normalize_row
from tests.dashboard_server import wait_for

GROUP, PLURAL = "contract.example.com", "oddments"
TYPES = ("integer", "number", "boolean", "string", "date")
PATHS = {
    "all": ".spec.list[*].name",
    "second": ".spec.list[1].name",
    "chosen": '.spec.list[?(@.kind=="b")].name',
    "quoted": ".spec['a.b']",
    "note": ".metadata.annotations.example\\.com/note",
    "quoted note": ".metadata.annotations['example\\.com/note']",
    "count": ".spec.list[*].count",
    "whole": ".spec.list",
}
ITEMS = [{"name": "one", "kind": "a", "count": 1}, {"name": "two", "kind": "b", "count": 2}]
METADATA = {"name": "zz", "annotations": {"example.com/note": "seen"}}
VALUES = {
    "whole number": 3, "large number": 12345678901234, "fraction": 2.5, "million": 1234567.5, "small": 0.00001,
    "round": 2.0, "true": True, "false": False, "text": "text", "digits": "12", "empty": "", "time": LONG_AGO,
    "no time": "soon", "half a time": "2020-01-01", "null": None, "list": [1, "b"], "map": {"b": 1, "a": [True]},
    "markup": ["<b>&"],
}  # fmt: skip


@pytest.fixture(scope="module")
def path(contenders, own_namespace):
    """Of a collection of a kind of its own, in both; the kind is gone afterwards."""
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    found = f"/apis/{GROUP}/v1/{own_namespace.removeprefix('/api/v1/')}/{PLURAL}"
    for one in contenders.values():
        made = one.admin.post(definitions, definition())
        assert made.status == 201, made.body
    for one in contenders.values():
        wait_for(lambda caller=one.admin: caller.get(found).status == 200)
    yield found
    for one in contenders.values():
        one.admin.delete(f"{definitions}/{PLURAL}.{GROUP}")


def definition():
    columns = [{"name": f"as {one}", "type": one, "jsonPath": ".spec.value"} for one in TYPES]
    columns += [{"name": name, "type": "string", "jsonPath": where} for name, where in PATHS.items()]
    columns += [{"name": "total", "type": "integer", "jsonPath": ".spec.list[*].count", "priority": 1}]
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "additionalPrinterColumns": columns}
    version["schema"] = {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything}}}
    names = {"plural": PLURAL, "singular": "oddment", "kind": "Oddment", "listKind": "OddmentList"}
    spec = {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return kind | {"metadata": {"name": f"{PLURAL}.{GROUP}"}, "spec": spec}


@pytest.mark.parametrize("value", VALUES)
def test_a_value(both, path, value):
    same_row(both, path, {"value": VALUES[value]})


@pytest.mark.parametrize(
    "spec",
    [{}, {"list": ITEMS}, {"list": []}, {"list": ITEMS[:1], "a.b": "c"}, {"list": "text"}, {"list": {"name": "x"}}],
)  # fmt: skip
def test_a_path(both, path, spec):
    same_row(both, path, spec)


def same_row(both, path, spec):
    def ask(caller):
        body = {"apiVersion": f"{GROUP}/v1", "kind": "Oddment", "metadata": METADATA, "spec": spec}
        table = caller.post(f"{path}?includeObject=None", body, accept=TABLE).json
        caller.delete(f"{path}/zz")
        columns = [
            {key: one[key] for key in ("name", "type", "priority")} for one in table["columnDefinitions"]
        ]
        return [columns, normalize_row([one["name"] for one in columns], table["rows"][0])]

    both.same(ask)
