"""Log view: breaks, restarts, pods that come and go, slow readers, refusals and their audit entries."""

from __future__ import annotations

import time

from clusters.logs.lines import SECOND
from clusters.logs.options import LogOptions
from clusters.logs.outbox import MAX_BUFFER, TAKE
from people.audit.models import AuditEntry
from tests.audit_trail import AuditTrail
from tests.clusters.logs.conftest import OpenCollector
from tests.clusters.logs.upstream import Upstream

START = 1_800_000_000 * SECOND


def write(
    upstream: Upstream, pod: str, texts: list[str], start: int = START, step: int = SECOND // 100
) -> None:
    for number, text in enumerate(texts):
        upstream.log(pod).append(start + number * step, text)


def numbered(first: int, last: int) -> list[str]:
    return [f"line {number}" for number in range(first, last)]


def wait_for_entries(audit_trail: AuditTrail) -> list[AuditEntry]:
    """The request and the result of the only log that was read."""
    until = time.monotonic() + 10
    while len(found := audit_trail.list_rows(subresource="log")) < 2:
        assert time.monotonic() < until, "the audit entry did not come"
        time.sleep(0.01)
    return list(found)


class TestBreaks:
    def test_no_line_is_lost_and_none_doubled_over_many_breaks(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        write(upstream, "web-0", numbered(0, 50))
        collector = open_collector(session_at_fault_server(upstream))
        for part in range(1, 6):
            collector.read_until(lambda one, part=part: len(one.lines) >= 50 * part)
            upstream.log("web-0").cut()
            write(upstream, "web-0", numbered(50 * part, 50 * part + 50), START + part * SECOND // 2)
        collector.read_until(lambda one: len(one.lines) >= 300)
        assert collector.texts == numbered(0, 300)
        resumed = collector.notices.count("resumed")
        assert resumed >= 1
        assert collector.notices.count("broken") - resumed in (0, 1)
        assert "rotated" not in collector.notices

    def test_a_log_that_was_rotated_meanwhile_is_said(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        write(upstream, "web-0", ["before"])
        collector = open_collector(session_at_fault_server(upstream))
        collector.read_until(lambda one: one.texts == ["before"])
        upstream.log("web-0").lines = [(START + 60 * SECOND, b"after")]
        upstream.log("web-0").cut()
        collector.read_until(lambda one: one.texts == ["before", "after"])
        assert "rotated" in collector.notices

    def test_a_container_that_restarts_is_read_to_its_end_and_then_anew(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        write(upstream, "web-0", ["one"])
        collector = open_collector(session_at_fault_server(upstream))
        collector.read_until(lambda one: one.texts == ["one"])
        write(upstream, "web-0", ["last words"], START + SECOND)
        upstream.log("web-0").restart()
        write(upstream, "web-0", ["new run"], START + 5 * SECOND)
        upstream.set_pod("web-0", restarts=1, exit_code=None)
        collector.read_until(lambda one: len(one.lines) >= 3)
        assert sorted(collector.texts) == ["last words", "new run", "one"]
        by_text = {one.text: one.key.stream for one in collector.lines}
        assert by_text["one"] == by_text["last words"] != by_text["new run"]
        collector.read_until(lambda one: "ended" in one.notices)


class TestPods:
    def test_pods_that_come_join_and_those_that_go_are_marked(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        write(upstream, "web-0", ["first"])
        collector = open_collector(session_at_fault_server(upstream))
        collector.read_until(lambda one: one.texts == ["first"])
        write(upstream, "web-1", numbered(0, 700), START + SECOND)
        upstream.set_pod("web-1")
        collector.read_until(lambda one: len(one.lines) == 701)  # all of it: it began while the view was open
        assert collector.notices == ["joined"]
        upstream.remove_pod("web-0")
        collector.read_until(lambda one: "gone" in one.notices)

    def test_one_that_fails_is_a_notice_and_never_the_end_of_others(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.refuse = lambda pod, _: (404, "its node is gone") if pod == "web-0" else None
        for name in ("web-0", "web-1"):
            upstream.set_pod(name)
        write(upstream, "web-1", ["still here"])
        collector = open_collector(session_at_fault_server(upstream))
        collector.read_until(lambda one: one.texts == ["still here"] and "failed" in one.notices)

    def test_many_are_merged_in_order(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        for pod in range(20):
            upstream.set_pod(f"web-{pod}")
            write(upstream, f"web-{pod}", numbered(0, 30), START + pod)
        collector = open_collector(session_at_fault_server(upstream))
        collector.read_until(lambda one: len(one.lines) == 600)
        keys = [one.key for one in collector.lines]
        assert keys == sorted(keys)
        assert not any(one.is_late for one in collector.lines)


class TestBounds:
    def test_who_reads_slowly_stops_the_reading_and_loses_nothing(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        texts = [f"{number} " + "x" * 4000 for number in range(10_000)]  # 40 MB
        write(upstream, "web-0", texts)
        collector = open_collector(session_at_fault_server(upstream), LogOptions(tail=None))
        log, before = upstream.log("web-0"), -1
        while log.sent != before or not collector.opened.view._outbox.size:
            before = log.sent
            time.sleep(0.5)
        assert collector.opened.view._outbox.size < MAX_BUFFER + 2 * 1024 * 1024
        collector.read_until(lambda one: len(one.lines) == len(texts), seconds=60)
        assert collector.texts == texts

    def test_a_page_takes_a_part_at_once(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        write(upstream, "web-0", ["x" * 1000] * 1900)
        collector = open_collector(session_at_fault_server(upstream), LogOptions(tail=None))
        while collector.opened.view._outbox.size < 3 * TAKE // 2:
            time.sleep(0.01)
        taken, has_more = collector.opened.view.take()
        assert has_more
        assert 950 < len(taken) < 1100

    def test_a_line_over_16_kib_says_how_much_was_left_out(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        write(upstream, "web-0", ["y" * 20_000, "next"])
        collector = open_collector(session_at_fault_server(upstream))
        collector.read_until(lambda one: len(one.lines) == 2)
        assert [one.left_out for one in collector.lines] == [20_000 - 16 * 1024, 0]


class TestPermissions:
    def test_it_ends_when_the_permission_is_gone(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        write(upstream, "web-0", ["first"])
        collector = open_collector(session_at_fault_server(upstream))
        collector.read_until(lambda one: one.texts == ["first"])
        upstream.denied.set()
        collector.read_until(lambda one: "denied" in one.notices)
        write(upstream, "web-0", ["secret"], START + SECOND)
        (_, result) = wait_for_entries(audit_trail)
        assert result.result == "ok"
        collector.events += collector.opened.view.take()[0]
        assert "secret" not in collector.texts

    def test_what_was_read_is_recorded_with_its_size(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        write(upstream, "web-0", ["0123456789"] * 10)
        collector = open_collector(session_at_fault_server(upstream))
        collector.read_until(lambda one: len(one.lines) == 10)
        collector.opened.close()
        request, result = wait_for_entries(audit_trail)
        assert (request.person, request.verb, request.name) == ("dana", "get", "web-0")
        assert request.detail == {"container": "main", "follow": True, "previous": False}
        assert result.result == "ok"
        assert result.detail["lines"] == 10
        assert result.detail["bytes"] == 10 * (30 + 1 + 11)
        assert result.duration is not None

    def test_one_without_follow_ends_by_itself(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.set_pod("web-0")
        write(upstream, "web-0", ["a", "b", "c"])
        collector = open_collector(session_at_fault_server(upstream), LogOptions(follow=False, tail=2))
        collector.read_until(lambda one: one.opened.view.is_done)
        collector.events += collector.opened.view.take()[0]
        assert collector.texts == ["b", "c"]

    def test_the_previous_run_is_that_which_ended(
        self,
        session_at_fault_server,
        upstream: Upstream,
        open_collector: OpenCollector,
        audit_trail: AuditTrail,
    ) -> None:
        upstream.log("web-0").previous = [(START, b"it crashed")]
        upstream.set_pod("web-0", restarts=3, exit_code=2)
        collector = open_collector(session_at_fault_server(upstream), LogOptions(follow=False, previous=True))
        collector.read_until(lambda one: one.texts == ["it crashed"])
        assert upstream.queries[0]["previous"] == ["true"]
