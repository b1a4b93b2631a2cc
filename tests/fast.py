"""Marker `fast`, derived from fixtures: tests that start no control plane, simulated cluster, browser or server.

A test is fast where neither its own code nor that of a fixture in its closure reaches one of STARTERS. What is reached
is read from the compiled code: the global names that a function uses, and what those use in turn, as long as they are
of this project's tests and programs. So a fixture that starts a server tomorrow is known without being listed here.
A fast test that starts one nevertheless fails: the derivation cannot be wrong in silence.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from types import CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from tests.simulated_cluster import SimulatedCluster

# A program that ends by itself (`subprocess.run`) is none: `git ls-files`, or one command of manage.py.
STARTERS = (
    subprocess.Popen,
    asyncio.create_subprocess_exec,
    multiprocessing.Process,
    os.fork,
    os.posix_spawn,
    sync_playwright,
    SimulatedCluster,
)
STARTING_FIXTURES = {"live_server"}  # of pytest-django, whose code is not read
FOLLOWED = ("tests", "demo", "bench")  # the packages whose code is; the product itself starts nothing


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fast: starts no control plane, simulated cluster, browser or server")
    sys.addaudithook(_hear)  # it cannot be taken away again


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before pytest looks which are selected."""
    for item in items:
        if isinstance(item, pytest.Function) and is_fast(item):
            item.add_marker("fast")


def is_fast(item: pytest.Function) -> bool:
    if STARTING_FIXTURES & set(item.fixturenames):
        return False
    definitions = item._fixtureinfo.name2fixturedefs  # pytest has no public name for a fixture's function
    fixtures = [one.func for name in item.fixturenames for one in definitions.get(name, ())[-1:]]
    return not any(starts_something(one) for one in (item.obj, *fixtures))


@cache
def starts_something(thing: Any) -> bool:
    """Whether running this function, or making and using this class, can reach one of STARTERS."""
    seen: set[int] = set()
    waiting = [thing]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if any(one is starter for starter in STARTERS):
            return True
        waiting.extend(uses_of(one))
    return False


def uses_of(thing: Any) -> Iterator[Any]:
    """What a function names, what a class has; of what is not ours, nothing."""
    thing = thing.__func__ if isinstance(thing, MethodType | staticmethod | classmethod) else thing
    if isinstance(thing, property):
        yield from (one for one in (thing.fget, thing.fset) if one)
    elif inner := getattr(thing, "hypothesis", None) or getattr(thing, "__wrapped__", None):
        yield getattr(inner, "inner_test", inner)
    elif not _is_ours(thing):
        return
    elif isinstance(thing, FunctionType):
        yield from _named_by(thing.__code__, thing.__globals__)
        yield from (cell.cell_contents for cell in thing.__closure__ or () if _is_filled(cell))
    elif isinstance(thing, type):
        yield from thing.__bases__
        yield from vars(thing).values()
    else:
        yield type(thing)


def _named_by(code: CodeType, known: dict[str, Any]) -> Iterator[Any]:
    for name in code.co_names:
        if name in known:
            yield from _opened(known[name], code)
        elif name in sys.modules:  # an import within the function
            yield from _opened(sys.modules[name], code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _named_by(constant, known)


def _opened(thing: Any, code: CodeType) -> Iterator[Any]:
    """Of a module, what of it is named beside it."""
    if isinstance(thing, ModuleType):
        yield from (vars(thing)[name] for name in code.co_names if name in vars(thing))
    else:
        yield thing


def _is_ours(thing: Any) -> bool:
    module = getattr(thing, "__module__", None) or ""
    return isinstance(module, str) and module.partition(".")[0] in FOLLOWED


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


# --- the other way round: what is marked starts nothing

_fast_test = ""  # the one that runs; empty where the running one may start what it likes
_started: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    global _fast_test  # noqa: PLW0603 - the interpreter's hook has nowhere else to look
    _fast_test = item.nodeid if item.get_closest_marker("fast") else ""


def pytest_runtest_teardown() -> None:
    started = _started[:]
    _started.clear()
    assert not started, f"It is marked fast and starts {started}: tests/fast.py does not see by which way."


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    is_start = event in ("os.fork", "os.posix_spawn", "subprocess.Popen")
    if _fast_test and is_start and not _is_awaited(sys._getframe(1)):
        _started.append(f"{event} {str(arguments[:2])[:200]}")


def _is_awaited(frame: FrameType | None) -> bool:
    """Whether it is `subprocess.run` that starts it."""
    while frame is not None and frame.f_globals.get("__name__") == "subprocess":
        if frame.f_code is subprocess.run.__code__:
            return True
        frame = frame.f_back
    return False
