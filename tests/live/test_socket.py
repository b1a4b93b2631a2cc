"""Live socket: who can open it, and what a misbehaving client costs."""

from __future__ import annotations

import aiohttp
import pytest

from tests.live.sockets import Sockets, run

PODS = "/c/harbour/shop/pods"
FOREIGN = [
    None,
    "null",
    "https://evil.example",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1.evil.example:{port}",
    "http://localhost:{port}",
]


def handshake_status(served, session, page=PODS, **options):
    async def scenario():
        async with Sockets(served) as sockets:
            return await sockets.handshake_status(session, page, **options)

    return run(scenario)


def test_it_opens_for_the_person_of_the_session(dashboard_server):
    assert handshake_status(dashboard_server, dashboard_server.run_command("session", name="dana")) == 101


def test_it_refuses_who_is_not_signed_in(dashboard_server):
    assert handshake_status(dashboard_server, "") == 403
    assert handshake_status(dashboard_server, "no-such-session") == 403


@pytest.mark.parametrize("origin", FOREIGN)
def test_it_refuses_pages_of_another_origin(dashboard_server, origin):
    session = dashboard_server.run_command("session", name="dana")
    origin = origin.format(port=dashboard_server.port) if origin else origin
    assert handshake_status(dashboard_server, session, origin=origin) == 403


@pytest.mark.parametrize(
    "page",
    [
        "/c/nowhere/shop/pods",
        "/people/",
        "/c/harbour/SHOP/pods",
        "",
        "//evil.example/c/harbour/shop/pods",
        "/live/",
        "x" * 9000,
    ],
)
def test_it_refuses_what_is_no_live_page(dashboard_server, page):
    assert (
        handshake_status(dashboard_server, dashboard_server.run_command("session", name="dana"), page) == 403
    )


def test_it_refuses_a_cluster_that_is_not_shared_with_the_person(dashboard_server):
    assert handshake_status(dashboard_server, dashboard_server.run_command("session", name="stan")) == 403


def test_it_gives_each_the_rows_of_their_own_permissions(dashboard_server):
    async def scenario():
        async with Sockets(dashboard_server) as sockets:
            dana = await sockets.open(
                dashboard_server.run_command("session", name="dana"), "/c/harbour/pay/pods"
            )
            rene = await sockets.open(
                dashboard_server.run_command("session", name="rene"), "/c/harbour/pay/pods"
            )
            return await dana.read_until('data-state="denied"'), await rene.read_until('data-state="live"')

    dana, rene = run(scenario)
    assert "<tr id" not in dana
    assert "forbidden" in dana
    assert "<tr id" in rene


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"ack":"x"}', "not json", '{"ack":' + "[" * 5000, "x" * 20_000, '{"renew": 1}']
)
def test_it_closes_a_socket_that_sends_what_no_page_sends(dashboard_server, text):
    async def scenario():
        async with Sockets(dashboard_server) as sockets:
            opened = await sockets.open(dashboard_server.run_command("session", name="dana"), PODS)
            await opened.socket.send_str(text)
            while (await opened.socket.receive()).type == aiohttp.WSMsgType.TEXT:
                pass
            return opened.socket.close_code

    assert run(scenario) == 4403


def test_a_filter_sent_by_the_page_changes_what_it_is_sent(dashboard_server):
    async def scenario():
        async with Sockets(dashboard_server) as sockets:
            opened = await sockets.open(dashboard_server.run_command("session", name="dana"), PODS)
            first = await opened.read_until("<tr id")
            await opened.socket.send_json({"renew": "q=nothing-is-called-so"})
            return first, await opened.read_html()

    first, second = run(scenario)
    assert "<tr" in first
    assert 'data-order=""' in second
    assert "<tr" not in second.partition("list-rows")[2]


def test_a_page_that_shows_the_rows_already_is_sent_none_of_them_again(dashboard_server):
    session = dashboard_server.run_command("session", name="dana")
    page = dashboard_server.client("dana").get(dashboard_server.url + PODS).text
    window = page.partition('data-window="')[2].partition('"')[0]

    async def scenario():
        async with Sockets(dashboard_server) as sockets:
            opened = await sockets.open(session, PODS, window=window)
            return await opened.read_html()

    html = run(scenario)
    assert window
    assert "list-rows" not in html
