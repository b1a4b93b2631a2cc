"""Layers and packages: the code agrees with ARCHITECTURE.md, and imports only go down."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.architecture.architecture_map import MAP, ROOT, ArchitectureMap, MapError, read_map
from tests.architecture.imports import OURS, Import, list_imports, list_product_files

RUNTIME = "clusters/runtime.py"
SHAPELESS = {"utils", "util", "core", "common", "helpers", "helper", "misc", "lib", "shared"}
SHELL_PARTS = ("parts/", "errors/")  # templates that every page uses
UNMAPPED = {"__init__.py", "__pycache__"}
MIRRORED_FOLDERS = {"templates": (), "static": ("vendor",), "tests": ("vendor",), "docs": ("screenshots",)}


@pytest.fixture(scope="module")
def architecture_map() -> ArchitectureMap:
    return read_map(MAP.read_text())


def find_wrong_imports(root: Path, plan: ArchitectureMap) -> list[str]:
    """What is against the order, one sentence each."""
    found = []
    for file in list_product_files(root):
        for one in list_imports(root, file):
            complaint = _find_fault(plan, one)
            if complaint:
                found.append(f"{file}:{one.line} imports {one.target}: {complaint}")
    return found


def _find_fault(plan: ArchitectureMap, one: Import) -> str:
    layer = one.target.split("/")[0]
    if one.target.endswith("()"):
        return "imports by name cannot be followed"
    if one.is_relative:
        return "imports are written in full"
    if layer.split(".")[0] in ("simulator", "demo", "tests", "bench"):
        return "no product code imports it"
    if layer == "dashboard" and not one.importer.startswith("dashboard/"):
        return "only its own packages import dashboard"
    above, below = plan.find_package(one.importer), plan.find_package(one.target)
    if above is not None and below is not None and below < above:
        return f"{plan.packages[below].name} stands above {plan.packages[above].name}"
    return ""


def find_unmapped(root: Path, plan: ArchitectureMap) -> list[str]:
    """Parts of the three layers, of templates/, static/, tests/ and docs/ that no package of the map names.

    A folder directly below a layer is a package: it needs a path of its own, not only that of its layer.
    """
    found = [file for file in list_product_files(root) if not file.endswith("__init__.py")]
    missing = [file for file in found if plan.find_package(file) is None]
    folders = {"/".join(file.split("/")[:2]) + "/" for file in found if file.count("/") > 1}
    missing += sorted(folders - set(plan.list_paths()))
    for folder, known in MIRRORED_FOLDERS.items():
        named = {name for package in plan.packages for name in getattr(package, folder)}
        named |= {name.removeprefix(f"{folder}/") for name in plan.tasks}
        for path in sorted((root / folder).iterdir()):
            name = f"{path.name}/" if path.is_dir() else path.name
            if path.name in UNMAPPED or path.name in known or (path.is_file() and folder == "tests"):
                continue
            if not any(each == name or each.startswith(name) for each in named):
                missing.append(f"{folder}/{name}")
    return missing


def find_missing(root: Path, plan: ArchitectureMap) -> list[str]:
    """Paths that the map names and that do not exist."""
    named = [
        f"{kind}/{name}" for kind in MIRRORED_FOLDERS for one in plan.packages for name in getattr(one, kind)
    ]
    return [path for path in [*plan.list_paths(), *named, *plan.tasks] if not (root / path).exists()]


def find_renamed(plan: ArchitectureMap) -> list[str]:
    """Folders under templates/ and static/ that are called otherwise than the package they belong to."""
    return [
        f"{package.name} has {kind}/{name}"
        for package in plan.packages
        for kind in ("templates", "static")
        for name in getattr(package, kind)
        if name.endswith("/") and name not in SHELL_PARTS and not package.name.endswith(f"/{name}")
    ]


def test_it_has_imports_only_down_the_page(architecture_map: ArchitectureMap) -> None:
    assert find_wrong_imports(ROOT, architecture_map) == []


def test_every_part_of_the_project_is_on_the_map(architecture_map: ArchitectureMap) -> None:
    assert find_unmapped(ROOT, architecture_map) == []


def test_every_part_of_the_map_exists(architecture_map: ArchitectureMap) -> None:
    assert find_missing(ROOT, architecture_map) == []


def test_templates_and_styles_have_the_name_of_their_package(architecture_map: ArchitectureMap) -> None:
    assert find_renamed(architecture_map) == []


def test_it_has_the_urls_that_the_map_names(architecture_map: ArchitectureMap) -> None:
    patterns: list[URLPattern | URLResolver] = get_resolver().url_patterns
    served = {f"/{str(one.pattern).lstrip('^').split('/')[0]}/" for one in patterns if str(one.pattern)}
    on_the_map = {url for package in architecture_map.packages for url in package.urls}
    named = on_the_map - {
        "/",
        "/live/",
        "/k8s/clusters/",
    }  # answered before Django: a websocket's, the pass-through's
    assert served == named


def test_it_keeps_django_out_of_the_api_package() -> None:
    files = [file for file in list_product_files(ROOT) if file.startswith("clusters/api/")]
    found = [one for file in files for one in list_imports(ROOT, file)]
    assert len(found) > 50
    assert [one for one in found if one.target.split(".")[0] == "django"] == []
    assert [one for one in found if "/" in one.target and not one.target.startswith("clusters/api/")] == []


def test_it_keeps_the_runtime_free_of_everything_else() -> None:
    """Every package of clusters/ can use it: it imports nothing of ours and no Django."""
    found = list(list_imports(ROOT, RUNTIME))
    assert found
    assert [one for one in found if "/" in one.target or one.target.split(".")[0] == "django"] == []


def test_it_keeps_the_simulator_to_itself() -> None:
    """It imports nothing of the three layers, and of the demo one process alone serves it."""
    assert _list_own_imports("simulator", but="simulator") == []
    assert {one.split(":")[0] for one in _list_own_imports("demo", only=("simulator",))} == {
        "demo/clusters.py"
    }
    beside = [one for one in _list_own_imports("demo", but="simulator") if one.startswith("demo/clusters.py")]
    assert {one.rpartition(" ")[2] for one in beside} == {"demo/users.py"}


def test_it_keeps_the_demo_above_the_product() -> None:
    """It imports the product and never its tests; only tools may start it."""
    assert _list_own_imports("demo", only=("tests", "bench")) == []
    assert _list_own_imports("bench", only=("demo",)) == []


def _list_own_imports(folder: str, *, but: str = "", only: tuple[str, ...] = ()) -> list[str]:
    """`file:line file` for each import of a part of ours in a folder, without one part, or of some parts alone."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.py"))
    assert files, folder
    found = [one for file in files for one in list_imports(ROOT, file)]
    parts = only or tuple(part for part in OURS if part != but)
    return [
        f"{one.importer}:{one.line} {one.target}" for one in found if re.split("[/.]", one.target)[0] in parts
    ]


