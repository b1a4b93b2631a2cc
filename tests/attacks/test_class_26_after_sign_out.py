"""Sign-out: pages, sockets, tokens and browser storage of the session are invalid afterwards (class 26)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import expect

from people.control import session_group
from people.sessions import hash_key
from tests.attacks.installation import Installation
from tests.attacks.production_server import ProductionServer
from tests.attacks.recorder import Recorder
from tests.attacks.routes import list_routes
from tests.attacks.rules import ALLOWED, Rule, expect_access, get_rule
from tests.attacks.sockets import (
    SIGNED_OUT,
    handshake,
    knock,
    list_live_pages,
    list_socket_paths,
    open_socket,
    wait_for_close,
)
from tests.database_fixtures import create_session as begin_session

Leave = Callable[[Installation, Client, str], HttpResponse]


def _end_own_session(installation: Installation, client: Client, token: str) -> HttpResponse:
    mark = session_group(hash_key(installation.sessions["dana"])).removeprefix("session.")
    return client.post(f"/people/sessions/{mark}/end/", {"csrfmiddlewaretoken": token})


WAYS_OUT: dict[str, Leave] = {
    "sign-out": lambda _installation, client, token: client.post(
        "/people/sign-out/", {"csrfmiddlewaretoken": token}
    ),
    "everywhere": lambda _installation, client, token: client.post(
        "/people/sessions/sign-out-everywhere/", {"csrfmiddlewaretoken": token}
    ),
    "one's own entry in the list": _end_own_session,
}


def _fetch_token(client: Client) -> str:
    return str(client.get("/people/me/").context["csrf_token"])


@pytest.mark.parametrize("leave", WAYS_OUT.values(), ids=WAYS_OUT.keys())
def test_no_page_and_no_form_knows_the_session_any_more(
    installation: Installation, recorder: Recorder, leave: Leave
) -> None:
    """With the cookies and the token as somebody kept them, on every route."""
    client = installation.browser("dana", strict=True)
    token = _fetch_token(client)
    kept = {name: cookie.value for name, cookie in client.cookies.items()}
    gone = leave(installation, client, token)
    assert gone.status_code == 302
    assert gone["Clear-Site-Data"] == '"cache"'
    wrong = []
    with recorder.record() as seen:
        for route in list_routes():
            if get_rule(route) in (Rule.OPEN, Rule.TOKEN):  # neither asks for a session
                continue
            for method in sorted(installation.methods(route) - {"HEAD"}):
                thief = Client(enforce_csrf_checks=True)
                for name, value in kept.items():
                    thief.cookies[name] = value
                found = getattr(thief, method.lower())(
                    installation.address(route), {"csrfmiddlewaretoken": token}
                )
                if found.status_code != 302 or not found["Location"].startswith("/people/sign-in/"):
                    wrong.append(f"{method} {route}: {found.status_code}")
    assert not wrong, "\n".join(wrong)
    assert seen.is_empty, seen


@pytest.mark.parametrize("leave", WAYS_OUT.values(), ids=WAYS_OUT.keys())
def test_the_token_of_the_session_before_is_good_for_no_form_of_the_next(
    installation: Installation, leave: Leave
) -> None:
    """In the same browser: somebody else signs in at the same machine."""
    client = installation.browser("dana", strict=True)
    token = _fetch_token(client)
    leave(installation, client, token)
    client.cookies[settings.SESSION_COOKIE_NAME] = installation.sessions["rene"]
    taken = []
    for route in installation.writing_routes():
        page = client.post(installation.address(route), {"csrfmiddlewaretoken": token})
        if page.status_code != 403 or b"This form has expired" not in page.content:
            taken.append(f"{route}: {page.status_code}")
    assert not taken, "\n".join(taken)


async def test_all_sockets_of_the_session_end_and_no_new_one_opens(
    committed_installation: Installation,
) -> None:
    """Those of every live page, in every tab; another browser of the same person goes on."""
    pages, path = (await list_live_pages(committed_installation)).values(), list_socket_paths()[0]
    session = committed_installation.sessions["dana"]
    elsewhere = await database_sync_to_async(begin_session)("dana")
    other = knock(path, session=elsewhere, page="/c/harbour/shop/pods")
    tabs = [knock(path, session=session, page=page) for page in pages]
    for tab in tabs:
        assert (await tab.connect(timeout=30))[0]
    async with open_socket(other):
        await database_sync_to_async(_sign_out)(committed_installation)
        assert [await wait_for_close(tab) for tab in tabs] == [SIGNED_OUT] * len(tabs)
        for page in pages:
            assert await handshake(knock(path, session=session, page=page)) == SIGNED_OUT
        await other.send_json_to({"what": "no page sends"})
        assert await wait_for_close(other) != SIGNED_OUT


def test_nothing_that_was_signed_in_for_is_kept_by_a_browser_or_a_proxy(installation: Installation) -> None:
    """Every page of every route, also where it refuses: `no-store`, so that going back shows nothing."""
    kept = []
    for who in ("", "ada", "dana", "stan"):
        for route in list_routes():
            for method in sorted(installation.methods(route) & {"GET"}):
                page = getattr(installation.browser(who), method.lower())(installation.address(route))
                if "no-store" not in page.get("Cache-Control", ""):
                    kept.append(f"{method} {route} as {who}: {page.status_code}")
    assert not kept, "\n".join(kept)


def test_every_view_that_holds_something_asks_whose_session_it_is(installation: Installation) -> None:
    """What is open to who is signed out shows nothing of who was."""
    words = ("Dana", "Harbour")
    shown = {}
    for route in list_routes():
        if expect_access(route, "", writes=False) == ALLOWED and "GET" in installation.methods(route):
            page = installation.browser().get(installation.address(route)).content.decode()
            shown[route.name] = [word for word in words if word in page]
    assert {"accounts:sign_in", "accounts:invitation"} <= set(shown)
    assert not any(shown.values()), shown
    theirs = (
        installation.browser("dana").get("/people/me/").content
        + installation.browser("dana").get("/clusters/").content
    )
    assert all(word in theirs.decode() for word in words), (
        "these are the words on the pages of a signed-in user"
    )


def test_going_back_in_a_real_browser_shows_nothing(production_server: ProductionServer, new_page) -> None:
    """In production mode, behind TLS, as people have it."""
    page = new_page(ignore_https_errors=True)
    page.set_default_timeout(60_000)
    production_server.sign_in(page.context, "ada")
    page.goto(f"{production_server.url}/c/harbour/shop/configmaps")
    expect(page.get_by_role("rowheader", name="web", exact=True)).to_be_visible()
    page.goto(f"{production_server.url}/people/me/")
    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Username")).to_be_visible()
    for _ in range(2):
        page.go_back()
        expect(page.get_by_label("Username")).to_be_visible()
        expect(page.get_by_role("rowheader", name="web", exact=True)).to_have_count(0)
    assert "ada" not in page.locator("body").inner_text().lower()


def _sign_out(installation: Installation) -> None:
    assert installation.browser("dana").post("/people/sign-out/").status_code == 302
