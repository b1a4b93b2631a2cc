"""Permissions: everybody sees what `kubectl auth can-i` allows, less what the dashboard restricts."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html.parser import HTMLParser

import pytest

from dashboard.kinds.table import find_slug
from tests.controlplane.users import USERS

PEOPLE = [one.name for one in USERS if one.team]
VIEWERS = {"rene", "rita", "aude"}
KINDS = (
    "pods", "deployments.apps", "statefulsets.apps", "daemonsets.apps", "jobs.batch", "cronjobs.batch",
    "services", "ingresses.networking.k8s.io", "configmaps", "secrets", "persistentvolumeclaims",
    "serviceaccounts", "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io",
    "horizontalpodautoscalers.autoscaling", "poddisruptionbudgets.policy", "resourcequotas", "events",
)  # fmt: skip
CLUSTER_KINDS = ("nodes", "persistentvolumes", "storageclasses.storage.k8s.io", "namespaces")
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete"]


class Navigation(HTMLParser):
    """The kinds that the navigation links to, and the labels of those that it folds under "Not permitted"."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.folded: set[str] = set()
        self._in = self._label = False
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "nav" and found.get("id") == "navigation":
            self._in = True
        if tag == "details" and self._in:
            self._depth += 1
        if tag == "a" and self._in:
            self.links.add(str(found["href"]).rpartition("/")[2])
        self._label = self._depth > 0 and found.get("class") == "entry-label"

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self._in = False
        if tag == "details" and self._in:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._label:
            self.folded.add(data)
            self._label = False


def can_i(plane, person: str, verb: str, resource: str, namespace: str = "") -> bool:
    where = ["-n", namespace] if namespace else ["-A"]  # else kubectl asks in the context's namespace
    answer = plane.kubectl("auth", "can-i", verb, resource, *where, person=person, check=False)
    return answer.strip().splitlines()[-1] == "yes"


@cache
def each_can_i(
    plane, person: str, verb: str, resources: tuple[str, ...], namespace: str = ""
) -> dict[str, bool]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        return dict(
            zip(
                resources,
                pool.map(lambda one: can_i(plane, person, verb, one, namespace), resources),
                strict=True,
            )
        )


@pytest.mark.parametrize("person", PEOPLE)
def test_the_menu_offers_what_may_be_listed_and_folds_the_rest(controlplane, dashboard_server, person):
    page = dashboard_server.client(person).get(f"{dashboard_server.url}/c/harbour/pay/configmaps").text
    menu = Navigation(page)
    rights = each_can_i(controlplane, person, "list", KINDS, "pay")
    for kind, may in {**rights, **each_can_i(controlplane, person, "list", CLUSTER_KINDS)}.items():
        assert (kind in menu.links, str(find_slug(kind).label) in menu.folded) == (may, not may), (
            person,
            kind,
        )


@pytest.mark.parametrize("person", PEOPLE)
def test_the_verbs_of_a_page_are_kubernetes_answers_less_what_the_role_takes(
    controlplane, dashboard_server, person
):
    page = dashboard_server.client(person).get(f"{dashboard_server.url}/c/harbour/shop/deployments.apps").text
    shown = {
        verb: state
        for state, verb in re.findall(r'class="right (\w+)"><details><summary><code>(\w+)</code>', page)
    }
    for verb in VERBS:
        may = can_i(controlplane, person, verb, "deployments.apps", "shop")
        taken = person in VIEWERS and verb not in ("get", "list", "watch")
        assert shown[verb] == ("allowed" if may and not taken else "denied"), (person, verb)


@pytest.mark.parametrize("person", PEOPLE)
def test_the_rows_are_there_exactly_where_kubernetes_lists_them(controlplane, dashboard_server, person):
    client = dashboard_server.client(person)
    for kind, may in each_can_i(controlplane, person, "list", KINDS, "pay").items():
        page = client.get(f"{dashboard_server.url}/c/harbour/pay/{kind}")
        assert page.status_code == 200
        state = re.search(r'id="live-state".*?data-state="(\w+)"', page.text, re.DOTALL)
        assert (state is not None and state[1] == "denied") is not may, (person, kind)
        if not may:
            assert '<tr id="r' not in page.text


def test_nobody_without_a_team_sees_the_cluster(dashboard_server):
    client = dashboard_server.client("stan")
    assert client.get(f"{dashboard_server.url}/c/harbour/shop/pods").status_code == 404
    assert "harbour" not in client.get(f"{dashboard_server.url}/clusters/").text.lower()
