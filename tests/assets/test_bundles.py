"""Bundles: one style sheet and one script for each page in production."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import engines
from django.templatetags.static import static
from django.test import override_settings

from dashboard.assets.program import load_assets
from dashboard.shell.bundles import BUNDLES
from tests.dashboard_server import ROOT

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.assets.storage.AssetStorage"},
}
ADDRESS = re.compile(r'"[^"]*?/static/([^"]+\.(?:css|js))"')


def list_loaded(bundle: str) -> list[str]:
    tag = "style_sheets" if bundle.endswith(".css") else "scripts"
    return ADDRESS.findall(
        engines["django"].from_string(f'{{% load shell %}}{{% {tag} "{bundle}" %}}').render()
    )


@pytest.fixture
def in_production() -> Iterator[None]:
    with override_settings(STORAGES=STORAGES, PRODUCTION=True):
        yield


@pytest.mark.parametrize("name", BUNDLES)
def test_the_whole_is_its_parts_in_their_order(name: str) -> None:
    parts = [(ROOT / "static" / part).read_text() for part in BUNDLES[name]]
    assert load_assets()[name].content.decode() == "\n".join(parts)


@pytest.mark.parametrize("name", BUNDLES)
def test_a_page_names_the_whole_by_its_hash(in_production: None, name: str) -> None:
    assert list_loaded(name) == [load_assets()[name].hashed_name]
    assert re.fullmatch(name.replace("all.", r"all\.[0-9a-f]{12}\."), load_assets()[name].hashed_name)


def test_a_fragment_stays_and_a_file_that_is_not_there_is_an_error(in_production: None) -> None:
    icons = load_assets()["shell/icons.svg"].hashed_name
    assert static("shell/icons.svg#wheel") == f"/static/{icons}#wheel"
    with pytest.raises(ValueError, match=re.escape("shell/nome.css")):
        static("shell/nome.css")


@pytest.mark.parametrize("name", BUNDLES)
def test_in_development_each_part_is_a_file_of_its_own(name: str) -> None:
    assert list_loaded(name) == list(BUNDLES[name])


@pytest.mark.parametrize("name", sorted({part for parts in BUNDLES.values() for part in parts}))
def test_no_part_names_another_file(name: str) -> None:
    """In the folder of the whole it would not be found."""
    assert not re.search(r"""url\((?!['"]?data:)|@import|\bimport\b""", (ROOT / "static" / name).read_text())


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
