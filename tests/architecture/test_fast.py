"""Marker `fast`: what starts a process, a browser or a cluster is found in the code, and caught where it is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps

import pytest

from simulator.cluster import Cluster
from tests import dashboard_server, fast, postgresql, program, redis_server, simulated_cluster
from tests.browser import browser
from tests.controlplane.fixtures import controlplane, second_controlplane
from tests.demo.conftest import demo
from tests.faults.conftest import plane

FIXTURES = [
    *(controlplane, second_controlplane, plane, browser, demo),
    *(postgresql.postgresql, redis_server.redis, dashboard_server.dashboard_server),
    *(simulated_cluster.simulated_cluster, simulated_cluster.second_simulated_cluster),
]


def makes_a_cluster() -> None:
    Cluster("x", seed=1)


def starts() -> None:
    subprocess.Popen([sys.executable, "-c", ""]).wait()


def by_a_helper() -> None:
    starts()


def by_an_inner_function() -> None:
    def inner() -> None:
        by_a_helper()

    inner()


def by_an_import_within() -> None:
    from tests.program import Program

    Program([], {})


def by_a_module() -> None:
    program.Program([], {})


class Machine:
    @classmethod
    def make(cls) -> Machine:
        return cls()

    def go(self) -> None:
        starts()


class Better(Machine):
    pass


def by_a_class() -> object:
    return Better.make()


@contextmanager
def by_a_context() -> Iterator[None]:
    starts()
    yield


def wrapped(function: Callable[[], None]) -> Callable[[], None]:
    @wraps(function)
    def wrapper() -> None:
        function()

    return wrapper


by_a_decorator = wrapped(starts)
RUNS = [
    starts,
    by_a_helper,
    by_an_inner_function,
    by_an_import_within,
    by_a_module,
    by_a_class,
    by_a_context,
    makes_a_cluster,
]


def waits_for_a_command() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def starts_nothing() -> None:
    assert subprocess.PIPE
    partial(print)()


@pytest.mark.parametrize("function", [*RUNS, by_a_decorator, Machine, Better])
def test_it_finds_what_starts_something_by_whatever_way(function: object) -> None:
    assert fast.starts_something(function)


@pytest.mark.parametrize("function", [waits_for_a_command, starts_nothing, str, len])
def test_it_leaves_others_alone(function: object) -> None:
    assert not fast.starts_something(function)


@pytest.mark.parametrize("fixture", FIXTURES)
def test_it_finds_each_fixture_that_is_known_to_start_something(fixture: object) -> None:
    assert fast.starts_something(fixture._get_wrapped_function())  # type: ignore[attr-defined]


def test_it_marks_what_starts_nothing(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("fast")


def test_what_takes_long_by_nature_is_not_fast(request: pytest.FixtureRequest) -> None:
    """`-m fast` takes the place of the `-m "not long"` that is the default."""
    item = request.node
    assert fast.is_fast(item)
    item.add_marker("long")
    assert not fast.is_fast(item)


def test_it_hears_a_process_that_was_not_found(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    assert not request.node.get_closest_marker("fast"), "it starts one itself"
    monkeypatch.setattr(fast, "_fast_test", "tests/test_x.py::test_y")
    waits_for_a_command()
    assert not fast._started
    starts()
    with pytest.raises(AssertionError, match="marked fast and starts"):
        fast.pytest_runtest_teardown()
    assert not fast._started
