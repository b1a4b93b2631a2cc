"""Does an open page of the trail learn what is done, and nothing that is not its reader's to know?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
import requests

from tests.live.sockets import Opened, Sockets, run
from tests.served import Served

TRAIL = "/people/audit/"
NEW = re.compile(r'data-swap="rows"[^>]*data-order="([^"]*)"')
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def stranger(served: Served) -> Iterator[requests.Session]:
    with served.client() as client:
        yield client


def sign_in(served: Served, client: requests.Session, name: str, password: str) -> int:
    """By the form, as a person does; the status of the answer."""
    form = client.get(f"{served.url}/people/sign-in/")
    token = CSRF.search(form.text)
    assert token
    fields = {"csrfmiddlewaretoken": token[1], "username": name, "password": password}
    headers = {"Origin": served.url}
    answer = client.post(f"{served.url}/people/sign-in/", fields, headers=headers, allow_redirects=False)
    return answer.status_code


async def quiet(opened: Opened) -> list[str]:
    """All HTML that comes until the socket is quiet for a while."""
    heard = []
    while True:
        try:
            heard.append(await asyncio.wait_for(opened.html(), 3))
        except TimeoutError:
            return heard


def test_rows_of_this_process_and_of_others_arrive(served: Served, stranger: requests.Session) -> None:
    session = served.session("aude")

    async def deed() -> None:
        async with Sockets(served) as sockets:
            opened = await sockets.open(session, TRAIL)
            first = await opened.until('data-state="live"')
            assert "Checkpoint" in first
            status = await asyncio.to_thread(sign_in, served, stranger, "dana", "not-her-password")
            assert status == 422
            heard = await opened.until("wrong password")
            assert 'class="deed is-failed"' in heard
            assert NEW.search(heard)
            await asyncio.to_thread(served.do, "on_record", person="rene", verb="patch", reason="x-process")
            assert "x-process" in await opened.until("x-process")

    run(deed)


def test_nobody_hears_of_others(served: Served) -> None:
    dana, rene = served.session("dana"), served.session("rene")

    async def deed() -> None:
        async with Sockets(served) as sockets:
            opened = await sockets.open(dana, TRAIL)
            await opened.until('data-state="live"')
            await quiet(opened)
            for number in range(3):
                await asyncio.to_thread(
                    served.do, "on_record", person="rene", verb="create", reason=f"renes-{number}"
                )
            assert await quiet(opened) == []
            filtered = await sockets.open(dana, f"{TRAIL}?person=rene")
            assert "renes-" not in "".join(await quiet(filtered))
            await asyncio.to_thread(served.do, "on_record", person="dana", verb="create", reason="danas-own")
            heard = await opened.until("danas-own")
            assert "renes-" not in heard
            assert "Checkpoint" not in heard
            theirs = await sockets.open(rene, TRAIL)
            assert "danas-own" not in "".join(await quiet(theirs))

    run(deed)


def test_the_filter_holds_for_what_arrives(served: Served) -> None:
    session = served.session("aude")

    async def deed() -> None:
        async with Sockets(served) as sockets:
            opened = await sockets.open(session, f"{TRAIL}?result=denied&namespace=filtered")
            await opened.until('data-state="live"')
            for result in ("ok", "denied", "failed"):
                await asyncio.to_thread(
                    served.do,
                    "on_record",
                    person="dana",
                    verb="patch",
                    result=result,
                    namespace="filtered",
                    reason=f"it-{result}",
                )
            heard = await opened.until("it-denied")
            assert "it-ok" not in heard
            assert "it-failed" not in "".join(await quiet(opened))

    run(deed)


def test_an_outcome_takes_its_intents_place(served: Served) -> None:
    session = served.session("aude")

    async def deed() -> None:
        async with Sockets(served) as sockets:
            opened = await sockets.open(session, f"{TRAIL}?verb=delete&name=slow-one")
            await opened.until('data-state="live"')
            sequence = await asyncio.to_thread(
                served.do, "begun", person="dana", resource="pods", name="slow-one"
            )
            first = await opened.until("is-unknown")
            await asyncio.to_thread(served.do, "ended", sequence=sequence, result="denied")
            then = await opened.until("is-denied")
            row = re.search(r'id="(d[0-9a-f]{20})" class="deed is-denied"', then)
            assert row
            assert f'id="{row[1]}" class="deed is-unknown"' in first
            assert "c0ffee" in then

    run(deed)


def test_a_flood_does_not_flood_the_page(served: Served) -> None:
    session = served.session("aude")

    async def deed() -> tuple[int, int, str]:
        async with Sockets(served) as sockets:
            opened = await sockets.open(session, f"{TRAIL}?person=rita&verb=get")
            await opened.until('data-state="live"')
            task = asyncio.create_task(asyncio.to_thread(served.do, "flood", person="rita", count=2000))
            heard = [await opened.html()]
            while not task.done():
                heard += await quiet(opened)
            heard += await quiet(opened)
            return len(heard), sum(map(len, heard)), "".join(heard)

    messages, size, text = run(deed, 120)
    orders = NEW.findall(text)
    assert len(orders[-1].split()) == 200  # the newest hundred, each with its fields
    assert len(re.findall(r'class="deed is-ok"', text)) < 2000
    assert messages < 60
    assert size < 6_000_000


def test_only_a_page_of_ours_with_a_session_opens_it(served: Served) -> None:
    session = served.session("dana")

    async def deed() -> dict[str, int]:
        async with Sockets(served) as sockets:
            return {
                "own": await sockets.refusal(session, TRAIL),
                "nobody": await sockets.refusal("", TRAIL),
                "wrong session": await sockets.refusal("x" * 32, TRAIL),
                "foreign": await sockets.refusal(session, TRAIL, origin="https://evil.example"),
                "no origin": await sockets.refusal(session, TRAIL, origin=None),
                "older": await sockets.refusal(session, f"{TRAIL}?before=5"),
                "wrong filter": await sockets.refusal(session, f"{TRAIL}?verb=X"),
                "over": await sockets.refusal(session, f"{TRAIL}?to=1h"),
                "export": await sockets.refusal(session, f"{TRAIL}export/trail.csv"),
            }

    found = run(deed)
    assert found.pop("own") == 101
    assert set(found.values()) == {403}
