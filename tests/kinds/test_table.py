"""The kind table: each entry is complete, agrees with a real API server's discovery, and clashes with none."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.kinds import table
from dashboard.kinds.kind import Action, Kind, Tab
from dashboard.kinds.menu import BUILT_IN_GROUPS, MENU_GROUPS, WORKLOADS, MenuGroup, MenuSlot
from dashboard.kinds.table import KINDS, find_kind, find_resource, find_slug, kind_of, list_menu, mask
from dashboard.kinds.tones import StatusTones, tone
from tests.kinds.consistency import find_clashes, find_faults, list_targets
from tests.kinds.served import list_served_kinds

FOLDER = Path(table.__file__).parent
POD, SECRET, EVENT = (find_kind("", kind) for kind in ("Pod", "Secret", "Event"))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.slug)
def test_each_entry_is_complete_and_consistent(kind: Kind) -> None:
    assert list(find_faults(kind)) == []


def test_no_two_entries_claim_the_same() -> None:
    assert find_clashes(KINDS.values()) == []


def test_every_file_of_the_folder_is_in_the_table() -> None:
    files = sorted(path for path in FOLDER.glob("*.py") if path.name != "__init__.py")
    written = 0
    for path in files:
        found = getattr(table, path.stem, None)
        assert found is not None, f"{path.name}: add it to dashboard/kinds/table/__init__.py"
        written += sum(
            isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Kind"
            for node in ast.walk(ast.parse(path.read_text()))
        )
    assert len(files) > 10
    assert written == len(KINDS)


def test_every_target_of_a_reference_is_served() -> None:
    targets = list_targets(FOLDER.parent)
    named = [one for one in targets if one.kind is not None]
    assert len(named) > 30
    assert [one for one in named if (one.group, one.kind) not in list_served_kinds()] == []
    # These are read from the object; the lists of a namespace are a table of their own.
    contents = {(one.group, one.kind) for one in KINDS["", "Namespace"].find_picks({"metadata": {}})}
    assert len(contents) > 10
    assert contents <= list_served_kinds()


def test_the_menu_has_all_its_groups_in_order() -> None:
    menu = {str(group.title): [kind.slug for _slot, kind in list_menu(group)] for group in MENU_GROUPS}
    assert list(menu) == ["Workloads", "Configuration", "Network", "Storage", "Access control", "Cluster"]
    assert menu["Workloads"][:3] == ["pods", "deployments.apps", "statefulsets.apps"]
    assert menu["Cluster"] == ["nodes", "namespaces", "customresourcedefinitions.apiextensions.k8s.io"]
    assert all(menu.values())


def test_every_special_kind_is_built_in() -> None:
    assert {group for group, _kind in KINDS} <= BUILT_IN_GROUPS
    assert {group for group, _kind in list_served_kinds()} <= BUILT_IN_GROUPS


def test_an_entry_is_found_by_kind_by_resource_by_object_and_by_its_name_in_urls() -> None:
    autoscaler = find_kind("autoscaling", "HorizontalPodAutoscaler")
    assert autoscaler.slug == "horizontalpodautoscalers.autoscaling"
    for found in (
        find_resource("autoscaling", "horizontalpodautoscalers"),
        find_slug("horizontalpodautoscalers.autoscaling"),
        find_slug("horizontalpodautoscalers.v2beta1.autoscaling"),
        kind_of({"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler"}),
    ):
        assert found is autoscaler
    assert find_slug("pods") is find_slug("pods.v1") is POD
    assert find_slug("secrets.v1") is SECRET  # whose values are revealed under either name
    assert find_slug("pods.metrics.k8s.io").kind == "PodMetrics"


def test_any_other_kind_has_the_defaults() -> None:
    widget = {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "a", "namespace": "shop", "uid": "u-1"},
        "spec": {"backup": {"kind": "Secret", "name": "keys"}},
        "data": {"a": "b"},
    }
    for kind in (kind_of(widget), find_resource("example.com", "widgets"), find_slug("widgets.example.com")):
        assert kind.group == "example.com"
        assert (kind.label, kind.menu, kind.default_sort) == ("", None, "")
        assert (kind.tabs, kind.actions, kind.value_fields, kind.shown_fields) == ((), (), (), ())
        assert [(one.kind, one.name, one.namespace) for one in kind.find_references(widget)] == [
            ("Secret", "keys", "shop")
        ]
        assert list(kind.find_picks(widget)) == []
        assert kind.select_events(widget) == "involvedObject.uid=u-1"
        assert tone("Status", "Running", kind.tones) == "ok"
    assert mask(widget) is widget


def test_other_kinds_borrow_the_words_of_the_special_ones() -> None:
    other = find_kind("example.com", "Widget")
    assert tone("Status", "OOMKilled", POD.tones) == tone("Status", "OOMKilled", other.tones) == "error"
    assert other.tones.conditions["MemoryPressure"] == "bad"


def test_the_own_words_of_a_kind_go_before_those_of_others() -> None:
    own = StatusTones(words={"running": "warning"}).extend(POD.tones)
    assert tone("Status", "Running", own) == "warning"
    assert tone("Status", "Pending", own) == "progress"


def test_a_node_finds_its_events_by_name() -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "uid": "u-1"}}
    assert kind_of(node).select_events(node) == "involvedObject.kind=Node,involvedObject.name=n1"


def test_events_are_sorted_by_when_they_were_last_seen() -> None:
    assert find_slug("events").default_sort == find_slug("events.events.k8s.io").default_sort == "last seen"
    assert find_slug("pods").default_sort == ""


# --- do the checks see what they are there for? One entry, broken in one place at a time


ELSEWHERE = MenuGroup(WORKLOADS.title, "pod")


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (replace(POD, plural="podz"), "no API server serves it"),
        (replace(POD, kind="Pood"), "no API server serves it"),
        (replace(POD, default_sort="-size"), "no column '-size'"),
        (replace(POD, label=""), "without a label"),
        (replace(POD, menu=MenuSlot(replace(ELSEWHERE, icon="x"), 1)), "that no menu has"),
        (replace(POD, value_fields=("spec",)), "neither reveals nor records"),
        (replace(POD, tones=StatusTones(words={"Evicted": "error"})), "lower case"),
        (replace(POD, tabs=(Tab("nowhere", WORKLOADS.title),)), "no route for its page 'nowhere'"),
        (replace(POD, tabs=(Tab("yaml", WORKLOADS.title),)), "two pages 'yaml'"),
        (
            replace(POD, actions=(Action("nowhere", WORKLOADS.title, "pod", "patch"),)),
            "no route for its page 'nowhere'",
        ),
    ],
)
def test_it_sees_a_fault(broken: Kind, fault: str) -> None:
    assert any(fault in found for found in find_faults(broken))


@pytest.mark.parametrize(
    ("broken", "clash"),
    [
        (replace(SECRET, group="", kind="Pod"), "two claim kind /Pod"),
        (replace(SECRET, plural="pods"), "two claim resource /pods"),
        (replace(SECRET, menu=MenuSlot(WORKLOADS, 10)), "two claim slot 10 of Workloads"),
        (replace(SECRET, menu=MenuSlot(WORKLOADS, 11, goto="p")), "two claim letter p"),
        (replace(SECRET, menu=MenuSlot(WORKLOADS, 11, goto="k")), "two claim letter k"),
    ],
)
def test_it_sees_a_clash(broken: Kind, clash: str) -> None:
    assert clash in find_clashes([POD, EVENT, broken])


@pytest.mark.parametrize("call", ['Reference("x", "", "Podd", name)', 'Pick("x", GROUP, "Pod", home)'])
def test_it_sees_a_target_that_nothing_serves(tmp_path: Path, call: str) -> None:
    (tmp_path / "podds.py").write_text(
        f'GROUP = "nowhere.example"\n\n\ndef find(name, home):\n    yield {call}\n'
    )
    (target,) = list_targets(tmp_path)
    assert target.kind is not None
    assert (target.group, target.kind) not in list_served_kinds()
