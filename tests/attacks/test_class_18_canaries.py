"""Canary detection: a secret in a log, page, header, URL, browser storage or file fails the run (class 18).

Every test looks for one (tests/canary_watch.py, tests/browser.py, tests/dashboard_server.py); here each location
gets one.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from dashboard.monitoring.log_redaction import RedactingFormatter, redact
from dashboard.monitoring.logs import build_json_formatter
from dashboard.monitoring.metrics import REQUEST_SECONDS, observe_request
from tests import canary, canary_watch
from tests.attacks.asgi_requests import send_request
from tests.browser import check_for_secrets
from tests.clusters.credentials.certificates import make_certificate, make_jwt, to_base64

SECRET = "canary-of-the-canaries-" + "7"
KEY = make_certificate("canaries")[1]
# A key in whose lines another rule sees words: one key in five has one, and what followed it stayed in the log.
WORDS = f"-----BEGIN PRIVATE KEY-----\n{'aB3' * 20}/Op6\n{'aB3' * 21}/\n-----END PRIVATE KEY-----\n"


@pytest.fixture(autouse=True)
def planted_canaries() -> Iterator[None]:
    """What is found here is what was to be found."""
    canary.plant("the canary's canary", SECRET)
    canary.plant("the canary's key", KEY)
    yield
    canary.findings.clear()
    canary._planted.pop(SECRET)
    canary._planted.pop(KEY)


def take_findings() -> set[str]:
    seen = {one.what for one in canary.findings}
    canary.findings.clear()
    return seen


def list_spellings() -> list[str]:
    return [
        SECRET,
        to_base64(SECRET),
        f"x{SECRET}x",
        KEY,
        KEY.replace("\n", "\\n"),
        to_base64(f"a{SECRET}")[:-4] + SECRET,
    ]


@pytest.mark.parametrize("text", list_spellings()[:5])
def test_it_is_found_however_it_is_spelt(text: str) -> None:
    canary.check_text(f"before {text} after", "a text")
    assert take_findings()


def test_it_is_found_in_the_log_of_this_process_at_debug() -> None:
    logging.getLogger("anybody.at.all").debug("a line with %s", SECRET)
    canary_watch.check_own_log()
    assert "the canary's canary" in take_findings()


def test_it_is_found_in_the_traceback_of_an_error() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("anybody").exception("it broke")
    canary_watch.check_own_log()
    assert "the canary's canary" in take_findings()


def test_it_is_found_in_the_log_of_either_format() -> None:
    logging.getLogger("anybody").error("a line with %s", SECRET)
    canary_watch.check_own_log()
    assert {one.where for one in canary.findings} == {
        "the log of this process",
        "the JSON log of this process",
    }


def test_it_is_found_in_the_metrics() -> None:
    observe_request(SECRET, "GET", 200, 0.1)
    canary_watch.check_metrics()
    REQUEST_SECONDS.remove(SECRET, "GET", "2xx")
    assert "the canary's canary" in take_findings()


async def test_it_is_found_in_a_header_of_the_whole_application() -> None:
    async def application(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-told", SECRET.encode())]})
        await send({"type": "http.response.body", "body": b""})

    await send_request("GET", "/x/", application=application)
    assert "the canary's canary" in take_findings()


@pytest.mark.parametrize("location", ["body", "header", "cookie"])
def test_it_is_found_in_a_response(location: str) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        response = HttpResponse(SECRET if location == "body" else "")
        if location == "header":
            response["X-Secret"] = SECRET
        elif location == "cookie":
            response.set_cookie("secret", SECRET)
        return response

    request = HttpRequest()
    request.method, request.path = "GET", "/x/"
    canary_watch.canary_middleware(view)(request)
    assert "the canary's canary" in take_findings()


def test_it_is_found_on_a_page_of_ours(db: None) -> None:
    """The name that was written at sign-in stands in the form again."""
    Client().post("/people/sign-in/", {"username": SECRET, "password": "wrong-again"})
    assert "the canary's canary" in take_findings()


def test_what_was_typed_as_a_secret_is_searched_for_too(db: None) -> None:
    Client().post("/people/sign-in/", {"username": "x", "password": "a-password-of-mine", "next": "/"})
    logging.getLogger("anybody").warning("somebody typed a-password-of-mine")
    canary_watch.check_own_log()
    assert "what was typed as password" in take_findings()


@pytest.mark.parametrize("location", ["page", "storage", "address"])
def test_it_is_found_in_a_browser(new_page, live_server, location: str) -> None:
    page = new_page()
    page.goto(f"{live_server.url}/people/sign-in/" + (f"?next=/{SECRET}" if location == "address" else ""))
    canary.findings.clear()  # of the address, which is in the form
    if location == "page":
        page.evaluate("(secret) => { document.title = secret; }", SECRET)
    elif location == "storage":
        page.evaluate("(secret) => sessionStorage.setItem('x', secret)", SECRET)
    check_for_secrets(page)
    assert "the canary's canary" in take_findings()
    page.goto("about:blank")


@pytest.mark.parametrize("name", ["server.log", "db.sqlite3", "audit.sqlite3-wal"])
def test_it_is_found_on_a_disk(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00\x01" + SECRET.encode() + b"\xff")
    canary.check_folder(tmp_path)
    assert "the canary's canary" in take_findings()


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"Forbidden: /people/invitations/{'aB3' * 14}x/",
        f"Not Found: /people/invitation/{'aB3' * 14}x",
        f"the token {make_jwt(exp=1)} was refused",
        KEY,
        repr(KEY),
        WORDS,
        repr(WORDS),
        f"client-key-data: {to_base64(KEY)}",
    ],
)
def test_a_log_is_redacted_by_shape_whatever_wrote_it(text: str) -> None:
    line = redact(text)
    assert "***" in line
    assert not any(one in line for one in (SECRET, "aB3aB3", KEY.splitlines()[1], KEY.splitlines()[2][:20]))
    assert canary.find_secret_patterns(line) == []


@pytest.mark.parametrize(
    "text", [f"Authorization: Bearer {SECRET}", KEY, WORDS, f'"{KEY}"', f'"{WORDS[:60]}"']
)
def test_a_line_of_json_is_redacted_and_stays_json(text: str) -> None:
    """In the message and in the traceback, where a quote follows the secret too."""
    try:
        raise ValueError(f"refused {text}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "said %s", (text,), sys.exc_info())
    line = build_json_formatter().format(record)
    found = json.loads(line)
    assert "***" in found["message"]
    assert "***" in found["exception"]
    assert not any(one in line for one in (SECRET, "aB3aB3", KEY.splitlines()[1], KEY.splitlines()[2][:20]))
    assert canary.find_secret_patterns(line) == []


@pytest.mark.parametrize(
    "text",
    ["GET /c/harbour/shop/pods/web-7d9c8b5c4d-x2x7z HTTP/1.1", "sha256:" + "ab12" * 16, "tests/attacks/x.py"],
)
def test_other_lines_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\x1b[2Jb", "a\u202eb", "a\x00b", "a\u2028b", "a\x9bb"])
def test_a_message_is_one_line_and_shows_what_it_holds(text: str) -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "said: %s", (text,), None)
    line = RedactingFormatter("{levelname}: {message}", style="{").format(record)
    assert line.isascii()
    assert line.isprintable()
    assert line.startswith("INFO: said: a\\")


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[2Jb", "a\u202eb", "a\x00b", 'a"}\n{"level": "info"}'])
def test_a_line_of_json_is_one_line_and_turns_no_terminal(text: str) -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "said: %s", (text,), None)
    line = build_json_formatter().format(record)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"].replace("\n", "").isprintable()
