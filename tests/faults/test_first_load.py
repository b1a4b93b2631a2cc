"""First load of a page during a fault: its error, and other clusters unaffected."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from tests.clusters.api.faults import FaultServer, Wire, hang, respond_status, respond_with
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import USERS
from tests.dashboard_server import DashboardServer, wait_for
from tests.faults.gate import Gate, any_request
from tests.faults.page_state import PATIENCE, BrowserUser, expect_fresh, expect_state, find_row, list_names
from tests.faults.page_state import expect_texts as page_says

TIMED_OUT = "The API server did not respond in time."
UNKNOWN_NAME = "The API server's host name cannot be resolved."
NAMELESS = "https://no-such-name.invalid:6443"
OBJECTS = 150  # a list's first page has 100


@pytest.fixture(scope="module")
def hanging_cluster(dashboard: DashboardServer) -> Iterator[FaultServer]:
    """The cluster `hung`, which accepts connections and requests, and never answers."""
    with FaultServer(hang) as server:
        for one in USERS:
            if one.team:
                dashboard.run_command(
                    "dead_cluster", slug="hung", name=one.name, server=server.url, ca=server.ca
                )
        yield server


@pytest.fixture(scope="module")
def nameless_cluster(dashboard: DashboardServer) -> str:
    """The cluster `nameless`, whose address no name server knows."""
    return str(dashboard.run_command("dead_cluster", slug="nameless", name="dana", server=NAMELESS))


@pytest.mark.parametrize("path", ["shop/pods", "shop/pods/web", "shop/pods/web/yaml", "", "_all/kinds"])
def test_a_page_of_a_cluster_that_never_answers_comes_and_says_so(
    hanging_cluster, person: Callable[..., BrowserUser], path
):
    page = person("dana").open(f"/c/hung/{path}")
    page_says(page, TIMED_OUT, "opens automatically")


@pytest.mark.parametrize(("slug", "words"), [("hung", TIMED_OUT), ("nameless", UNKNOWN_NAME)])
def test_on_a_page_of_several_it_costs_its_own_rows_and_a_line(
    hanging_cluster, nameless_cluster, person, slug, words
):
    page = person("dana").open(f"/c/harbour,{slug}/shop/pods")
    page_says(page, words)
    expect(page.locator("#list-rows tr[data-cluster=harbour]").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#list-notices")).to_contain_text(slug.title())


def test_the_overview_and_the_list_of_clusters_come_and_name_it(hanging_cluster, nameless_cluster, person):
    dana = person("dana")
    overview, clusters = dana.open("/"), dana.open("/clusters/")
    for page in (overview, clusters):
        page_says(page, "Hung", "Nameless", "Harbour")
    page_says(overview, TIMED_OUT, UNKNOWN_NAME)
    expect(clusters.locator("main")).to_contain_text("Harbour")


def test_a_name_that_is_not_known_is_said(nameless_cluster, person):
    page_says(person("dana").open("/c/nameless/shop/pods"), UNKNOWN_NAME, "no-such-name.invalid")


def test_pages_of_other_clusters_come_and_are_live_while_many_wait_for_it(
    hanging_cluster, dashboard: DashboardServer, person
):
    """Sixty pages of the hanging cluster are requested without a pause, by everybody."""
    clients = [dashboard.client(one.name) for one in USERS if one.team]
    over = threading.Event()

    def asks(number: int) -> int:
        loaded = 0
        while not over.is_set():
            answer = clients[number % len(clients)].get(f"{dashboard.url}/c/hung/shop/pods", timeout=120)
            loaded += answer.status_code == 504
        return loaded

    dana = person("dana")
    with ThreadPoolExecutor(60) as people:
        loads = [people.submit(asks, number) for number in range(60)]
        try:
            for path in ("/c/far/shop/pods", "/c/harbour/shop/pods"):
                expect_state(dana.open(path), "live")
        finally:
            over.set()
        assert sum(one.result() for one in loads) > 0, "and each of them was answered, and said so"


def test_a_page_whose_first_call_gets_retry_after_opens_by_itself_and_not_sooner(
    plane: ControlPlane, gate: Gate, dashboard: DashboardServer, person: Callable[..., BrowserUser]
):
    dashboard.run_command("cluster", slug="late", server=gate.url, ca=gate.ca)  # nothing is known of it yet
    dashboard.run_command(
        "credential", name="dana", slug="late", keys={"token": plane.token("dana")}, namespace="shop"
    )
    attempts: list[float] = []
    refuses = respond_with(429, b"Too many requests, please try again later.", "text/plain", "Retry-After: 5")

    def record_attempt(wire: Wire) -> None:
        attempts.append(time.monotonic())
        refuses(wire)

    with gate.inject(any_request, record_attempt):
        page = person("dana").open("/c/late/shop/pods")
        page_says(page, "The API server is rate limiting requests.", "opens automatically")
        first = len(attempts)
        wait_for(lambda: len(attempts) > first)
    assert attempts[first] - attempts[first - 1] >= 5, "retried when it says so, never sooner"
    expect_state(page, "live")
    expect_fresh(page)


def test_a_long_list_whose_continue_token_is_too_old_is_read_again_with_no_row_lost_or_twice(
    plane: ControlPlane, gate: Gate, person: Callable[..., BrowserUser]
):
    expected = {f"paged-{number:03}" for number in range(OBJECTS)}
    plane.apply([_build_config_map(name) for name in sorted(expected)])
    met: list[str] = []

    def once(wire: Wire) -> None:
        met.append(wire.request.target)
        if len(met) == 1:
            respond_status(410, "Expired", "The provided continue parameter is too old")(wire)
        else:
            gate._forward(wire)

    with gate.inject(lambda request: "continue=" in request.target and "/configmaps" in request.target, once):
        page = person("dana").open("/c/gate/shop/configmaps?limit=200&q=paged")
        expect_state(page, "live")
        expect(page.locator("#list-rows tr")).to_have_count(OBJECTS, timeout=PATIENCE)
    assert list_names(page) == expected
    assert len(met) >= 2, "the second page was refused, and listed again from the beginning"
    plane.apply([_build_config_map("paged-after")])
    expect(find_row(page, "paged-after")).to_be_visible(timeout=PATIENCE)
    plane.kubectl("delete", "configmaps", "-n", "shop", "-l", "faults=paged")
    expect(page.locator("#list-rows tr")).to_have_count(0, timeout=PATIENCE)


def _build_config_map(name: str) -> dict[str, object]:
    metadata = {"name": name, "namespace": "shop", "labels": {"faults": "paged"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
