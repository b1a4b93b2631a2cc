"""Does a page load one style sheet and one script of its frame in production, with all that is in their parts?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import override_settings

from dashboard.shell.bundles import BUNDLES
from tests.served import ROOT

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.shell.bundles.BundlingStorage"},
}
ADDRESS = re.compile(r'"[^"]*?/static/(shell/[^"]+\.(?:css|js))"')


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """What an earlier version had left is there already."""
    (tmp_path / "shell").mkdir()
    (tmp_path / "shell/all.css").write_text("old")
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=STORAGES, PRODUCTION=True):
        call_command("collectstatic", "--noinput", verbosity=0)
        yield tmp_path


@pytest.mark.parametrize("name", BUNDLES)
def test_the_whole_is_its_parts_in_their_order(collected: Path, name: str) -> None:
    parts = [(ROOT / "static" / part).read_text() for part in BUNDLES[name]]
    assert (collected / name).read_text() == "\n".join(parts)
    (hashed,) = collected.glob(name.replace("all.", "all.*.") + ".gz")
    assert hashed.stat().st_size > 1000


def test_a_page_names_the_whole_by_its_hash(collected: Path) -> None:
    found = ADDRESS.findall(render_to_string("parts/head.html"))
    assert len(found) == 1
    assert re.fullmatch(r"shell/all\.[0-9a-f]{12}\.css", found[0])
    assert (collected / found[0]).read_text().strip()


def test_in_development_each_part_is_a_file_of_its_own() -> None:
    assert ADDRESS.findall(render_to_string("parts/head.html")) == list(BUNDLES["shell/all.css"])


@pytest.mark.parametrize(
    "name", [part for parts in BUNDLES.values() for part in parts if part.endswith(".js")]
)
def test_no_script_hides_or_breaks_another_in_the_same_file(name: str) -> None:
    """Each is strict, and keeps its names to itself."""
    code = re.sub(r"/\*.*?\*/", "", (ROOT / "static" / name).read_text(), flags=re.DOTALL).strip()
    assert code.startswith('"use strict";\n(() => {')
    assert code.endswith("})();")
