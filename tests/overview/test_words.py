"""Texts of the overview: permissions and counts in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from clusters.access.reviews import ReviewResult
from clusters.api.errors import Forbidden, TimedOut
from clusters.counting.snapshot import (
    Count,
    CountStatus,
    NamespacePermissions,
    Nodes,
    Permissions,
    Pods,
    Warnings,
)
from clusters.tables.columns import DisplayColumn
from clusters.tables.filters import read_filter
from dashboard.overview.numbers import nodes_cell, pods_cell, warnings_cell
from dashboard.overview.permissions import sentences
from people.models import TeamRole

YES, NO, UNCLEAR = (
    ReviewResult("allowed", "RBAC: allowed by x"),
    ReviewResult("denied"),
    ReviewResult("unknown", "webhook is down"),
)
NO_PERMISSIONS = Permissions(True, NO, NO, NO, NO, NO)
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def build_count(value, **more):
    return Count(CountStatus.COUNTED, value, WHEN, **more)


def build_namespace_permissions(
    name: str, pods: ReviewResult = NO, edit: ReviewResult = NO
) -> NamespacePermissions:
    return NamespacePermissions(name, pods, pods, edit)


@pytest.mark.parametrize(
    ("permissions", "editor", "viewer"),
    [
        (Permissions(), [], []),
        (replace(NO_PERMISSIONS, everything=YES), ["Full access"], ["Read-only access to everything"]),
        (
            replace(NO_PERMISSIONS, pods=YES, edit=YES, nodes=YES),
            ["Can edit in all namespaces"],
            ["Can view all namespaces"],
        ),
        (replace(NO_PERMISSIONS, pods=YES, nodes=YES), ["Can view all namespaces"], ["Can view all namespaces"]),
        (
            replace(NO_PERMISSIONS, pods=YES, namespaces=(build_namespace_permissions("shop", YES, YES),)),
            ["Can view all namespaces", "Can edit in shop", "Cannot list nodes"],
            ["Can view all namespaces", "Cannot list nodes"],
        ),
        (
            replace(
                NO_PERMISSIONS,
                namespaces=(
                    build_namespace_permissions("shop", YES, YES),
                    build_namespace_permissions("pay", YES),
                    build_namespace_permissions("ops"),
                ),
            ),
            ["Can edit in shop", "Can view pay", "Cannot list nodes"],
            ["Can view shop, pay", "Cannot list nodes"],
        ),
        (
            replace(NO_PERMISSIONS, pods=UNCLEAR, nodes=UNCLEAR),
            ["Cluster-wide read access: unknown", "Nodes: access unknown"],
            ["Cluster-wide read access: unknown", "Nodes: access unknown"],
        ),
        (
            replace(
                NO_PERMISSIONS,
                nodes=YES,
                namespaces=tuple(build_namespace_permissions(f"n{number}", YES) for number in range(5)),
            ),
            ["Can view n0, n1, n2 and 2 more"],
            ["Can view n0, n1, n2 and 2 more"],
        ),
        (
            replace(NO_PERMISSIONS, nodes=YES, namespaces=(build_namespace_permissions("odd", UNCLEAR),)),
            ["odd: access unknown"],
            ["odd: access unknown"],
        ),
    ],
)  # fmt: skip
def test_permissions_are_kubernetes_results_less_what_the_team_role_restricts(
    permissions, editor, viewer
) -> None:
    assert [one.text for one in sentences(permissions, TeamRole.EDITOR)] == editor
    assert [one.text for one in sentences(permissions, TeamRole.VIEWER)] == viewer


def test_a_permission_names_the_binding_that_grants_it_and_nothing_is_said_of_none() -> None:
    (one,) = sentences(replace(NO_PERMISSIONS, everything=YES), TeamRole.EDITOR)
    assert one.why == "All verbs on all resources. RBAC: allowed by x"
    (first, _nodes) = sentences(NO_PERMISSIONS, TeamRole.EDITOR)
    assert (first.state, first.text) == (
        "denied",
        "No accessible namespaces known yet. Open the cluster to enter one.",
    )


def test_pods_are_listed_worst_first_and_lead_to_their_list() -> None:
    statuses = {"Running": 40, "Completed": 7, "Pending": 2, "CrashLoopBackOff": 3}
    cell = pods_cell("harbour", build_count(Pods(52, 1, statuses)))
    assert [word.text for word in cell.words] == [
        "3 CrashLoopBackOff", "1 Running, not ready", "2 Pending", "39 Running", "7 Completed",
    ]  # fmt: skip
    assert (cell.text, cell.tone) == ("52 pods", "error")
    assert cell.words[0].href == "/c/harbour/_all/pods?q=Status%3DCrashLoopBackOff"
    assert [part.tone for part in cell.bar] == ["done", "ok", "progress", "warning", "error"]
    assert sum(float(part.width) for part in cell.bar) == pytest.approx(100, abs=0.1)
    assert all(float(part.width) > 1 for part in cell.bar)  # even one pod of a thousand is seen


def test_running_pods_that_are_not_ready_lead_to_exactly_these_pods() -> None:
    """Each of the two words leaves out the READY cells of the other."""
    full, partial = frozenset({"2/2", "1/1"}), frozenset({"0/1"})
    found = Pods(41, 1, {"Running": 41}, full=full, partial=partial)
    unready, ready = pods_cell("harbour", build_count(found)).words
    queries = [parse_qs(urlsplit(word.href).query)["q"] for word in (unready, ready)]
    assert queries == [["Status=Running Ready!=1/1 Ready!=2/2"], ["Status=Running Ready!=0/1"]]
    columns = [DisplayColumn("status", "Status", "text"), DisplayColumn("ready", "Ready", "text")]
    assert read_filter(queries[0][0], columns).fields == (
        ("status", "running", True), ("ready", "1/1", False), ("ready", "2/2", False),
    )  # fmt: skip


def test_more_ready_cells_than_the_filter_takes_lead_to_all_running_pods() -> None:
    many = frozenset(f"{number}/{number}" for number in range(1, 30))
    (unready, _ready) = pods_cell("harbour", build_count(Pods(41, 1, {"Running": 41}, full=many))).words
    assert parse_qs(urlsplit(unready.href).query)["q"] == ["Status=Running"]


def test_of_many_statuses_the_worst_and_the_most_frequent_are_listed() -> None:
    statuses = {f"Error{number}": 1 for number in range(9)} | {"Running": 500}
    cell = pods_cell("harbour", build_count(Pods(509, 0, statuses)))
    assert [word.name for word in cell.words] == ["Error0", "Error1", "Error2", "Error3", "Running"]
    assert cell.more == 5


def test_a_status_that_the_filter_cannot_say_leads_to_all_pods() -> None:
    for status, href in (
        ('a"b', "/c/x/_all/pods"),
        ("", "/c/x/_all/pods"),
        ("a b", "/c/x/_all/pods?q=Status%3D%22a+b%22"),
    ):
        assert pods_cell("x", build_count(Pods(1, 0, {status: 1}))).words[0].href == href


def test_what_is_partial_says_so() -> None:
    assert (
        pods_cell("x", build_count(Pods(50_000, 0, {"Running": 50_000}, at_least=True))).text
        == "at least 50000 pods"
    )
    some = pods_cell("x", build_count(Pods(1, 0, {"Running": 1}), namespaces=("shop",), left_out=2))
    assert (some.text, some.note) == ("at least 1 pod", "in shop (2 more namespaces not counted)")
    assert warnings_cell("x", build_count(Warnings(9, {}, at_least=True))).text == "at least 9"
    assert (
        nodes_cell("x", build_count(Nodes(5000, 5000, 0, at_least=True))).text
        == "at least 5000 of 5000 ready"
    )


def test_what_may_not_be_counted_is_not_zero() -> None:
    for cell in (nodes_cell, pods_cell, warnings_cell):
        refused = cell("x", Count(CountStatus.DENIED, error=Forbidden("pods is forbidden")))
        assert (refused.text, refused.href, refused.why) == ("No permission to list", "", "pods is forbidden")
        assert cell("x", Count()).text == "Loading…"


def test_an_old_count_shows_its_age_and_what_failed() -> None:
    old = Count(CountStatus.FAILED, Pods(3, 0, {"Running": 3}), WHEN, TimedOut())
    cell = pods_cell("x", old)
    assert (cell.text, cell.stale, cell.why) == ("3 pods", WHEN, "The API server did not respond in time.")
    never = pods_cell("x", Count(CountStatus.FAILED, error=TimedOut()))
    assert (never.text, never.why) == ("Not available", "The API server did not respond in time.")


def test_nodes_that_are_not_ready_or_cordoned_stand_out() -> None:
    assert nodes_cell("x", build_count(Nodes(5, 4, 1))).tone == "error"
    (cordoned,) = nodes_cell("x", build_count(Nodes(5, 5, 1))).words
    assert (cordoned.text, cordoned.tone) == ("1 cordoned", "warning")
