"""Session and permission changes: which sockets they close."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.live.pages import expect_state, find_row, make_pod, remove_pod

PODS = "/c/harbour/shop/pods"


def expect_sign_in_dialog(page: Page, seconds: float = 20) -> None:
    expect(page.locator("dialog#session-ended")).to_be_visible(timeout=seconds * 1000)


def test_sign_out_ends_the_other_tabs_of_the_session_and_nobody_elses(
    controlplane, dashboard_server, open_as
):
    first = open_as("dana", PODS)
    second = first.context.new_page()
    second.goto(dashboard_server.url + PODS)
    other_browser = open_as("dana", PODS)
    other_person = open_as("rene", PODS)
    for page in (first, second, other_browser, other_person):
        expect_state(page, "live")
    first.locator(".person-menu summary").click()
    first.get_by_role("button", name="Sign out").click()
    expect_sign_in_dialog(second, 5)
    make_pod(controlplane, "after-sign-out")
    expect(find_row(other_browser, "after-sign-out")).to_be_visible()
    expect(find_row(other_person, "after-sign-out")).to_be_visible()
    expect(find_row(second, "after-sign-out")).to_have_count(0)
    remove_pod(controlplane, "after-sign-out")


def test_a_session_ended_elsewhere_ends_its_sockets_within_15_seconds(dashboard_server, open_as):
    page = open_as("dana", PODS)
    expect_state(page, "live")
    key = next(
        cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "quarterdeck-session"
    )
    dashboard_server.run_command("end_session", key=key)
    expect_sign_in_dialog(page, 15)


def test_a_membership_that_ends_takes_the_page_within_15_seconds(dashboard_server, open_as):
    page = open_as("rene", PODS)
    expect_state(page, "live")
    dashboard_server.run_command("set_membership", name="rene", role="")
    try:
        expect(page.locator("#list-rows tr")).to_have_count(0, timeout=15_000)
    finally:
        dashboard_server.run_command("create_users")
