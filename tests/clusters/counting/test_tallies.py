"""Tallies: rows are counted by status as kubectl prints it."""

from __future__ import annotations

import json

import pytest

from clusters.api.tables import Page, decode_page
from clusters.counting import tallies
from clusters.counting.snapshot import Nodes, Pods, Warnings
from tests.clusters.counting.scripted_cluster import COLUMNS, event_row, node_row, pod_row


def decode(kind: str, *rows: list) -> Page:
    columns = [{"name": name, "type": "string"} for name in COLUMNS[kind]]
    table = {"kind": "Table", "columnDefinitions": columns, "rows": [{"cells": row} for row in rows]}
    return decode_page(json.dumps(table).encode())


def test_it_counts_pods_by_the_word_that_kubectl_prints() -> None:
    rows = [
        pod_row(),
        pod_row(),
        pod_row("Running", "0/1"),
        pod_row("CrashLoopBackOff", "0/1"),
        pod_row("Completed", "0/1"),
        pod_row("Init:0/2", "0/1"),
    ]
    found = tallies.pods([decode("pods", *rows[:3]), decode("pods", *rows[3:])], at_least=False)
    statuses = {"Running": 3, "CrashLoopBackOff": 1, "Completed": 1, "Init:0/2": 1}
    assert found == Pods(6, 1, statuses, False, frozenset({"1/1"}), frozenset({"0/1"}))


def test_it_counts_nodes_that_are_ready_and_that_are_cordoned() -> None:
    words = ["Ready", "Ready,SchedulingDisabled", "NotReady", "NotReady,SchedulingDisabled", "Unknown"]
    found = tallies.nodes([decode("nodes", *map(node_row, words))], at_least=False)
    assert found == Nodes(total=5, ready=2, cordoned=2)


def test_it_counts_warnings_of_the_last_hour_by_reason() -> None:
    rows = [
        event_row("BackOff"),
        event_row("BackOff", "59m"),
        event_row("FailedMount", "60m"),
        event_row("Old", "3h10m"),
    ]
    assert tallies.warnings([decode("events", *rows)], at_least=True) == Warnings(
        2, {"BackOff": 2}, at_least=True
    )


@pytest.mark.parametrize(
    ("seen", "is_within"),
    [
        ("0s", True), ("119s", True), ("9m59s", True), ("59m", True), ("60m", False), ("3h", False), ("2d3h", False),
        ("1y2d", False), ("<unknown>", False), ("<invalid>", True), ("", False), ("5 minutes", False), ("-5m", False),
    ],
)  # fmt: skip
def test_it_reads_when_an_event_was_last_seen(seen: str, is_within: bool) -> None:
    assert tallies.is_within_an_hour(seen) is is_within


def test_it_keeps_a_bound_of_words_and_of_their_length() -> None:
    """A pod's status can be any text: whoever may write one must not fill the memory of all viewers."""
    rows = [pod_row(f"{number:03d}" + "x" * 5000) for number in range(500)]
    found = tallies.pods([decode("pods", *rows)], at_least=False)
    assert found.total == 500
    assert len(found.statuses) == tallies.WORDS + 1
    assert found.statuses[tallies.OTHER] == 500 - tallies.WORDS
    assert max(map(len, found.statuses)) == tallies.LONGEST
    ready = [pod_row("Running", f"{number}/{number}") for number in range(1, 500)]
    assert len(tallies.pods([decode("pods", *ready)], at_least=False).full) == tallies.WORDS
    again = tallies.join_pods(found, found)
    assert (again.total, sum(again.statuses.values()), len(again.statuses)) == (1000, 1000, tallies.WORDS + 1)


def test_it_takes_rows_without_these_columns() -> None:
    table = {"kind": "PodList", "items": [{"metadata": {"name": "web"}}]}
    plain = decode_page(json.dumps(table).encode())
    assert tallies.pods([plain], at_least=False) == Pods(1, 0, {"": 1})
    assert tallies.nodes([plain], at_least=False) == Nodes(1)
    assert tallies.warnings([plain], at_least=False) == Warnings()
    assert tallies.pods([decode("pods", ["only-a-name"], [None, None, None])], at_least=False).total == 2
