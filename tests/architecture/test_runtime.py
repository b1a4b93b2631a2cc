"""Threads, pools and event loops: made by clusters/runtime.py alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.architecture_map import ROOT
from tests.architecture.imports import list_product_files

RUNTIME = "clusters/runtime.py"
MAKERS = {
    "ThreadPoolExecutor",
    "ProcessPoolExecutor",
    "Thread",
    "Timer",
    "Process",
    "new_event_loop",
    "Runner",
    "start_new_thread",
    "to_thread",  # makes the loop's own pool
}
MODULES = {"asyncio", "threading", "_thread", "multiprocessing", "concurrent"}

API = "clusters/api imports nothing above it"
# (file, what it makes) -> why. people/ cannot import clusters/, so its audit writer and its checks of the database
# have threads of their own.
ALLOWED = {
    ("clusters/api/async_sessions.py", "ThreadPoolExecutor"): f"{API}; DNS lookups, in 32 threads",
    (
        "clusters/api/groups.py",
        "ThreadPoolExecutor",
    ): f"{API}; six calls at once to an old API server, for one batch",
    (
        "clusters/gateway/audited_requests.py",
        "to_thread",
    ): "waits for the audit writer in the pool of whatever loop "
    "it is called in, and only for as long as one row is written",
}


def find_makers(root: Path, file: str) -> Iterator[tuple[str, str]]:
    """(file, name) for each name that makes threads or loops: imported, or called or inherited from its module."""
    for node in ast.walk(ast.parse((root / file).read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield from ((file, alias.name) for alias in node.names if alias.name in MAKERS)
        elif isinstance(node, ast.ClassDef):
            yield from ((file, name) for base in node.bases if (name := _get_maker(base)))
        elif isinstance(node, ast.Call):
            if name := _get_maker(node.func):
                yield file, name
            elif getattr(node.func, "attr", "") == "run_in_executor" and ast.unparse(node.args[0]) == "None":
                yield file, "run_in_executor"


def _get_maker(node: ast.expr) -> str:
    """The name of what makes one, taken from its module (`threading.Thread`)."""
    if not isinstance(node, ast.Attribute) or node.attr not in MAKERS | {"run"}:
        return ""
    return node.attr if ast.unparse(node.value).split(".")[0] in MODULES else ""


def list_files() -> list[str]:
    return [one for one in list_product_files(ROOT) if one.startswith(("clusters/", "dashboard/"))]


def test_only_the_runtime_makes_threads_pools_and_loops() -> None:
    found = {one for file in list_files() if file != RUNTIME for one in find_makers(ROOT, file)}
    assert found == set(ALLOWED)


def test_the_runtime_makes_all_three() -> None:
    made = {name for _file, name in find_makers(ROOT, RUNTIME)}
    assert made == {"ThreadPoolExecutor", "Thread", "new_event_loop"}


def test_every_exception_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in ALLOWED.values())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from concurrent.futures import ThreadPoolExecutor as Pool\nPool()", "ThreadPoolExecutor"),
        ("import concurrent.futures\nconcurrent.futures.ThreadPoolExecutor()", "ThreadPoolExecutor"),
        ("import threading\nthreading.Thread(target=print).start()", "Thread"),
        ("class Own(threading.Thread): pass", "Thread"),
        ("from threading import Thread", "Thread"),
        ("import asyncio\nloop = asyncio.new_event_loop()", "new_event_loop"),
        ("import asyncio\nasyncio.run(main())", "run"),
        ("import asyncio\nasyncio.get_running_loop().run_in_executor(None, print)", "run_in_executor"),
    ],
)
def test_it_sees_what_makes_one(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "found.py").write_text(text)
    assert name in {one for _file, one in find_makers(tmp_path, "found.py")}


def test_it_leaves_others_alone(tmp_path: Path) -> None:
    lines = (
        "found: threading.Thread | None = None",
        "threading.Lock()",
        "loop.run_in_executor(pool, f)",
        "asyncio.sleep(1)",
        "subprocess.run([])",
    )
    (tmp_path / "found.py").write_text("\n".join(lines))
    assert list(find_makers(tmp_path, "found.py")) == []
