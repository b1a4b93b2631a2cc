"""Are rights and numbers put into the right words?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from clusters.access import Answer
from clusters.api.errors import Forbidden, TimedOut
from clusters.counting.snapshot import Count, Nodes, PlaceRights, Pods, Rights, Standing, Warnings
from clusters.watch.columns import Shown
from clusters.watch.filters import read_filter
from dashboard.overview.numbers import nodes_cell, pods_cell, warnings_cell
from dashboard.overview.rights_words import sentences
from people.models import Role

YES, NO, UNCLEAR = (
    Answer("allowed", "RBAC: allowed by x"),
    Answer("denied"),
    Answer("unknown", "webhook is down"),
)
NOTHING = Rights(True, NO, NO, NO, NO, NO)
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def counted(value, **more):
    return Count(Standing.COUNTED, value, WHEN, **more)


def place(name: str, pods: Answer = NO, edit: Answer = NO) -> PlaceRights:
    return PlaceRights(name, pods, pods, edit)


@pytest.mark.parametrize(
    ("rights", "operator", "reader"),
    [
        (Rights(), [], []),
        (replace(NOTHING, everything=YES), ["Full access"], ["Read-only access to everything"]),
        (replace(NOTHING, pods=YES, edit=YES, nodes=YES), ["Can edit in all namespaces"], ["Can view all namespaces"]),
        (replace(NOTHING, pods=YES, nodes=YES), ["Can view all namespaces"], ["Can view all namespaces"]),
        (
            replace(NOTHING, pods=YES, places=(place("shop", YES, YES),)),
            ["Can view all namespaces", "Can edit in shop", "Cannot list nodes"],
            ["Can view all namespaces", "Cannot list nodes"],
        ),
        (
            replace(NOTHING, places=(place("shop", YES, YES), place("pay", YES), place("ops"))),
            ["Can edit in shop", "Can view pay", "Cannot list nodes"],
            ["Can view shop, pay", "Cannot list nodes"],
        ),
        (
            replace(NOTHING, pods=UNCLEAR, nodes=UNCLEAR),
            ["Cluster-wide read access: unknown", "Nodes: access unknown"],
            ["Cluster-wide read access: unknown", "Nodes: access unknown"],
        ),
        (
            replace(NOTHING, nodes=YES, places=tuple(place(f"n{number}", YES) for number in range(5))),
            ["Can view n0, n1, n2 and 2 more"],
            ["Can view n0, n1, n2 and 2 more"],
        ),
        (
            replace(NOTHING, nodes=YES, places=(place("odd", UNCLEAR),)),
            ["odd: access unknown"],
            ["odd: access unknown"],
        ),
    ],
)  # fmt: skip
def test_rights_are_kubernetes_answers_less_what_the_role_takes(rights, operator, reader) -> None:
    assert [one.text for one in sentences(rights, Role.OPERATOR)] == operator
    assert [one.text for one in sentences(rights, Role.READER)] == reader


def test_a_right_tells_the_binding_that_gives_it_and_nothing_is_said_of_none() -> None:
    (one,) = sentences(replace(NOTHING, everything=YES), Role.OPERATOR)
    assert one.why == "All verbs on all resources. RBAC: allowed by x"
    (first, _nodes) = sentences(NOTHING, Role.OPERATOR)
    assert (first.state, first.text) == (
        "denied",
        "No accessible namespaces known yet. Open the cluster to enter one.",
    )


def test_pods_are_told_worst_first_and_lead_to_their_list() -> None:
    statuses = {"Running": 40, "Completed": 7, "Pending": 2, "CrashLoopBackOff": 3}
    cell = pods_cell("harbour", counted(Pods(52, 1, statuses)))
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
    unready, ready = pods_cell("harbour", counted(found)).words
    queries = [parse_qs(urlsplit(word.href).query)["q"] for word in (unready, ready)]
    assert queries == [["Status=Running Ready!=1/1 Ready!=2/2"], ["Status=Running Ready!=0/1"]]
    columns = [Shown("status", "Status", "text"), Shown("ready", "Ready", "text")]
    assert read_filter(queries[0][0], columns).fields == (
        ("status", "running", True), ("ready", "1/1", False), ("ready", "2/2", False),
    )  # fmt: skip


def test_more_ready_cells_than_the_filter_takes_lead_to_all_running_pods() -> None:
    many = frozenset(f"{number}/{number}" for number in range(1, 30))
    (unready, _ready) = pods_cell("harbour", counted(Pods(41, 1, {"Running": 41}, full=many))).words
    assert parse_qs(urlsplit(unready.href).query)["q"] == ["Status=Running"]


def test_of_many_words_the_worst_are_told_and_what_most_pods_are() -> None:
    statuses = {f"Error{number}": 1 for number in range(9)} | {"Running": 500}
    cell = pods_cell("harbour", counted(Pods(509, 0, statuses)))
    assert [word.name for word in cell.words] == ["Error0", "Error1", "Error2", "Error3", "Running"]
    assert cell.more == 5


def test_a_status_that_the_filter_cannot_say_leads_to_all_pods() -> None:
    for status, href in (
        ('a"b', "/c/x/_all/pods"),
        ("", "/c/x/_all/pods"),
        ("a b", "/c/x/_all/pods?q=Status%3D%22a+b%22"),
    ):
        assert pods_cell("x", counted(Pods(1, 0, {status: 1}))).words[0].href == href


def test_what_is_partial_says_so() -> None:
    assert (
        pods_cell("x", counted(Pods(50_000, 0, {"Running": 50_000}, at_least=True))).text
        == "at least 50000 pods"
    )
    some = pods_cell("x", counted(Pods(1, 0, {"Running": 1}), places=("shop",), left_out=2))
    assert (some.text, some.note) == ("at least 1 pod", "in shop (2 more namespaces not counted)")
    assert warnings_cell("x", counted(Warnings(9, {}, at_least=True))).text == "at least 9"
    assert nodes_cell("x", counted(Nodes(5000, 5000, 0, at_least=True))).text == "at least 5000 of 5000 ready"


def test_what_may_not_be_counted_is_not_zero() -> None:
    for cell in (nodes_cell, pods_cell, warnings_cell):
        refused = cell("x", Count(Standing.DENIED, error=Forbidden("pods is forbidden")))
        assert (refused.text, refused.href, refused.why) == ("No permission to list", "", "pods is forbidden")
        assert cell("x", Count()).text == "Loading…"


def test_an_old_count_tells_its_age_and_what_failed() -> None:
    old = Count(Standing.FAILED, Pods(3, 0, {"Running": 3}), WHEN, TimedOut())
    cell = pods_cell("x", old)
    assert (cell.text, cell.stale, cell.why) == ("3 pods", WHEN, "The API server did not respond in time.")
    never = pods_cell("x", Count(Standing.FAILED, error=TimedOut()))
    assert (never.text, never.why) == ("Not available", "The API server did not respond in time.")


def test_nodes_that_are_not_ready_or_cordoned_stand_out() -> None:
    assert nodes_cell("x", counted(Nodes(5, 4, 1))).tone == "error"
    (cordoned,) = nodes_cell("x", counted(Nodes(5, 5, 1))).words
    assert (cordoned.text, cordoned.tone) == ("1 cordoned", "warning")
