"""Subscriptions: the table of live pages agrees with the URLconf, and no other page opens."""

from __future__ import annotations

import pytest
from django.urls import resolve

from dashboard.live.subscriptions import LIVE_PAGES, NotLive, subscribe
from people.models import User

LIVE_PATHS = (
    "/",
    "/c/harbour/shop/pods",
    "/c/harbour/shop/pods/web",
    "/c/harbour/shop/pods/web/yaml",
    "/c/harbour/_drains/1",
    "/c/harbour/shop/pods/web/logs",
    "/c/harbour/shop/_logs",
    "/c/harbour/shop/deployments.apps/web/rollout",
    "/people/audit/",
)


def test_the_table_names_the_views_of_live_pages() -> None:
    assert [resolve(path).view_name for path in LIVE_PATHS] == list(LIVE_PAGES)


@pytest.mark.parametrize(
    "page",
    [
        "/clusters/",
        "/c/harbour/shop/_kinds",
        "/c/harbour/shop/secrets/key/secret-value",
        "/people/audit/?before=5",
        "/nowhere/at/all/that/is/served",
        "https://evil.example/",
        "//evil.example/",
    ],
)
def test_no_other_page_is_live(page: str) -> None:
    with pytest.raises(NotLive):
        subscribe(User(username="dana"), page, "")
