"""Demo pages in a real browser, as one of its users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from demo.users import USERS_BY_NAME
from tests.demo.process import Demo

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "visitor", "labels": {"app": "visitor"}},
    "spec": {"containers": [{"name": "main", "image": "registry.example.com/visitor:1"}]},
}


def sign_in_as(page: Page, name: str) -> None:
    """Choose a user on the demo's page of users."""
    page.get_by_role("button", name=f"Sign in as {USERS_BY_NAME[name].full_name}").click()
    expect(page.locator(".person-menu > summary")).to_contain_text(USERS_BY_NAME[name].full_name)


def switch_user(page: Page, name: str) -> None:
    """Switch to another user by the menu in the top bar."""
    page.locator(".demo-menu > summary").click()
    page.locator(".demo-menu").get_by_role("button", name=USERS_BY_NAME[name].full_name).click()
    expect(page.locator(".person-menu > summary")).to_contain_text(USERS_BY_NAME[name].full_name)


def build_opener(demo: Demo, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """`open_as("dana", "/clusters/")`: a page in a browser of its own."""

    def open_as(name: str, path: str = "/", **options: Any) -> Page:
        page = new_page(**options)
        page.goto(demo.url + path)
        sign_in_as(page, name)
        return page

    return open_as
