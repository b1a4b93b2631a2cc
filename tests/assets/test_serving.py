"""Static file server: style sheets and scripts bypass Django, everything else passes through."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from dashboard.assets.program import load_assets
from dashboard.assets.serving import StaticFiles
from tests.dashboard_server import ROOT

STYLE = "/static/shell/tokens.css"


@pytest.fixture
def static_files(settings, transactional_db) -> StaticFiles:
    """As in production, over the files of this checkout; what goes on is answered by 299."""
    settings.PRODUCTION = True

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


async def test_it_answers_head_and_refuses_writes(static_files):
    assert (await send_request(static_files, STYLE, method="HEAD"))[::2] == (200, b"")
    assert (await send_request(static_files, STYLE, method="POST"))[0] == 405


async def test_it_compresses_for_who_takes_it(static_files):
    status, headers, body = await send_request(static_files, STYLE, accept_encoding="br, gzip")
    assert (status, headers["content-encoding"], headers["vary"]) == (200, "gzip", "Accept-Encoding")
    assert int(headers["content-length"]) == len(body)
    assert gzip.decompress(body) == (ROOT / "static/shell/tokens.css").read_bytes()


@pytest.mark.parametrize("name", ["shell/all.css", "shell/all.js", "shell/icons.svg"])
async def test_under_its_hashed_name_a_browser_may_keep_it_for_ever(static_files, name):
    asset = load_assets()[name]
    status, headers, body = await send_request(static_files, f"/static/{asset.hashed_name}")
    assert (status, body) == (200, asset.content)
    assert "immutable" in headers["cache-control"]
    assert "immutable" not in (await send_request(static_files, f"/static/{name}"))[1]["cache-control"]


@pytest.mark.parametrize(
    "path", ["/", "/c/harbour/", "/static/", "/static/shell/none.css", "/static/../manage.py"]
)
async def test_everything_else_goes_on(static_files, path):
    assert (await send_request(static_files, path))[0] == 299


async def test_in_development_all_goes_on(settings):
    reached = []

    async def onward(scope, _receive, _send):
        reached.append(scope["path"])

    settings.PRODUCTION = False
    await StaticFiles(onward)({"path": STYLE, "root_path": ""}, None, None)
    assert reached == [STYLE]


async def test_under_tls_it_is_as_strict_as_a_page(static_files, settings):
    settings.SECURE_HSTS_SECONDS = 60
    assert (await send_request(static_files, STYLE, scheme="https"))[1][
        "strict-transport-security"
    ] == "max-age=60"
    assert "strict-transport-security" not in (await send_request(static_files, STYLE))[1]
