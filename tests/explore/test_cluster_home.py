"""Cluster home: where each user begins, with and without permission to list namespaces."""

from __future__ import annotations

import re

import pytest


def post_namespace(served, name, namespace):
    client = served.client(name)
    page = client.get(f"{served.url}/c/harbour/?choose=1")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    fields = {"namespace": namespace, "csrfmiddlewaretoken": token[1]}
    return client.post(
        f"{served.url}/c/harbour/", data=fields, headers={"Origin": served.url}, allow_redirects=False
    )


def list_namespaces(text):
    listed = text.partition('class="namespace-list"')[2].partition("</ul>")[0]
    return re.findall(r'<li><a href="/c/harbour/([^/"]+)/pods">', listed)


def test_who_knows_one_namespace_is_in_it_at_once(dashboard_server):
    answer = dashboard_server.client("dana").get(f"{dashboard_server.url}/c/harbour/", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/c/harbour/shop/pods")


@pytest.mark.parametrize("name", ["ada", "rita", "aude"])
def test_who_may_list_namespaces_sees_them_all(dashboard_server, name):
    answer = dashboard_server.client(name).get(f"{dashboard_server.url}/c/harbour/")
    assert answer.status_code == 200
    assert {"shop", "pay", "ops", "hostile", "kube-system"} <= set(list_namespaces(answer.text))
    assert "Open a namespace" not in answer.text


def test_a_namespace_is_found_by_its_letters(dashboard_server):
    answer = dashboard_server.client("ada").get(f"{dashboard_server.url}/c/harbour/?q=KUBE-s")
    assert list_namespaces(answer.text) == ["kube-system"]
    answer = dashboard_server.client("ada").get(f"{dashboard_server.url}/c/harbour/?q=nowhere")
    assert "No namespaces match." in answer.text


def test_a_typed_namespace_is_opened_and_remembered_when_it_answers(dashboard_server):
    assert list_namespaces(
        dashboard_server.client("rene").get(f"{dashboard_server.url}/c/harbour/?choose=1").text
    ) in (
        [],
        ["pay"],
        ["shop"],
    )
    answer = post_namespace(dashboard_server, "rene", "pay")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/c/harbour/pay/pods")
    assert "pay" in list_namespaces(
        dashboard_server.client("rene").get(f"{dashboard_server.url}/c/harbour/?choose=1").text
    )


@pytest.mark.parametrize("namespace", ["ops", "not-there"])
def test_hidden_and_missing_namespaces_get_the_same_answer(dashboard_server, namespace):
    answer = post_namespace(dashboard_server, "rene", namespace)
    assert answer.status_code == 200
    assert "gives the same answer for a namespace that does not exist" in answer.text
    assert f'value="{namespace}"' in answer.text
    assert namespace not in list_namespaces(answer.text)


@pytest.mark.parametrize(
    "namespace", ["", "UPPER", "../shop", "shop\n", "a" * 64, "<script>alert(1)</script>"]
)
def test_an_invalid_name_is_refused_and_stays_in_the_form(dashboard_server, namespace):
    answer = post_namespace(dashboard_server, "rene", namespace)
    assert answer.status_code in (200, 302)
    assert "<script>alert" not in answer.text
    if answer.status_code == 302:
        assert namespace.strip() == "shop"


def test_every_kind_is_on_one_page_with_its_permission(dashboard_server):
    client = dashboard_server.client("dana")
    page = client.get(f"{dashboard_server.url}/c/harbour/shop/_kinds?group=core").text
    core = page.partition("kind-entries")[2].partition("</details>")[0]
    assert re.search(r'<a href="/c/harbour/shop/pods">', core)
    assert re.search(r'class="denied"><span>Nodes</span>', core)
    assert "nodes" in core


def test_an_unfolded_group_is_a_part_of_its_own(dashboard_server):
    client = dashboard_server.client("dana")
    part = client.get(
        f"{dashboard_server.url}/c/harbour/shop/_kinds?group=example.com",
        headers={"HX-Request-Type": "partial"},
    )
    assert part.text.lstrip().startswith("<ul")
    assert "<html" not in part.text
    assert "Widget" in part.text
    assert "Not permitted" in part.text


def test_kinds_are_found_by_short_name_and_group(dashboard_server):
    client = dashboard_server.client("ada")
    assert "deployments.apps" in client.get(f"{dashboard_server.url}/c/harbour/shop/_kinds?q=deploy").text
    assert (
        "networkpolicies.networking.k8s.io"
        in client.get(f"{dashboard_server.url}/c/harbour/shop/_kinds?q=netpol").text
    )
    answer = client.get(f"{dashboard_server.url}/c/harbour/shop/_kinds?q=zzz")
    assert "No API resources match." in answer.text
