"""Tabs and actions that a kind adds to its object pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy

from dashboard.actions.table import PAGES, find_page
from dashboard.address.paths import address
from dashboard.kinds.kind import Action, Kind, Tab
from dashboard.kinds.table import KINDS, find_kind
from dashboard.objects.kind_pages import ActionButton, build_actions, build_tabs, list_actions
from dashboard.objects.opening import open_object
from people.models import User
from tests import database_fixtures
from tests.simulated_cluster import SimulatedCluster

WEB = address("harbour", "deployments.apps", namespace="shop", name="web")
DEPLOYMENT = replace(
    find_kind("apps", "Deployment"),
    tabs=(Tab("logs", gettext_lazy("Logs")),),
    actions=(Action("restart", gettext_lazy("Restart"), "pod", "patch"),),
)


def render_tabs(kind: Kind, tab: str) -> str:
    context = {
        "tabs": build_tabs(kind, WEB),
        "tab": tab,
        "object_url": WEB.path(),
        "yaml_url": WEB.path("yaml"),
    }
    return render_to_string("objects/tabs.html", context)


def test_tabs_follow_overview_and_yaml() -> None:
    html = render_tabs(DEPLOYMENT, "logs")
    assert html.index("Overview") < html.index("YAML") < html.index("Logs")
    assert '<a href="/c/harbour/shop/deployments.apps/web/logs" aria-current="page">Logs</a>' in html
    assert html.count("aria-current") == 1


def test_a_kind_without_tabs_has_overview_and_yaml_alone() -> None:
    html = render_tabs(replace(DEPLOYMENT, tabs=()), "overview")
    assert html.count("<li>") == 2


@pytest.fixture
def actions_of(simulated_cluster: SimulatedCluster, db: None) -> Callable[[str], list[ActionButton]]:
    """`actions_of("dana")`: the buttons on her page of the Deployment."""
    database_fixtures.create_all(simulated_cluster)

    def build(name: str) -> list[ActionButton]:
        opened = open_object(User.objects.get(username=name), WEB, with_related=False)
        try:
            return list(build_actions(DEPLOYMENT, opened))
        finally:
            opened.close()

    return build


def test_an_action_is_enabled_for_those_who_have_permission(
    actions_of: Callable[[str], list[ActionButton]],
) -> None:
    scale, restart, labels, delete = actions_of("dana")
    assert (scale.title, scale.url) == ("Scale", "/c/harbour/shop/deployments.apps/web/scale")
    assert [one.is_denied for one in (scale, restart, labels, delete)] == [False] * 4
    assert (delete.title, delete.url) == ("Delete", "/c/harbour/shop/deployments.apps/web/delete")


def test_an_action_is_disabled_with_a_reason_for_those_who_do_not(
    actions_of: Callable[[str], list[ActionButton]],
) -> None:
    for name in ("rita", "rene"):
        for button in actions_of(name):
            assert button.is_denied
            assert button.reason.endswith(".")


def test_a_denied_action_is_a_button_that_says_why_and_leads_nowhere() -> None:
    buttons = [
        ActionButton("Scale", "pod", "/scale", is_denied=False, reason="Allowed by Kubernetes."),
        ActionButton("Restart", "pod", "/restart", is_denied=True, reason="No role grants you this."),
    ]
    html = render_to_string("objects/actions.html", {"actions": buttons})
    assert '<a class="button small" href="/scale">' in html
    assert 'disabled title="No role grants you this."' in html
    assert "/restart" not in html
    assert render_to_string("objects/actions.html", {"actions": []}).strip() == ""


def test_every_action_has_a_page_and_every_page_an_action() -> None:
    elsewhere = {"drain"}  # its plan is a page of its own, of dashboard/drains
    offered = {
        action.page: action
        for kind in KINDS.values()
        for action in list_actions(kind)
        if action.page not in elsewhere
    }
    assert {id(page.action) for page in PAGES} == {id(action) for action in offered.values()}
    for kind in KINDS.values():
        for action in (one for one in list_actions(kind) if one.page not in elsewhere):
            page = find_page(kind, action.page)
            assert page is not None
            assert page.action is action
        assert find_page(kind, "explode") is None
