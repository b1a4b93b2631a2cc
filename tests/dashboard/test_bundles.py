"""Bundles: one style sheet and one script for each page in production."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template import engines
from django.test import override_settings

from dashboard.shell.bundles import BUNDLES
from tests.dashboard_server import ROOT

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.shell.bundles.BundlingStorage"},
}
ADDRESS = re.compile(r'"[^"]*?/static/([^"]+\.(?:css|js))"')


def list_loaded(bundle: str) -> list[str]:
    tag = "style_sheets" if bundle.endswith(".css") else "scripts"
    return ADDRESS.findall(
        engines["django"].from_string(f'{{% load shell %}}{{% {tag} "{bundle}" %}}').render()
    )


@pytest.fixture
def static_root(tmp_path: Path) -> Path:
    """What an earlier version had left is there already."""
    (tmp_path / "shell").mkdir()
    (tmp_path / "shell/all.css").write_text("old")
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=STORAGES, PRODUCTION=True):
        call_command("collectstatic", "--noinput", verbosity=0)
        yield tmp_path


@pytest.mark.parametrize("name", BUNDLES)
def test_the_whole_is_its_parts_in_their_order(static_root: Path, name: str) -> None:
    parts = [(ROOT / "static" / part).read_text() for part in BUNDLES[name]]
    assert (static_root / name).read_text() == "\n".join(parts)
    (hashed,) = static_root.glob(name.replace("all.", "all.*.") + ".gz")
    assert hashed.stat().st_size > 1000


@pytest.mark.parametrize("name", BUNDLES)
def test_a_page_names_the_whole_by_its_hash(static_root: Path, name: str) -> None:
    found = list_loaded(name)
    assert len(found) == 1
    assert re.fullmatch(name.replace("all.", r"all\.[0-9a-f]{12}\."), found[0])
    assert (static_root / found[0]).read_text().strip()


@pytest.mark.parametrize("name", BUNDLES)
def test_in_development_each_part_is_a_file_of_its_own(name: str) -> None:
    assert list_loaded(name) == list(BUNDLES[name])


@pytest.mark.parametrize("name", sorted({part for parts in BUNDLES.values() for part in parts}))
def test_no_part_names_another_file(name: str) -> None:
    """In the folder of the whole it would not be found."""
    assert not re.search(r"url\(|@import|\bimport\b", (ROOT / "static" / name).read_text())


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_a_page_of_the_shell_loads_nothing_beside_them(path: Path) -> None:
    """What stands alone serves pages without the frame: of who is not signed in, and of an outage."""
    text = path.read_text()
    if "base_plain.html" not in text and path.name != "base_plain.html":
        assert not re.search(r"<script\b|rel=.stylesheet", text)


@pytest.mark.parametrize("name", [part for part in BUNDLES["shell/all.js"] if not part.startswith("vendor/")])
def test_no_script_hides_or_breaks_another_in_the_same_file(name: str) -> None:
    """Each is strict, and keeps its names to itself."""
    code = re.sub(r"/\*.*?\*/", "", (ROOT / "static" / name).read_text(), flags=re.DOTALL).strip()
    assert code.startswith('(() => {\n  "use strict";\n')
    assert code.endswith("})();")