def test_it_has_no_folder_for_odds_and_ends() -> None:
    folders = {
        path for name in ("people", "clusters", "dashboard", "tests") for path in (ROOT / name).rglob("*")
    }
    assert [str(path) for path in sorted(folders) if path.stem in SHAPELESS] == []


# --- does the test itself see what it is there for? A small project, broken in one place at a time


TASKS = "".join(f"- task {number} -> `people/models.py`\n" for number in range(10))
SMALL = f"""\
## dashboard/ (pages)
| `dashboard/live/` | Open pages | | | | | |
| `dashboard/shell/` | Every page | | `shell/` `parts/` | | | |
## clusters/ (engines)
| `clusters/gateway/` | Cluster sessions | | | | | |
| `clusters/api/` | One API server | | | | | |
## people/ (users)
| `people/` | Users | | | | | |

{TASKS}"""


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    for folder in (
        "dashboard/live",
        "dashboard/shell",
        "clusters/gateway",
        "clusters/api",
        "people",
        "simulator",
    ):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("templates/shell", "templates/parts", "static", "tests", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    for file in (
        "dashboard/__init__.py",
        "dashboard/live/consumer.py",
        "dashboard/shell/views.py",
        "clusters/__init__.py",
        "clusters/gateway/__init__.py",
        "clusters/gateway/connect.py",
        "clusters/api/__init__.py",
        "clusters/api/client.py",
        "people/models.py",
        "simulator/world.py",
    ):
        (tmp_path / file).write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("clusters/api/client.py", "from clusters.gateway import connect", "stands above"),
        ("clusters/api/client.py", "from clusters.gateway.connect import connect", "stands above"),
        ("clusters/api/client.py", "def f():\n    from clusters.gateway import connect", "stands above"),
        ("clusters/api/client.py", "from ..gateway.connect import connect", "written in full"),
        ("dashboard/shell/views.py", "import dashboard.live.consumer", "stands above"),
        ("people/models.py", "from clusters.api import client", "stands above"),
        ("people/models.py", "import dashboard.shell.views", "only its own packages"),
        ("people/models.py", "from importlib import import_module\nimport_module('x')", "cannot be followed"),
        ("clusters/gateway/connect.py", "from tests.controlplane.users import USERS", "no product code"),
        ("clusters/gateway/connect.py", "import simulator.world", "no product code"),
        ("dashboard/shell/views.py", "from demo.users import USERS", "no product code"),
    ],
)
def test_it_sees_an_import_against_the_order(
    small_project: Path, file: str, line: str, complaint: str
) -> None:
    (small_project / file).write_text(f"{line}\n")
    found = find_wrong_imports(small_project, read_map(SMALL))
    assert len(found) == 1
    assert complaint in found[0]


