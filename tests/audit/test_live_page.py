"""Live audit page: new entries appear, and only those that its user can see."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
import requests

from tests.dashboard_server import DashboardServer
from tests.live.sockets import OpenSocket, Sockets, run

AUDIT_URL = "/people/audit/"
NEW = re.compile(r'data-swap="rows"[^>]*data-order="([^"]*)"')
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def stranger(dashboard_server: DashboardServer) -> Iterator[requests.Session]:
    with dashboard_server.client() as client:
        yield client


def sign_in(served: DashboardServer, client: requests.Session, name: str, password: str) -> int:
    """By the form, as a person does; the status of the answer."""
    form = client.get(f"{served.url}/people/sign-in/")
    token = CSRF.search(form.text)
    assert token
    fields = {"csrfmiddlewaretoken": token[1], "username": name, "password": password}
    headers = {"Origin": served.url}
    answer = client.post(f"{served.url}/people/sign-in/", fields, headers=headers, allow_redirects=False)
    return answer.status_code


async def read_until_quiet(opened: OpenSocket) -> list[str]:
    """All HTML that comes until the socket is quiet for a while."""
    heard = []
    while True:
        try:
            heard.append(await asyncio.wait_for(opened.read_html(), 3))
        except TimeoutError:
            return heard


def test_rows_of_this_process_and_of_others_arrive(
    dashboard_server: DashboardServer, stranger: requests.Session
) -> None:
    session = dashboard_server.session("aude")

    async def scenario() -> None:
        async with Sockets(dashboard_server) as sockets:
            opened = await sockets.open(session, AUDIT_URL)
            first = await opened.read_until('data-state="live"')
            assert "Checkpoint" in first
            status = await asyncio.to_thread(sign_in, dashboard_server, stranger, "dana", "not-her-password")
            assert status == 422
            heard = await opened.read_until("wrong password")
            assert 'class="action is-failed"' in heard
            assert NEW.search(heard)
            await asyncio.to_thread(
                dashboard_server.run_command, "record_action", person="rene", verb="patch", reason="x-process"
            )
            assert "x-process" in await opened.read_until("x-process")

    run(scenario)


def test_nobody_hears_of_others(dashboard_server: DashboardServer) -> None:
    dana, rene = dashboard_server.session("dana"), dashboard_server.session("rene")

    async def scenario() -> None:
        async with Sockets(dashboard_server) as sockets:
            opened = await sockets.open(dana, AUDIT_URL)
            await opened.read_until('data-state="live"')
            await read_until_quiet(opened)
            for number in range(3):
                await asyncio.to_thread(
                    dashboard_server.run_command,
                    "record_action",
                    person="rene",
                    verb="create",
                    reason=f"renes-{number}",
                )
            assert await read_until_quiet(opened) == []
            filtered = await sockets.open(dana, f"{AUDIT_URL}?person=rene")
            assert "renes-" not in "".join(await read_until_quiet(filtered))
            await asyncio.to_thread(
                dashboard_server.run_command,
                "record_action",
                person="dana",
                verb="create",
                reason="danas-own",
            )
            heard = await opened.read_until("danas-own")
            assert "renes-" not in heard
            assert "Checkpoint" not in heard
            theirs = await sockets.open(rene, AUDIT_URL)
            assert "danas-own" not in "".join(await read_until_quiet(theirs))

    run(scenario)


def test_the_filter_holds_for_what_arrives(dashboard_server: DashboardServer) -> None:
    session = dashboard_server.session("aude")

    async def scenario() -> None:
        async with Sockets(dashboard_server) as sockets:
            opened = await sockets.open(session, f"{AUDIT_URL}?result=denied&namespace=filtered")
            await opened.read_until('data-state="live"')
            for result in ("ok", "denied", "failed"):
                await asyncio.to_thread(
                    dashboard_server.run_command,
                    "record_action",
                    person="dana",
                    verb="patch",
                    result=result,
                    namespace="filtered",
                    reason=f"it-{result}",
                )
            heard = await opened.read_until("it-denied")
            assert "it-ok" not in heard
            assert "it-failed" not in "".join(await read_until_quiet(opened))

    run(scenario)


def test_a_result_replaces_its_request(dashboard_server: DashboardServer) -> None:
    session = dashboard_server.session("aude")

    async def scenario() -> None:
        async with Sockets(dashboard_server) as sockets:
            opened = await sockets.open(session, f"{AUDIT_URL}?verb=delete&name=slow-one")
            await opened.read_until('data-state="live"')
            sequence = await asyncio.to_thread(
                dashboard_server.run_command, "begin_write", person="dana", resource="pods", name="slow-one"
            )
            first = await opened.read_until("is-unknown")
            await asyncio.to_thread(
                dashboard_server.run_command, "end_write", sequence=sequence, result="denied"
            )
            then = await opened.read_until("is-denied")
            row = re.search(r'id="(d[0-9a-f]{20})" class="action is-denied"', then)
            assert row
            assert f'id="{row[1]}" class="action is-unknown"' in first
            assert "c0ffee" in then

    run(scenario)


def test_a_flood_does_not_flood_the_page(dashboard_server: DashboardServer) -> None:
    session = dashboard_server.session("aude")

    async def scenario() -> tuple[int, int, str]:
        async with Sockets(dashboard_server) as sockets:
            opened = await sockets.open(session, f"{AUDIT_URL}?person=rita&verb=get")
            await opened.read_until('data-state="live"')
            task = asyncio.create_task(
                asyncio.to_thread(dashboard_server.run_command, "record_flood", person="rita", count=2000)
            )
            heard = [await opened.read_html()]
            while not task.done():
                heard += await read_until_quiet(opened)
            heard += await read_until_quiet(opened)
            return len(heard), sum(map(len, heard)), "".join(heard)

    messages, size, text = run(scenario, 120)
    orders = NEW.findall(text)
    assert len(orders[-1].split()) == 200  # the newest hundred, each with its fields
    assert len(re.findall(r'class="action is-ok"', text)) < 2000
    assert messages < 60
    assert size < 6_000_000


def test_only_a_page_of_ours_with_a_session_opens_it(dashboard_server: DashboardServer) -> None:
    session = dashboard_server.session("dana")

    async def scenario() -> dict[str, int]:
        async with Sockets(dashboard_server) as sockets:
            return {
                "own": await sockets.handshake_status(session, AUDIT_URL),
                "nobody": await sockets.handshake_status("", AUDIT_URL),
                "wrong session": await sockets.handshake_status("x" * 32, AUDIT_URL),
                "foreign": await sockets.handshake_status(session, AUDIT_URL, origin="https://evil.example"),
                "no origin": await sockets.handshake_status(session, AUDIT_URL, origin=None),
                "older": await sockets.handshake_status(session, f"{AUDIT_URL}?before=5"),
                "wrong filter": await sockets.handshake_status(session, f"{AUDIT_URL}?verb=X"),
                "over": await sockets.handshake_status(session, f"{AUDIT_URL}?to=1h"),
                "export": await sockets.handshake_status(session, f"{AUDIT_URL}export/trail.csv"),
            }

    found = run(scenario)
    assert found.pop("own") == 101
    assert set(found.values()) == {403}
