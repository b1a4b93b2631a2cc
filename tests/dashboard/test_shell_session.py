"""Session expiry while typing: a dialog asks for sign-in, and nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from people.models import Session, User
from tests.browser import sign_in

pytestmark = pytest.mark.urls("tests.dashboard.styleguide.urls")


def test_a_form_is_held_back_and_sent_after_the_new_sign_in(open_sample, live_server, dana):
    page = open_sample("form")
    page.get_by_label("Name").fill("typed by Dana")
    page.evaluate("Date.now = () => new Date().getTime() + 60_000")  # a minute later
    Session.objects.all().delete()
    page.get_by_role("button", name="Test and save").click()
    dialog = page.get_by_role("dialog", name="You are signed out")
    dialog.wait_for()
    assert page.get_by_label("Name").input_value() == "typed by Dana"
    page.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_text("not signed in yet")).to_be_visible()
    sign_in(page.context, live_server.url, dana)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("body")).to_have_text("saved typed by Dana")


def test_another_person_s_sign_in_sends_nothing(open_sample, live_server, dana):
    page = open_sample("form")
    page.get_by_label("Name").fill("typed by Dana")
    page.evaluate("document.dispatchEvent(new Event('quarterdeck:session-ended'))")
    sign_in(page.context, live_server.url, User.objects.create_user("stan"))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("A different user is signed in now")).to_be_visible()
    assert page.get_by_label("Name").input_value() == "typed by Dana"


def test_a_socket_s_end_opens_the_dialog_and_a_living_session_closes_it(open_sample):
    page = open_sample("list")
    page.evaluate(
        """() => {
          document.addEventListener("quarterdeck:session-restored", () => { document.title = "restored"; });
          document.dispatchEvent(new Event("quarterdeck:session-ended"));
        }"""
    )
    dialog = page.get_by_role("dialog", name="You are signed out")
    dialog.wait_for()
    page.get_by_role("button", name="Try again").click()
    dialog.wait_for(state="hidden")
    assert page.title() == "restored"


def test_an_htmx_request_of_an_ended_session_opens_the_dialog(open_sample, live_server):
    page = open_sample("list")
    Session.objects.all().delete()
    page.evaluate("(url) => htmx.ajax('GET', url, {target: '#banner'})", f"{live_server.url}/people/here/")
    page.get_by_role("dialog", name="You are signed out").wait_for()
    assert page.locator("#banner").inner_text() == ""


def test_sign_in_leads_to_a_page_that_says_to_go_back(client, dana):
    client.force_login(dana)
    assert b"Close this tab" in client.get("/shell/signed-in/").content
