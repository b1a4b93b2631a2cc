"""Benchmark of attacks: pages of others while each attack of docs/security.md runs, and memory at its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import requests

from bench.attacks.__main__ import ATTACKS
from bench.figures import Figure, percentile
from bench.product import SLUG
from bench.world import LIST, World, run_alone
from tests.dashboard_server import ROOT

GOAL = 2.0  # times the p99 without an attack
SECONDS = 20.0  # of each attack
PAUSE = 0.05  # between two pages of one person
TITLES = {
    "digits": "50,000 digits in a column “Last Seen”",
    "titles": "error pages of 64 kB of `<title>`",
    "depth": "objects of 3,000 levels",
    "large_rows": "550 ConfigMaps of 256 KiB of annotations",
    "endless": "a list that never ends",
    "large_cells": "cells of 1 MB",
    "columns": "20,000 columns",
    "large_object": "an object of 60 MB",
    "hanging": "a cluster that hangs",
    "tokens": "addresses that look like tokens, without an account",
    "flood": "messages over eight sockets as fast as they go",
    "lists": "60 list pages at once",
    "slow_heads": "1,100 connections with slow heads, without an account",
    "held_bodies": "300 held bodies, without an account",
}


def measure(world: World) -> Sequence[Figure]:
    """Others load their list and the sign-in page; the attacker is another process on the same two cores."""
    names = list(ATTACKS)[:2] if world.is_small else list(ATTACKS)
    return [_measure_attack(world, name) for name in names]


def _measure_attack(world: World, name: str) -> Figure:
    seconds = world.seconds(SECONDS)
    member = world.product.newcomer()
    calm = load_pages(world, member, seconds)
    before = world.product.read_memory()
    with attacking(world, name):
        attacked = load_pages(world, member, seconds)
        memory = world.product.read_memory()
    ratio = percentile(attacked, 99) / percentile(calm, 99)
    grown = (memory - before) / 1e6
    return Figure(
        f"others during: {TITLES[name]}",
        f"p99 <= {GOAL:.0f} x",
        f"{ratio:.1f} x: {percentile(attacked, 99) * 1000:.0f} ms; memory {grown:+.0f} MB",
        ratio <= GOAL,
        reference=f"p99 {percentile(calm, 99) * 1000:.0f} ms without it",
        notes=(
            f"{len(calm)} and {len(attacked)} pages; the median went from {percentile(calm, 50) * 1000:.0f} to "
            f"{percentile(attacked, 50) * 1000:.0f} ms.",
        ),
    )


def load_pages(world: World, name: str, seconds: float) -> list[float]:
    """Seconds that each page took: a list of a member, and the sign-in page of a stranger, one after the other."""
    member = world.product.client(name)
    stranger = requests.Session()
    stranger.trust_env = False
    taken, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        for client, path in ((member, LIST), (stranger, "/people/sign-in/")):
            began = time.monotonic()
            response = client.get(world.product.url + path, timeout=60)
            assert response.status_code == 200, f"{path}: {response.status_code}"
            taken.append(time.monotonic() - began)
            time.sleep(PAUSE)
    return taken


@contextmanager
def attacking(world: World, name: str) -> Iterator[None]:
    """The attacker's process, at the lowest priority: what it costs is our server's work, and not its own."""
    process = subprocess.Popen(
        ["nice", "-n", "19", sys.executable, "-m", "bench.attacks", name], cwd=ROOT, text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        cluster = json.loads(process.stdout.readline())
        attacker = world.product.newcomer()
        slug = f"hostile-{name.replace('_', '-')}"
        if cluster:
            world.product.run_command("dead_cluster", slug=slug, name=attacker, **cluster)
        target = {
            "port": world.product.port,
            "session": world.product.run_command("session", name=attacker),
            "slug": slug,
            "other": SLUG,
        }
        process.stdin.write(json.dumps(target) + "\n")
        process.stdin.flush()
        time.sleep(2)  # until it is under way
        yield
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    run_alone(measure)
