"""Folders: no cycle of imports between them, and none with too many modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.architecture_map import ROOT
from tests.architecture.folders import (
    LARGE_FOLDER,
    build_folder_graph,
    find_cycles,
    find_large_folders,
)
from tests.architecture.imports import PRODUCT

# Each with the reason why it reads better undivided.
LARGE_FOLDERS = {
    "clusters/api": "one API server: its parts import each other, and a folder inside would cut a layer in two",
    "dashboard/actions": "one file for each group of actions, in a table to look through",
    "simulator/writing": "the write path of an API server, one step of a request in each file",
    "simulator/controllers": "one file for each controller of kube-controller-manager, in a list to look through",
}


def test_it_has_no_cycle_between_folders() -> None:
    graph = build_folder_graph(ROOT)
    assert len(graph) > 20
    assert find_cycles(graph) == []


def test_it_has_no_folder_with_too_many_modules() -> None:
    assert find_large_folders(ROOT, (*PRODUCT, "simulator", "demo")) == sorted(LARGE_FOLDERS)
    assert all(len(reason) > 20 for reason in LARGE_FOLDERS.values())


# --- does the test itself see what it is there for? A small project, broken in one place at a time


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    files = {
        "dashboard/lists/views.py": "from dashboard.frame import menu\nfrom clusters.api.client import Client\n",
        "dashboard/frame/menu.py": "from dashboard.frame import notices\nimport dashboard.kinds.pods\n",
        "dashboard/frame/notices.py": "from dashboard.frame.menu import build_menu\nimport django\n",
        "dashboard/kinds/pods.py": "from people.models import User\n",
        "clusters/api/client.py": "import requests\n",
        "people/models.py": "",
    }
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    return tmp_path


def test_it_leaves_imports_within_a_folder_alone(small_project: Path) -> None:
    graph = build_folder_graph(small_project)
    assert set(graph["dashboard/lists"]) == {"dashboard/frame", "clusters/api"}
    assert find_cycles(graph) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("dashboard/frame/menu.py", "from dashboard.lists.views import list_page"),
        ("dashboard/kinds/pods.py", "import dashboard.lists.views"),
        ("dashboard/kinds/pods.py", "def f():\n    from dashboard.frame import menu"),
        ("people/models.py", "if TYPE_CHECKING:\n    from dashboard.lists import views"),
    ],
)
def test_it_sees_a_cycle(small_project: Path, file: str, text: str) -> None:
    (small_project / file).write_text(f"{(small_project / file).read_text()}{text}\n")
    found = find_cycles(build_folder_graph(small_project))
    assert any(one.startswith(f"{file}:") for one in found), found


def test_it_sees_a_large_folder(small_project: Path) -> None:
    for number in range(LARGE_FOLDER - 1):
        (small_project / f"dashboard/lists/part_{number}.py").write_text("")
    (small_project / "dashboard/lists/__init__.py").write_text("")
    assert find_large_folders(small_project, PRODUCT) == []
    (small_project / "dashboard/lists/one_more.py").write_text("")
    assert find_large_folders(small_project, PRODUCT) == ["dashboard/lists"]
