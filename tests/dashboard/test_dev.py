"""Development server: it reloads what is touched, shows its errors, and refuses production and other machines."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.dashboard_server import wait_for
from tests.program import PATIENCE, ROOT, Program

AT = r"Quarterdeck is running at (http://127\.0\.0\.1:\d+)/"
COPIED = ("manage.py", "people", "clusters", "dashboard", "templates", "static")
PRODUCTION = {
    "QUARTERDECK_MODE": "production",
    "QUARTERDECK_SECRET_KEY": "0123456789abcdef" * 4,
    "QUARTERDECK_SEALING_KEYS": "YSBrZXkgb2YgYSB0ZXN0LCBvZiAzMiBieXRlcyBhbGw=",
    "QUARTERDECK_PUBLIC_URL": "https://deck.example.com",
}


def environment(folder: Path, **more: str) -> dict[str, str]:
    ours = ("QUARTERDECK_", "DATABASE_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**clean, "QUARTERDECK_DATA": str(folder / "data"), "PYTHONPATH": "", **more}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the product, since a test does not write into its own checkout."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def server(checkout: Path) -> Iterator[Program]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [str(checkout / "manage.py"), "dev", "--port", str(port)]
    running = Program(command, environment(checkout), start_new_session=True)
    yield running
    if running.process.poll() is None:
        os.killpg(running.process.pid, signal.SIGKILL)
    running.process.communicate(timeout=PATIENCE)


def get(address: str) -> str:
    """What is there; nothing while the server begins again."""
    session = requests.Session()
    session.trust_env = False
    try:
        return session.get(address, timeout=PATIENCE).text
    except requests.ConnectionError:
        return ""


def changes(file: Path, text: str, address: str, expected: str) -> None:
    """Append to the file and see it at the address. The reloader knows of no change before its first look at
    all files, so it is touched again now and then."""
    file.write_text(file.read_text() + text)
    for _ in range(6):
        with suppress(AssertionError):
            wait_for(lambda: expected in get(address), PATIENCE / 6)
            return
        os.utime(file)
    raise AssertionError(f"{expected} is not at {address} though {file} was changed")


def test_it_reloads_python_templates_and_static_files(server: Program, checkout: Path) -> None:
    address = server.wait_for(AT)[1]
    page, style = f"{address}/people/sign-in/", f"{address}/static/shell/base.css"
    assert "<form" in get(page)
    changes(checkout / "static/shell/base.css", "/* touched style */", style, "touched style")
    changes(checkout / "templates/base_plain.html", "touched template", page, "touched template")
    assert len(re.findall(AT, server.output)) == 1, "neither needs a new process"
    view = "\nurlpatterns += [path('touched/', lambda request: HttpResponse('touched code'))]\n"
    code = f"\nfrom django.http import HttpResponse\nfrom django.urls import path{view}"
    changes(checkout / "dashboard/urls.py", code, f"{address}/touched/", "touched code")
    assert "DEBUG = True" in get(f"{address}/no/such/page/"), "what only DEBUG shows"
    assert server.end() == 0
    assert len(re.findall(AT, server.output)) >= 2


def refused(folder: Path, *arguments: str, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "dev", "--port", "0", *arguments],
        cwd=ROOT, env=environment(folder, **more), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Quarterdeck is at" not in done.stdout
    return done.stderr


def test_it_refuses_production_mode(tmp_path: Path) -> None:
    assert "in production mode use `serve`" in refused(tmp_path, **PRODUCTION)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "deck.example.com"])
def test_it_refuses_to_listen_for_other_machines(tmp_path: Path, address: str) -> None:
    assert f"not on {address}" in refused(tmp_path, "--address", address)
    assert not (tmp_path / "data/quarterdeck.sqlite3").exists(), "it is refused before anything is prepared"


def test_it_reads_the_address_of_the_environment_too(tmp_path: Path) -> None:
    assert "not on 0.0.0.0" in refused(tmp_path, QUARTERDECK_LISTEN="0.0.0.0:8000")


def test_a_port_that_is_taken_ends_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "cannot listen" in refused(tmp_path, "--port", str(taken.getsockname()[1]))
