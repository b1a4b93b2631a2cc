"""Static file server: style sheets and scripts bypass Django, everything else passes through."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.static_files import StaticFiles
from tests.dashboard_server import ROOT

STYLE = "/static/shell/tokens.css"


@pytest.fixture
def static_files(settings) -> StaticFiles:
    """As in production, over the files of this checkout; what goes on is answered by 299."""
    settings.WHITENOISE_AUTOREFRESH, settings.WHITENOISE_USE_FINDERS = False, True

    async def onward(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return StaticFiles(onward)


async def send_request(
    statics: StaticFiles, path: str, *, method: str = "GET", scheme: str = "http", **headers: str
):
    """(status, headers, body)."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    root = "/deck" if path.startswith("/deck/") else ""
    scope = {"path": path, "root_path": root, "method": method, "headers": pairs, "scheme": scheme}
    await statics(scope, None, send)
    found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, sent[1]["body"]


async def test_it_sends_a_file_whole(static_files):
    status, headers, body = await send_request(static_files, STYLE)
    assert (status, body) == (200, (ROOT / "static/shell/tokens.css").read_bytes())
    assert headers["content-type"].startswith("text/css")
    assert "max-age" in headers["cache-control"]


async def test_it_sends_a_file_below_a_sub_path(static_files):
    assert (await send_request(static_files, f"/deck{STYLE}"))[0] == 200


async def test_what_a_browser_has_is_not_sent_again(static_files):
    etag = (await send_request(static_files, STYLE))[1]["etag"]
    assert (await send_request(static_files, STYLE, if_none_match=etag))[::2] == (304, b"")


async def test_it_answers_head_and_ranges_and_refuses_writes(static_files):
    assert (await send_request(static_files, STYLE, method="HEAD"))[::2] == (200, b"")
    assert (await send_request(static_files, STYLE, range="bytes=0-1"))[::2] == (206, b"/*")
    assert (await send_request(static_files, STYLE, method="POST"))[0] == 405


@pytest.mark.parametrize(
    "path", ["/", "/c/harbour/", "/static/", "/static/shell/none.css", "/static/../manage.py"]
)
async def test_everything_else_goes_on(static_files, path):
    assert (await send_request(static_files, path))[0] == 299


async def test_in_development_all_goes_on(settings):
    settings.WHITENOISE_AUTOREFRESH = True
    assert StaticFiles(lambda *_: None)._files == {}


async def test_under_tls_it_is_as_strict_as_a_page(static_files, settings):
    settings.SECURE_HSTS_SECONDS = 60
    assert (await send_request(static_files, STYLE, scheme="https"))[1][
        "strict-transport-security"
    ] == "max-age=60"
    assert "strict-transport-security" not in (await send_request(static_files, STYLE))[1]
