"""Pages about people in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from people import one_time_links
from people.models import GlobalRole, Purpose, User
from tests.axe import find_violations
from tests.browser import list_console_errors, sign_in
from tests.people.conftest import PASSWORD

WIDTHS = [360, 1280]
SHOTS = os.environ.get("QUARTERDECK_SHOTS")  # a folder for pictures of every page
PAGES = ["me", "sessions", "", "invite", "teams", "teams/shop", "anna"]


@pytest.fixture
def committed_users(transactional_db: None, users: dict[str, User]) -> dict[str, User]:
    """The users, where the server's own threads see it."""
    users["anna"].set_password(PASSWORD)
    users["anna"].save()
    one_time_links.invite(global_role=GlobalRole.MEMBER, created_by=users["anna"])
    User.objects.create(username="otto", name="O" * 150, is_active=False)
    return users


def find_page_violations(page: Page, name: str) -> list[str]:
    """What is wrong with the page at two widths."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if SHOTS:
            page.screenshot(
                path=Path(SHOTS) / f"people-{name.replace('/', '-') or 'list'}-{width}.png", full_page=True
            )
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{name} scrolls sideways at {width} px")
        found += [f"{name} at {width} px: {line}" for line in find_violations(page)]
    return found + [f"{name}: {text}" for text in list_console_errors(page)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_usable_by_everybody(
    new_page, live_server, committed_users: dict[str, User], theme: str
) -> None:
    page = new_page(color_scheme=theme)
    sign_in(page.context, live_server.url, committed_users["anna"])
    found = []
    for name in PAGES:
        path = f"/people/{committed_users['anna'].pk if name == 'anna' else name}"
        page.goto(f"{live_server.url}{path.rstrip('/')}/")
        found += find_page_violations(page, name)
    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_usable_without_an_account(
    new_page, live_server, committed_users: dict[str, User], theme: str
) -> None:
    page = new_page(color_scheme=theme)
    secrets = {
        "join": one_time_links.invite(global_role=GlobalRole.MEMBER),
        "password": one_time_links.link_for(committed_users["dana"], Purpose.PASSWORD),
        "sign-in-link": one_time_links.link_for(committed_users["dana"], Purpose.SIGN_IN),
    }
    page.goto(f"{live_server.url}/people/sign-in/")
    found = find_page_violations(page, "sign-in")
    for name, secret in secrets.items():
        page.goto(f"{live_server.url}/people/invitations/{secret}/")
        found += find_page_violations(page, name)
    assert found == []


def test_a_person_signs_in_and_out_and_the_back_button_shows_nothing(
    new_page, live_server, committed_users: dict[str, User]
) -> None:
    page = new_page()
    page.goto(f"{live_server.url}/people/teams/?from=a-colleague")
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong username or password")
    expect(page.get_by_label("Password")).to_be_focused()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/people/teams/?from=a-colleague")
    page.locator(".person-menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/people/sign-in/")
    page.go_back()
    page.wait_for_url("**/people/sign-in/**")
    expect(page.get_by_label("Username")).to_be_visible()


def test_an_invitation_leads_in_without_a_script(
    new_page, live_server, committed_users: dict[str, User]
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{live_server.url}/people/invitations/{one_time_links.invite(global_role=GlobalRole.MEMBER)}/")
    page.get_by_label("Username").fill("nora")
    page.get_by_label("Full name").fill("Nora")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("Confirm new password").fill("something-else-then")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("The passwords do not match.")).to_be_visible()
    expect(page.get_by_label("Username")).to_have_value("nora")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("Confirm new password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert User.objects.filter(username="nora").exists()
