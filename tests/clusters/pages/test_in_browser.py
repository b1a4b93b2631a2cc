"""Cluster pages in a real browser, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from clusters.api.connection import Identity
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.models import ClusterRequest, Credential
from people.models import Team
from tests.axe import find_violations
from tests.browser import list_console_errors, sign_in
from tests.clusters.credentials.certificates import NOW
from tests.clusters.credentials.kubeconfigs import add_context, build_config, to_yaml

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
def open_as_ada(live_server, new_page, users, unreachable_cluster) -> Callable[..., Page]:
    """A page signed in as the administrator; there is something of everything."""
    save_credential(unreachable_cluster, Owner(user=users["ada"]), Identity(token="t"), WHO)
    save_credential(unreachable_cluster, Owner(team=Team.objects.get(slug="shop")), Identity(token="t"), WHO)
    ClusterRequest.objects.create(user=users["dana"], name="wanted", server="https://wanted.example.com")
    ClusterRequest.objects.create(
        user=users["dana"], name="no", server="https://no.example.com", state="declined"
    )

    def page(**options: object) -> Page:
        opened = new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
        sign_in(opened.context, live_server.url, users["ada"])
        return opened

    return page


@pytest.mark.parametrize(
    "look", [{"color_scheme": "light"}, {"color_scheme": "dark", "viewport": {"width": 360, "height": 700}}]
)
def test_it_has_no_violation_on_any_page(look, open_as_ada, live_server):
    page = open_as_ada(**look)
    for path in PAGES:
        page.goto(f"{live_server.url}/clusters/{path}")
        assert find_violations(page) == [], path
        assert list_console_errors(page) == [], path


def test_it_has_no_violation_where_something_is_refused(open_as_ada, live_server):
    page = open_as_ada()
    value = add_context(build_config(), user={"exec": {"command": "aws"}}, server="https://b.example.com")
    for path in ("import/", "dark/credential/?way=kubeconfig"):
        page.goto(f"{live_server.url}/clusters/{path}")
        page.get_by_label("Kubeconfig").fill(to_yaml({**value, "current-context": "other"}))
        page.locator("main form button.primary").last.click()
        page.get_by_text("This user signs in with a program").first.wait_for()
        assert find_violations(page) == [], path
    page.goto(f"{live_server.url}/clusters/add/")
    page.get_by_label("Name", exact=True).fill("New")
    page.get_by_label("ID (used in URLs)").fill("Not A Slug")
    page.get_by_label("API server").fill("http://a")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("unencrypted").wait_for()
    assert find_violations(page) == []


def test_it_works_without_javascript(open_as_ada, live_server, reachable_cluster, simulated_cluster):
    page = open_as_ada(java_script_enabled=False)
    page.goto(f"{live_server.url}/clusters/lit/credential/")
    page.get_by_label("Bearer token").fill("wrong")
    page.get_by_role("button", name="Test and save").click()
    assert page.get_by_text("The cluster rejected your credential.").is_visible()
    assert page.get_by_label("Bearer token").input_value() == "wrong"
    page.get_by_label("Bearer token").fill(simulated_cluster.token("ada"))
    page.get_by_role("button", name="Test and save").click()
    assert page.get_by_text("Lit accepted the credential. Your identity there is ada.").is_visible()
    assert Credential.objects.filter(cluster=reachable_cluster, identity="ada").exists()
    page.goto(f"{live_server.url}/clusters/import/")
    page.get_by_label("or a file").set_input_files(simulated_cluster.kubeconfig("dana"))
    page.get_by_role("button", name="Read kubeconfig").click()
    page.get_by_label("controlplane").check()
    page.get_by_role("button", name="Test and import selected contexts").click()
    assert Credential.objects.get(cluster=reachable_cluster, user__username="ada").identity == "dana"
