"""Can everybody use these pages in a real browser, with and without JavaScript?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from clusters.api.connection import Identity
from clusters.credentials.stored import Owner, keep
from clusters.credentials.trial import WhoAmI
from clusters.models import ClusterRequest, Credential
from people.models import Team
from tests.axe import violations
from tests.browser import complaints, sign_in
from tests.clusters.credentials.kubeconfigs import config, text, with_second_context
from tests.clusters.credentials.pki import NOW

pytestmark = pytest.mark.django_db(transaction=True)

WHO = WhoAmI("system:serviceaccount:shop:quarterdeck-dana", "", ("system:serviceaccounts", "a" * 60), {}, NOW)
PAGES = (
    "",
    "add/",
    "import/",
    "requests/",
    "credentials/",
    "dark/credential/",
    "dark/credential/?way=certificate",
    "dark/credential/?way=kubeconfig",
    "dark/edit/",
    "dark/delete/",
    "dark/teams/",
    "dark/teams/shop/credential/",
)


@pytest.fixture
def as_ada(live_server, new_page, cast, dark) -> Callable[..., Page]:
    """A page signed in as the administrator; there is something of everything."""
    keep(dark, Owner(user=cast["ada"]), Identity(token="t"), WHO)
    keep(dark, Owner(team=Team.objects.get(slug="shop")), Identity(token="t"), WHO)
    ClusterRequest.objects.create(user=cast["dana"], name="wanted", server="https://wanted.example.com")
    ClusterRequest.objects.create(
        user=cast["dana"], name="no", server="https://no.example.com", state="declined"
    )

    def page(**options: object) -> Page:
        opened = new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
        sign_in(opened.context, live_server.url, cast["ada"])
        return opened

    return page


@pytest.mark.parametrize(
    "look", [{"color_scheme": "light"}, {"color_scheme": "dark", "viewport": {"width": 360, "height": 700}}]
)
def test_it_has_no_violation_on_any_page(look, as_ada, live_server):
    page = as_ada(**look)
    for path in PAGES:
        page.goto(f"{live_server.url}/clusters/{path}")
        assert violations(page) == [], path
        assert complaints(page) == [], path


def test_it_has_no_violation_where_something_is_refused(as_ada, live_server):
    page = as_ada()
    value = with_second_context(config(), user={"exec": {"command": "aws"}}, server="https://b.example.com")
    for path in ("import/", "dark/credential/?way=kubeconfig"):
        page.goto(f"{live_server.url}/clusters/{path}")
        page.get_by_label("Kubeconfig").fill(text({**value, "current-context": "other"}))
        page.locator("main form button.primary").last.click()
        page.get_by_text("This user signs in with a program").first.wait_for()
        assert violations(page) == [], path
    page.goto(f"{live_server.url}/clusters/add/")
    page.get_by_label("Name", exact=True).fill("New")
    page.get_by_label("ID (used in URLs)").fill("Not A Slug")
    page.get_by_label("API server").fill("http://a")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("unencrypted").wait_for()
    assert violations(page) == []


def test_it_works_without_javascript(as_ada, live_server, lit, simulated):
    page = as_ada(java_script_enabled=False)
    page.goto(f"{live_server.url}/clusters/lit/credential/")
    page.get_by_label("Bearer token").fill("wrong")
    page.get_by_role("button", name="Test and save").click()
    assert page.get_by_text("The cluster rejected your credential.").is_visible()
    assert page.get_by_label("Bearer token").input_value() == "wrong"
    page.get_by_label("Bearer token").fill(simulated.token("ada"))
    page.get_by_role("button", name="Test and save").click()
    assert page.get_by_text("Lit accepted the credential. Your identity there is ada.").is_visible()
    assert Credential.objects.filter(cluster=lit, identity="ada").exists()
    page.goto(f"{live_server.url}/clusters/import/")
    page.get_by_label("or a file").set_input_files(simulated.kubeconfig("dana"))
    page.get_by_role("button", name="Read kubeconfig").click()
    page.get_by_label("controlplane").check()
    page.get_by_role("button", name="Test and import selected contexts").click()
    assert Credential.objects.get(cluster=lit, user__username="ada").identity == "dana"
