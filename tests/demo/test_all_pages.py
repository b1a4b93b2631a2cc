"""Pictures of all pages: every page of the product is among them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from django.urls import Resolver404, resolve

from demo.all_pages import PAGES
from demo.users import USERS_BY_NAME
from tests.attacks.routes import list_routes

# Routes without a picture, each with the reason.
NOT_PAGES = {
    "accounts:here": "a reply without a body",
    "accounts:invitation": "the secret of its address is seen once; tests/accounts/test_appearance.py looks at it",
    "accounts:audit:csv": "a file",
    "accounts:audit:json_lines": "a file",
    "clusters:confirm_credential": "there only while a credential is suspended, which in the demo none is",
    "clusters:confirm_team_credential": "the same",
    "bulk:run": "there only after a run; tests/bulk/test_in_browser.py looks at it",
    "resources:draft": "there only once somebody typed; tests/edit/test_drafts.py looks at it",
    "resources:answers": "a reply for a script",
    "resources:drain": "there once somebody drains a node; tests/drains/test_in_browser.py looks at it",
    "resources:files": "needs programs in a container, and the demo has none; tests/files/test_files.py looks at it",
    "resources:files_download": "a file",
    "resources:schema": "a reply for a script",
    "terminal:terminal": "there once somebody opened one; tests/terminal/test_in_browser.py looks at it",
    "shell:signed_in": "a page that goes on by itself",
    "healthz": "a reply for a program",
    "readyz": "a reply for a program",
    "metrics": "a reply for a program",
}


def find_route(path: str) -> str:
    try:
        return resolve(path.partition("?")[0]).view_name
    except Resolver404:
        return ""


def accepts_get(view: Callable[..., Any]) -> bool:
    """Whether no decorator of the view says that it takes POST alone (`require_POST` keeps its list in a closure)."""
    while view is not None:
        if inspect.getclosurevars(view).nonlocals.get("request_method_list") == ["POST"]:
            return False
        view = getattr(view, "__wrapped__", None)
    return True


def test_every_page_is_among_them() -> None:
    seen = {one.route or find_route(one.path) for one in PAGES}
    routes = {route.name for route in list_routes() if accepts_get(route.view)}
    assert len(routes) > 30
    assert routes - seen == set(NOT_PAGES)


def test_each_is_opened_by_a_demo_user() -> None:
    assert {one.person for one in PAGES if one.person} <= set(USERS_BY_NAME)
