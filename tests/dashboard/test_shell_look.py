"""Does the look hold? Each sample page in both themes and three widths: axe, policy, no sideways scrolling."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clusters.models import Cluster, Share
from people.models import Membership, Team, User
from tests.axe import violations
from tests.browser import complaints, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.dashboard.styleguide.urls")]

PAGES = ["list", "object", "form", "parts", "error", "plain"]
WIDTHS = [360, 1280, 1920]
SHOTS = os.environ.get("QUARTERDECK_SHOTS")  # a folder for pictures of every page


@pytest.fixture
def dana() -> User:
    person = User.objects.create_user("dana", name="Dana Deckhand")
    team = Team.objects.create(slug="shop", name="Shop")
    Membership.objects.create(user=person, team=team)
    for slug, colour in (("prod-eu", "red"), ("staging", "amber"), ("try", "teal")):
        cluster = Cluster.objects.create(slug=slug, name=slug.title(), colour=colour, protected=colour == "red")
        Share.objects.create(cluster=cluster, team=team)
    return person


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_it_is_usable_by_everybody_at_every_width(live_server, new_page, dana, name, theme):
    page = new_page(color_scheme=theme, viewport={"width": 1280, "height": 800})
    sign_in(page.context, live_server.url, dana)
    page.goto(f"{live_server.url}/styleguide/{name}/")
    found = violations(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{theme}-{width}.png", full_page=True)
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways == 0, f"{name} scrolls sideways at {width} px"
    found += [f"at 360 px: {line}" for line in violations(page.context.pages[0])] if name == "list" else []
    assert found == []
    assert [text for text in complaints(page) if "403" not in text] == []
