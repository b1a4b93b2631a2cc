"""After sign-out, is all dead that the session had: pages, sockets, tokens, what the browser kept? (Class 26.)"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import expect

from people.control import session_group
from tests.attacks.fortress import Fortress
from tests.attacks.house import House
from tests.attacks.routes import routes
from tests.attacks.rules import IN, Rule, expected, rule_of
from tests.attacks.sockets import SIGNED_OUT, answer, close_code, knock, live_pages, opened, socket_paths
from tests.attacks.upstream import Recorder
from tests.stage import session as begin_session

Leave = Callable[[House, Client, str], HttpResponse]


def _own_entry(house: House, client: Client, token: str) -> HttpResponse:
    mark = session_group(house.sessions["dana"]).removeprefix("session.")
    return client.post(f"/people/sessions/{mark}/end/", {"csrfmiddlewaretoken": token})


WAYS_OUT: dict[str, Leave] = {
    "sign-out": lambda _house, client, token: client.post(
        "/people/sign-out/", {"csrfmiddlewaretoken": token}
    ),
    "everywhere": lambda _house, client, token: client.post(
        "/people/sessions/sign-out-everywhere/", {"csrfmiddlewaretoken": token}
    ),
    "one's own entry in the list": _own_entry,
}


def _token(client: Client) -> str:
    return str(client.get("/people/me/").context["csrf_token"])


@pytest.mark.parametrize("leave", WAYS_OUT.values(), ids=WAYS_OUT.keys())
def test_no_page_and_no_form_knows_the_session_any_more(
    house: House, recorder: Recorder, leave: Leave
) -> None:
    """With the cookies and the token as somebody kept them, on every route."""
    client = house.browser("dana", strict=True)
    token = _token(client)
    kept = {name: cookie.value for name, cookie in client.cookies.items()}
    gone = leave(house, client, token)
    assert gone.status_code == 302
    assert gone["Clear-Site-Data"] == '"cache"'
    wrong = []
    with recorder.watched() as seen:
        for route in routes():
            if rule_of(route) is Rule.OPEN:
                continue
            for method in sorted(house.methods(route) - {"HEAD"}):
                thief = Client(enforce_csrf_checks=True)
                for name, value in kept.items():
                    thief.cookies[name] = value
                found = getattr(thief, method.lower())(house.address(route), {"csrfmiddlewaretoken": token})
                if found.status_code != 302 or not found["Location"].startswith("/people/sign-in/"):
                    wrong.append(f"{method} {route}: {found.status_code}")
    assert not wrong, "\n".join(wrong)
    assert seen.is_nothing, seen


@pytest.mark.parametrize("leave", WAYS_OUT.values(), ids=WAYS_OUT.keys())
def test_the_token_of_the_session_before_is_good_for_no_form_of_the_next(house: House, leave: Leave) -> None:
    """In the same browser: somebody else signs in at the same machine."""
    client = house.browser("dana", strict=True)
    token = _token(client)
    leave(house, client, token)
    client.cookies[settings.SESSION_COOKIE_NAME] = house.sessions["rene"]
    taken = []
    for route in house.writing():
        page = client.post(house.address(route), {"csrfmiddlewaretoken": token})
        if page.status_code != 403 or b"This form is too old" not in page.content:
            taken.append(f"{route}: {page.status_code}")
    assert not taken, "\n".join(taken)


async def test_all_sockets_of_the_session_end_and_no_new_one_opens(open_house: House) -> None:
    """Those of every live page, in every tab; another browser of the same person goes on."""
    pages, path = (await live_pages(open_house)).values(), socket_paths()[0]
    session = open_house.sessions["dana"]
    elsewhere = await database_sync_to_async(begin_session)("dana")
    other = knock(path, session=elsewhere, page="/c/harbour/shop/pods")
    tabs = [knock(path, session=session, page=page) for page in pages]
    for tab in tabs:
        assert (await tab.connect(timeout=30))[0]
    async with opened(other):
        await database_sync_to_async(_sign_out)(open_house)
        assert [await close_code(tab) for tab in tabs] == [SIGNED_OUT] * len(tabs)
        for page in pages:
            assert await answer(knock(path, session=session, page=page)) == SIGNED_OUT
        await other.send_json_to({"what": "no page sends"})
        assert await close_code(other) != SIGNED_OUT


def test_nothing_that_was_signed_in_for_is_kept_by_a_browser_or_a_proxy(house: House) -> None:
    """Every page of every route, also where it refuses: `no-store`, so that going back shows nothing."""
    kept = []
    for who in ("", "ada", "dana", "stan"):
        for route in routes():
            for method in sorted(house.methods(route) & {"GET"}):
                page = getattr(house.browser(who), method.lower())(house.address(route))
                if "no-store" not in page.get("Cache-Control", ""):
                    kept.append(f"{method} {route} as {who}: {page.status_code}")
    assert not kept, "\n".join(kept)


def test_every_view_that_holds_something_asks_whose_session_it_is(house: House) -> None:
    """What is open to who is signed out shows nothing of who was."""
    words = ("Dana", "Harbour")
    shown = {}
    for route in routes():
        if expected(route, "", writes=False) == IN and "GET" in house.methods(route):
            page = house.browser().get(house.address(route)).content.decode()
            shown[route.name] = [word for word in words if word in page]
    assert {"people:sign_in", "people:invitation"} <= set(shown)
    assert not any(shown.values()), shown
    theirs = (
        house.browser("dana").get("/people/me/").content + house.browser("dana").get("/clusters/").content
    )
    assert all(word in theirs.decode() for word in words), "these are the words that pages of who is in have"


def test_going_back_in_a_real_browser_shows_nothing(fortress: Fortress, new_page) -> None:
    """In production mode, behind TLS, as people have it."""
    page = new_page(ignore_https_errors=True)
    page.set_default_timeout(60_000)
    fortress.sign_in(page.context, "ada")
    page.goto(f"{fortress.url}/c/harbour/shop/configmaps")
    expect(page.get_by_role("rowheader", name="web", exact=True)).to_be_visible()
    page.goto(f"{fortress.url}/people/me/")
    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("User name")).to_be_visible()
    for _ in range(2):
        page.go_back()
        expect(page.get_by_label("User name")).to_be_visible()
        expect(page.get_by_role("rowheader", name="web", exact=True)).to_have_count(0)
    assert "ada" not in page.locator("body").inner_text().lower()


def _sign_out(house: House) -> None:
    assert house.browser("dana").post("/people/sign-out/").status_code == 302
