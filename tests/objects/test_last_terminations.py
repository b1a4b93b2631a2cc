"""The page of a pod: how its containers ended, in text that needs no pointer."""

from __future__ import annotations

from django.template.loader import render_to_string

from dashboard.kinds.table import kind_of
from tests.address.catalog import LINKS

CRASHED = {
    "exitCode": 137,
    "signal": 9,
    "reason": "OOMKilled",
    "message": "out of memory",
    "startedAt": "2026-01-01T10:00:00Z",
    "finishedAt": "2026-01-01T10:05:00Z",
}


def pod(*statuses: dict) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{"name": one["name"], "image": "web:1"} for one in statuses]},
        "status": {"phase": "Running", "containerStatuses": list(statuses)},
    }


def tables(found: dict) -> dict[str, str]:
    made = kind_of(found).summarize(found, LINKS).tables
    return {one.title: render_to_string("objects/small_table.html", {"table": one}) for one in made}


def test_it_shows_how_a_container_ended_last():
    page = tables(pod({"name": "app", "restartCount": 3, "lastState": {"terminated": CRASHED}}))
    ended = page["Last terminations"]
    for shown in (
        "app",
        "OOMKilled",
        "137",
        ">9<",
        "out of memory",
        "2026-01-01T10:00:00",
        "2026-01-01T10:05:00",
        "5m",
        "no memory limit of its own",
    ):
        assert shown in ended, shown


def test_it_prefers_the_end_that_is_the_present_state():
    now = CRASHED | {"exitCode": 1, "reason": "Error"}
    ended = tables(pod({"name": "app", "state": {"terminated": now}, "lastState": {"terminated": CRASHED}}))
    assert "Error" in ended["Last terminations"]
    assert "OOMKilled" not in ended["Last terminations"]


def test_it_has_no_such_table_for_containers_that_never_ended():
    page = tables(pod({"name": "app", "state": {"running": {"startedAt": "2026-01-01T10:00:00Z"}}}))
    assert "Last terminations" not in page


def test_the_message_of_a_waiting_container_is_text_and_no_tooltip():
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
    (shown,) = tables(pod({"name": "app", "state": {"waiting": waiting}})).values()
    assert '<div class="hint">Back-off pulling image</div>' in shown
    assert "title=" not in shown