def test_it_leaves_imports_down_the_page_alone(small_project: Path) -> None:
    (small_project / "dashboard/live/consumer.py").write_text(
        "import dashboard.shell.views\nfrom clusters.gateway import connect\nfrom clusters.api.client import Client\n"
        "from people.models import User\nimport django\n"
    )
    assert find_wrong_imports(small_project, read_map(SMALL)) == []


@pytest.mark.parametrize(
    "path",
    ["clusters/watch.py", "dashboard/logs/tail.py", "people/audit/chain.py", "templates/logs/page.html"],
)
def test_it_sees_a_package_that_is_not_on_the_map(small_project: Path, path: str) -> None:
    (small_project / path).parent.mkdir(exist_ok=True)
    (small_project / path).write_text("")
    assert find_unmapped(small_project, read_map(SMALL)) != []


@pytest.mark.parametrize("path", ["clusters/gateway", "templates/shell", "people/models.py"])
def test_it_sees_a_part_of_the_map_that_does_not_exist(small_project: Path, path: str) -> None:
    assert find_missing(small_project, read_map(SMALL)) == []
    (small_project / path).rename(small_project / "elsewhere")
    assert find_missing(small_project, read_map(SMALL)) != []


def test_it_sees_a_folder_with_another_name_than_its_package() -> None:
    assert find_renamed(read_map(SMALL)) == []
    assert find_renamed(read_map(SMALL.replace("`shell/`", "`chrome/`"))) != []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("## clusters/ (", "### clusters/ ("),
        ("One API server |", "What does an API server say? |"),
        ("One API server |", "One API server. |"),
        ("One API server |", "|"),
        ("| Open pages | | | | | |", "| Open pages | | | |"),
        ("- task 9 -> ", "- task 9: "),
        ("`clusters/gateway/`", "`gateway/`"),
        ("| `people/` | Users | | | | | |\n", ""),
    ],
)
def test_it_sees_a_map_that_no_longer_parses(good: str, bad: str) -> None:
    assert good in SMALL
    with pytest.raises(MapError):
        read_map(SMALL.replace(good, bad))
