"""Fixtures `dana` and `sample`: sample pages of the style guide, as a member of a team with three clusters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from clusters.models import Cluster, Share
from people.models import Membership, Team, User
from tests.browser import sign_in


@pytest.fixture
def dana(transactional_db: None) -> User:
    person = User.objects.create_user("dana", name="Dana Deckhand")
    team = Team.objects.create(slug="shop", name="Shop")
    Membership.objects.create(user=person, team=team)
    for slug, color in (("prod-eu", "red"), ("staging", "amber"), ("try", "teal")):
        cluster = Cluster.objects.create(slug=slug, name=slug.title(), color=color, protected=color == "red")
        Share.objects.create(cluster=cluster, team=team)
    return person


@pytest.fixture
def open_sample(live_server, new_page, dana) -> Callable[..., Page]:
    """Open a sample page of the style guide as Dana."""

    def open_sample(name: str, **options) -> Page:
        page = new_page(**{"viewport": {"width": 1280, "height": 800}, **options})
        sign_in(page.context, live_server.url, dana)
        page.goto(f"{live_server.url}/styleguide/{name}/")
        return page

    return open_sample
