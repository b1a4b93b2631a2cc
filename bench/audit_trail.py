"""Benchmark of audit trail load: p99 of pages with and without 20 concurrent writers."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests

from bench.cluster import PERSON
from bench.figures import Figure, percentile, percentiles
from bench.product import SLUG, Product
from bench.world import LIST, World, run_alone
from tests.clusters.gateway.load_server import LoadServer

WRITERS = 20
SECONDS = 60.0
NAMESPACE = "shop"  # in which the writers of tests/clusters/gateway write
PAGES = {"a list page": LIST, "the overview": "/"}
# Threads of one Python process take turns. What a page may not do is to wait for the audit trail, which shows as a time
# that the number of writers does not explain: each of them, and the page, is one of WRITERS + 1 that run.
GOAL = WRITERS + 1.0  # times the p99 without


class ProductUnderLoad(LoadServer, Product):  # type: ignore[misc] # `open` is that of the writers
    """In production mode; its own process also changes ConfigMaps through the gateway, in a thread for each person."""


@dataclass
class Load:
    """What the writers were answered in all, and how many rows that left in the audit trail."""

    answered: int = 0
    rows: int = 0
    is_complete: bool = False
    times: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)  # page -> without, with


def measure(world: World) -> Sequence[Figure]:
    """A server of its own, since its process writes while it serves; the writers are twenty people."""
    world.api()("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    folder = world.product.folder.parent / f"{world.product.folder.name}-audit-trail"
    folder.mkdir()
    server = ProductUnderLoad(folder)
    server.start()
    try:
        load = _measure_load(world, server)
    finally:
        server.stop()
    return [_figure(name, *times, load, world) for name, times in load.times.items()]


def _measure_load(world: World, server: ProductUnderLoad) -> Load:
    names = server.prepare(world.plane, world.samples(WRITERS))
    client = server.client(PERSON)
    for path in PAGES.values():
        _page(client, server.url + path)  # its rows are loaded, and its permissions are reviewed
    load, seconds = Load(), world.seconds(SECONDS)
    world.say(f"audit trail: pages without writers, {seconds:.0f} s")
    without = _times(client, server.url, seconds)
    before = _rows(server.audit_trail())
    world.say(f"audit trail: pages with {len(names)} writers, {seconds:.0f} s")
    server.start_writing(names, seconds)
    writing = _times(client, server.url, seconds)
    load.answered = len(server.wait_for_answers())
    load.rows = _rows(server.audit_trail()) - before
    load.is_complete = load.rows == 2 * load.answered
    server._manage("verify_audit")  # an AssertionError where the chain does not hold
    load.times = {name: (without[name], writing[name]) for name in PAGES}
    return load


def _times(client: requests.Session, url: str, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each page, one after the other and by turns, for so long."""
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for name, path in PAGES.items():
            found[name].append(_page(client, url + path))
    return found


def _page(client: requests.Session, url: str) -> float:
    began = time.perf_counter()
    response = client.get(url, timeout=60)
    assert response.status_code == 200, (url, response.status_code)
    return 1000 * (time.perf_counter() - began)


def _rows(audit_trail: Path) -> int:
    """Of writes: a request and a result for each."""
    file = sqlite3.connect(audit_trail)
    try:
        query = "SELECT count(*) FROM audit_entry WHERE phase <> 'event' AND resource = 'configmaps'"
        return int(file.execute(query).fetchone()[0])
    finally:
        file.close()


def _figure(name: str, without: list[float], writing: list[float], load: Load, world: World) -> Figure:
    ratio = percentile(writing, 99) / percentile(without, 99)
    seconds = world.seconds(SECONDS)
    return Figure(
        f"{name} (p99) while {world.samples(WRITERS)} threads write to the audit trail",
        f"<= {GOAL:.0f} x, nothing lost",
        f"{ratio:.1f} x",
        load.is_complete and ratio <= GOAL,
        f"the same without writers: p99 {percentile(without, 99):.0f} ms",
        (
            f"Without: {percentiles(without, ' ms')}. With: {percentiles(writing, ' ms')}.",
            f"In {seconds:.0f} s the writers had {load.answered} answers from `{SLUG}`, and the audit trail has "
            f"{load.rows} rows of them ({load.rows / seconds:.0f} a second), a request and a result for each; "
            "the chain holds.",
            "The writers are threads of the serving process, as people's requests are: they make, change and delete "
            "ConfigMaps without a pause, so pages and writers share one interpreter as well as one audit trail.",
        ),
    )


if __name__ == "__main__":
    run_alone(measure)
