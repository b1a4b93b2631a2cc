"""Table printers: one for each built-in kind, filling its columns as Kubernetes does."""

from __future__ import annotations

import datetime

import pytest

from simulator.printing.ages import age, duration
from simulator.printing.kinds import PRINTERS
from simulator.printing.parts import go_selector, selector_text
from simulator.schemas.archive import archive
from simulator.schemas.catalog import Catalog
from simulator.schemas.resources import split_api_version
from simulator.schemas.types import types_of

CATALOG = Catalog(archive())
DEEPEST = 7
NOW = datetime.datetime(2026, 3, 1, 12, 0, 0, tzinfo=datetime.UTC)
BARE = {"metadata": {"name": "bare", "creationTimestamp": "2026-03-01T11:59:00Z"}}
PLAIN = (["Name", "Age"], ["Name", "Created At"])  # what any kind has
MORE_CELLS = {("networking.k8s.io", "ipaddresses"): 1}  # than columns, in Kubernetes too


def kinds():
    """(group, plural) -> column names of every kind that was captured with columns."""
    for path, columns in archive().columns.items():
        version, _, plural = path.removeprefix("/apis/").removeprefix("/api/").rpartition("/")
        if columns is not None:
            yield (split_api_version(version)[0], plural), [one["name"] for one in columns]


@pytest.mark.parametrize(("kind", "columns"), [one for one in kinds() if one[1] not in PLAIN])
def test_a_kind_with_columns_of_its_own_has_a_printer(kind, columns):
    cells = PRINTERS[kind](BARE, NOW)
    assert len(cells) == len(columns) + MORE_CELLS.get(kind, 0), dict(zip(columns, cells, strict=False))
    assert "bare" in cells
    assert "60s" in cells or "Age" not in columns


def make_empty_object(type_, depth=0):
    """An object of that type, with every struct and one item in every list, and nothing in them."""
    found = {}
    for key, known in type_.fields.items() if depth < DEEPEST else ():
        inner, is_list = known.type, known.type.category == "list"
        inner = inner.element if is_list else inner
        if inner.category == "struct":
            part = make_empty_object(inner, depth + 1)
            found[key] = [part] if is_list else part
    return found


@pytest.mark.parametrize("kind", PRINTERS)
def test_empty_parts_are_no_error(kind):
    """A status is taken as it is written, whatever is missing in it."""
    group, plural = ("", "events") if kind == ("events.k8s.io", "events") else kind
    resource = next(
        CATALOG.find(group, one, plural) for one in ("v2", "v1") if CATALOG.find(group, one, plural)
    )
    thing = make_empty_object(types_of(archive()).get_type(resource))
    thing["metadata"] = BARE["metadata"]
    assert "bare" in PRINTERS[kind](thing, NOW)


def test_there_is_no_printer_for_a_kind_that_is_not_there():
    assert set(PRINTERS) <= {kind for kind, _ in kinds()}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"), (-1.5, "0s"), (0, "0s"), (119.9, "119s"), (120, "2m"), (150, "2m30s"), (600, "10m"),
        (10_799, "179m"), (10_800, "3h"), (11_000, "3h3m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"),
        (180_000, "2d2h"), (691_200, "8d"), (63_071_999, "729d"), (63_072_000, "2y"), (64_000_000, "2y10d"),
        (252_288_000, "8y"),
    ],
)  # fmt: skip
def test_a_length_of_time(seconds, text):
    assert duration(seconds) == text


def test_an_age_that_nobody_knows():
    assert age(None, NOW) == "<unknown>"


def test_a_label_selector_in_words():
    expressions = [
        {"key": "tier", "operator": "In", "values": ["web", "db"]},
        {"key": "b", "operator": "NotIn", "values": ["c"]},
        {"key": "zone", "operator": "Exists"},
        {"key": "old", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"app": "shop"}, "matchExpressions": expressions}
    assert selector_text(selector) == "app=shop,b notin (c),!old,tier in (db,web),zone"
    assert selector_text({}) == selector_text(None) == ""
    assert go_selector({"matchLabels": {"a": "b"}, "matchExpressions": expressions[:1]}) == (
        "&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{"
        "LabelSelectorRequirement{Key:tier,Operator:In,Values:[web db],},},}"
    )


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ({"status": "True", "reason": "Passed"}, "True"),
        ({"status": "False", "reason": "ServiceNotFound"}, "False (ServiceNotFound)"),
        ({"status": "False"}, "False"),
        (None, "Unknown"),
    ],
)
def test_whether_a_group_is_there(condition, text):
    conditions = [{"type": "Available"} | condition] if condition else []
    service = {"namespace": "kube-system", "name": "metrics-server"}
    thing = BARE | {"spec": {"service": service}, "status": {"conditions": conditions}}
    cells = PRINTERS["apiregistration.k8s.io", "apiservices"](thing, NOW)
    assert cells[:3] == ["bare", "kube-system/metrics-server", text]


@pytest.mark.parametrize(
    ("conditions", "cells"),
    [
        ([{"type": "Healthy", "status": "True", "message": "ok"}], ["Healthy", "ok", ""]),
        ([{"type": "Healthy", "status": "False", "error": "refused"}], ["Unhealthy", "", "refused"]),
        ([], ["Unknown", "", ""]),
    ],
)
def test_how_a_component_is(conditions, cells):
    thing = BARE | {"conditions": conditions}
    assert PRINTERS["", "componentstatuses"](thing, NOW)[1:] == cells
