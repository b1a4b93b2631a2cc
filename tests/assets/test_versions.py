"""Rolling upgrade: an old and a new version beside each other serve each other's style sheets and scripts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import requests

from tests.dashboard.test_serve import open_session
from tests.empty_database import create_database
from tests.postgresql import find_free_port
from tests.program import ROOT
from tests.serve_process import PRODUCTION, run_server

VERSIONS = ("old", "new")
HOST = {"Host": "localhost:8000"}
ASSET = re.compile(r'"(/static/[^"#]+)')
PAGE = "/people/sign-in/"


def copy_program(folder: Path, version: str) -> Path:
    """A checkout of its own, whose style sheets and scripts are of that version."""
    for name in ("people", "clusters", "dashboard", "static", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "manage.py", folder / "manage.py")
    for name in ("shell/tokens.css", "shell/copy.js"):
        with (folder / "static" / name).open("a") as file:
            file.write(f"/* {version} */")
    return folder


@pytest.fixture(scope="module")
def database(postgresql: str) -> str:
    return create_database(postgresql, "versions")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[list[str]]:
    """One process of either version, with data folders of their own: the old one is there when the new one starts."""
    folder = tmp_path_factory.mktemp("versions")
    with ExitStack() as stack:
        started = []
        for version in VERSIONS:
            program = copy_program(folder / version, version)
            port = find_free_port()
            server = stack.enter_context(
                run_server(
                    folder / f"data of {version}", program=program, DATABASE_URL=database, **PRODUCTION,
                    QUARTERDECK_LISTEN=f"127.0.0.1:{port}",
                )
            )  # fmt: skip
            server.wait_for("Quarterdeck is running at")
            started.append(f"http://127.0.0.1:{port}")
        yield started


def load(url: str) -> requests.Response:
    return open_session().get(url, headers=HOST, timeout=20)


def list_assets(server: str) -> list[str]:
    page = load(server + PAGE)
    assert page.status_code == 200
    found = ASSET.findall(page.text)
    assert any(name.endswith(".css") for name in found)
    assert any(name.endswith(".js") for name in found)
    return found


@pytest.mark.parametrize("page_of", [0, 1], ids=VERSIONS)
def test_a_page_loads_all_of_its_files_from_either_process(servers: list[str], page_of: int) -> None:
    for name in list_assets(servers[page_of]):
        own, other = (load(servers[which] + name) for which in (page_of, 1 - page_of))
        assert (own.status_code, other.status_code) == (200, 200), name
        assert own.content == other.content
        for header in ("Content-Type", "Cache-Control", "ETag", "X-Content-Type-Options"):
            assert own.headers[header] == other.headers[header]
        assert "immutable" in other.headers["Cache-Control"]
    assert set(list_assets(servers[0])).isdisjoint(
        name for name in list_assets(servers[1]) if name.endswith(("all.css", "all.js"))
    )


def test_a_file_that_no_version_has_is_not_found(servers: list[str]) -> None:
    assert load(f"{servers[0]}/static/shell/all.0123456789ab.css").status_code == 404


def test_a_script_that_somebody_wrote_into_the_database_is_not_served(
    servers: list[str], database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "insert into assets_sharedasset (hashed_name, content, signature, started_at) "
            "select 'shell/evil.js', 'alert(1)', signature, started_at from assets_sharedasset limit 1"
        )
    for server in servers:
        assert load(f"{server}/static/shell/evil.js").status_code == 404
