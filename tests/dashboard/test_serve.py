"""Command serve: first start, first administrator, and a clean exit."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.program import PATIENCE, ROOT
from tests.serve_process import run_server

PASSWORD = "sail-before-the-wind"


def open_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def submit_form(session: requests.Session, page: str, **fields: str) -> requests.Response:
    """Open a page with one form and send it."""
    found = session.get(page, timeout=20)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', found.text)
    return session.post(page, {"csrfmiddlewaretoken": token[1] if token else "", **fields}, timeout=20)


def test_it_lets_the_first_administrator_in_once_and_ends_in_good_order(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with run_server(folder) as server:
        address = server.url()
        link = server.wait_for(r"\n(http\S+/people/invitations/\S+/)\r?\n")[1]
        assert link.startswith(address)
        first, second = open_session(), open_session()
        assert second.get(f"{address}/people/", timeout=20).url.startswith(f"{address}/people/sign-in/")
        entered = submit_form(first, link)
        assert entered.url == f"{address}/people/me/"
        assert first.get(f"{address}/people/", timeout=20).status_code == 200
        assert second.get(link, timeout=20).status_code == 410
        assert second.get(f"{address}/static/shell/base.css", timeout=20).status_code == 200
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', entered.text)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "password": PASSWORD, "again": PASSWORD}
        first.post(f"{address}/people/me/password/", form, timeout=20)
        assert submit_form(second, f"{address}/people/sign-in/", username="admin", password=PASSWORD).ok
        assert second.get(f"{address}/people/", timeout=20).status_code == 200
        assert server.end() == 0
        assert "Traceback" not in server.output
    assert {path.name for path in folder.iterdir()} == {"audit.sqlite3", "keys.json", "quarterdeck.sqlite3"}
    assert folder.stat().st_mode & 0o777 == 0o700
    with run_server(folder) as server:
        server.url()
        assert server.end(signal.SIGTERM) == 0
        assert "invitations" not in server.output


def test_it_prints_a_new_link_as_long_as_nobody_administrates(tmp_path: Path) -> None:
    """A further start leaves the links of those before it alone; the first one that is used ends the others."""
    links = []
    for _ in range(3):
        with run_server(tmp_path) as server:
            links.append(server.wait_for(r"(/people/invitations/\S+/)\r?\n")[1])
            address = server.url()
            if len(links) == 3:
                for link in links:
                    assert open_session().get(address + link, timeout=20).status_code == 200
                assert submit_form(open_session(), address + links[0]).url == f"{address}/people/me/"
                for link in links:
                    assert open_session().get(address + link, timeout=20).status_code == 410
            server.end()
    assert len(set(links)) == 3


def test_a_port_that_is_taken_is_said_and_kills_no_link(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with run_server(tmp_path, QUARTERDECK_LISTEN=f"127.0.0.1:{port}") as server:
            server.process.kill()
        done = subprocess.run(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "QUARTERDECK_DATA": str(tmp_path / "second")},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert "cannot listen" in done.stderr
    assert "Traceback" not in done.stderr
    assert "invitations" not in done.stdout


@pytest.mark.parametrize("sub_path", ["", "/deck"])
def test_it_works_in_production_behind_a_proxy_that_ends_tls(tmp_path: Path, sub_path: str) -> None:
    environment = {
        "QUARTERDECK_MODE": "production",
        "QUARTERDECK_SECRET_KEY": "0123456789abcdef" * 4,
        "QUARTERDECK_SEALING_KEYS": "YSBrZXkgb2YgYSB0ZXN0LCBvZiAzMiBieXRlcyBhbGw=",
        "QUARTERDECK_PUBLIC_URL": f"https://deck.example.com:8443{sub_path}",
        "QUARTERDECK_TRUSTED_PROXIES": "127.0.0.1",
    }
    with run_server(tmp_path, **environment) as server:
        link = server.wait_for(
            r"\n(https://deck\.example\.com:8443\S+/people/invitations/\S+/|https://deck\S+)\r?\n"
        )[1]
        assert link.startswith(f"https://deck.example.com:8443{sub_path}/people/invitations/")
        listening = [
            line.split()[3]
            for line in subprocess.check_output(["ss", "-Hltnp"], text=True).splitlines()
            if f"pid={server.process.pid}," in line
        ]
        inner = f"http://{listening[0]}"
        forwarded = {
            "Host": "deck.example.com:8443",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.5",
            "Origin": "https://deck.example.com:8443",
        }
        path = link.removeprefix("https://deck.example.com:8443")
        page = requests.get(inner + path, headers=forwarded, timeout=20)
        assert page.status_code == 200
        assert page.headers["Strict-Transport-Security"]
        assert f'href="{sub_path}/static/' in page.text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        cookie = page.headers["Set-Cookie"].split(";")[0]
        assert token
        assert ("__Host-" if not sub_path else "__Secure-") in cookie
        sent = {**forwarded, "Cookie": cookie, "Referer": link}
        form = {"csrfmiddlewaretoken": token[1]}
        evil = requests.post(
            inner + path, form, headers={**sent, "Origin": "https://evil.example"}, timeout=20
        )
        assert evil.status_code == 403
        done = requests.post(inner + path, form, headers=sent, timeout=20, allow_redirects=False)
        assert done.status_code == 302
        assert done.headers["Location"] == f"{sub_path}/people/me/"
        assert "Secure" in done.headers["Set-Cookie"]
        style = re.search(rf'href="({sub_path}/static/shell/all\.[0-9a-f]+\.css)"', page.text)
        assert style, "in production the names of static files hold their hash"
        answer = requests.get(inner + style[1], headers=forwarded, timeout=20)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert requests.get(inner + path, headers={"Host": "evil.example"}, timeout=20).status_code == 400
