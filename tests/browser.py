"""Browser fixtures: Chromium by Playwright (`browser`, `new_page`), and `sign_in`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    WebSocket,
    sync_playwright,
)

from people.sessions import SessionStore
from tests import canary
from tests.missing import missing
from tests.parts import select_part

if TYPE_CHECKING:  # pytest reads this file before Django is set up
    from people.models import User

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
TIMEOUT = 10_000  # milliseconds that a locator or a navigation may take
STORED = """() => JSON.stringify([{...localStorage}, {...sessionStorage}, window.name, history.state])"""
COOKIES = ("cookie", "set-cookie")  # where a session's key belongs


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests go last: while Playwright's loop sleeps in this thread, no other asyncio loop can run in it."""
    select_part(config, items)
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """One Chromium for the whole run: $QUARTERDECK_CHROMIUM, or the `chromium` on the PATH."""
    program = os.environ.get("QUARTERDECK_CHROMIUM") or shutil.which("chromium")
    if not program:
        missing(
            pytestconfig, "Chromium", "Install it (apt install chromium), or name it in QUARTERDECK_CHROMIUM."
        )
    # Django refuses database calls in a thread with a running loop, and Playwright's counts as one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser context of its own (options are the context's).

    What its console says is in `complaints(page)`; a breach of the Content-Security-Policy fails the test at its end.
    """
    contexts: list[BrowserContext] = []
    pages: list[Page] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT)
        context.on("page", lambda page: _record_console(page, pages))
        return context.new_page()

    yield open_page
    breaches = [
        text for page in pages for text in list_console_errors(page) if "Content Security Policy" in text
    ]
    for page in pages:
        check_for_secrets(page)
    for context in contexts:
        context.close()
    assert breaches == []


def list_console_errors(page: Page) -> list[str]:
    """Errors and warnings of the page's console, and exceptions that nobody caught."""
    return page.__dict__.setdefault("complaints", [])


def sign_in(context: BrowserContext, address: str, user: User) -> str:
    """Give the browser a session of this person, as a sign-in would; returns the session's key."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key), "url": address}]
    )
    return str(session.session_key)


def check_for_secrets(page: Page) -> None:
    """No secret stands in the page, its address, its storage, its sockets' messages, or any header but a cookie's."""
    passed = page.__dict__.setdefault("passed", [])
    if not page.is_closed():
        try:
            passed += [page.url, page.content(), page.evaluate(STORED)]
        except Error:  # it is on its way to another page, or its server is gone
            passed += [page.url]
    canary.check_text("\n".join(passed), f"the browser at {page.url}")
    passed.clear()


def _record_console(page: Page, pages: list[Page]) -> None:
    pages.append(page)
    _record_traffic(page)
    heard = list_console_errors(page)

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            heard.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: heard.append(str(error)))


def _record_traffic(page: Page) -> None:
    """Keep what goes over the wire for `look_for_secrets`: addresses, headers and sockets' messages."""
    passed = page.__dict__.setdefault("passed", [])

    def keep_head(one: Request | Response) -> None:
        head = [f"{name}: {value}" for name, value in one.headers.items() if name not in COOKIES]
        passed.append("\n".join([one.url, *head]))

    def keep_messages(socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: passed.append(str(payload)))

    page.on("request", keep_head)
    page.on("response", keep_head)
    page.on("websocket", keep_messages)
