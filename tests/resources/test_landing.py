"""Where does each of the cast begin, with and without the right to list namespaces?"""

from __future__ import annotations

import re

import pytest


def post(served, name, namespace):
    client = served.client(name)
    page = client.get(f"{served.url}/c/harbour/?choose=1")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    fields = {"namespace": namespace, "csrfmiddlewaretoken": token[1]}
    return client.post(
        f"{served.url}/c/harbour/", data=fields, headers={"Origin": served.url}, allow_redirects=False
    )


def namespaces(text):
    shown = text.partition('class="namespace-list"')[2].partition("</ul>")[0]
    return re.findall(r'<li><a href="/c/harbour/([^/"]+)/pods">', shown)


def test_who_knows_one_namespace_is_in_it_at_once(served):
    answer = served.client("dana").get(f"{served.url}/c/harbour/", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/c/harbour/shop/pods")


@pytest.mark.parametrize("name", ["ada", "rita", "aude"])
def test_who_may_list_namespaces_sees_them_all(served, name):
    answer = served.client(name).get(f"{served.url}/c/harbour/")
    assert answer.status_code == 200
    assert {"shop", "pay", "ops", "hostile", "kube-system"} <= set(namespaces(answer.text))
    assert "Open a namespace" not in answer.text


def test_a_namespace_is_found_by_its_letters(served):
    answer = served.client("ada").get(f"{served.url}/c/harbour/?q=KUBE-s")
    assert namespaces(answer.text) == ["kube-system"]
    assert "No namespaces match" in served.client("ada").get(f"{served.url}/c/harbour/?q=nowhere").text


def test_a_typed_namespace_is_opened_and_kept_when_it_answers(served):
    assert namespaces(served.client("rene").get(f"{served.url}/c/harbour/?choose=1").text) in (
        [],
        ["pay"],
        ["shop"],
    )
    answer = post(served, "rene", "pay")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/c/harbour/pay/pods")
    assert "pay" in namespaces(served.client("rene").get(f"{served.url}/c/harbour/?choose=1").text)


@pytest.mark.parametrize("namespace", ["ops", "not-there"])
def test_hidden_and_missing_namespaces_get_the_same_answer(served, namespace):
    answer = post(served, "rene", namespace)
    assert answer.status_code == 200
    assert "for a namespace that does not exist" in answer.text
    assert f'value="{namespace}"' in answer.text
    assert namespace not in namespaces(answer.text)


@pytest.mark.parametrize(
    "namespace", ["", "UPPER", "../shop", "shop\n", "a" * 64, "<script>alert(1)</script>"]
)
def test_what_is_no_name_is_refused_and_stays_in_the_form(served, namespace):
    answer = post(served, "rene", namespace)
    assert answer.status_code in (200, 302)
    assert "<script>alert" not in answer.text
    if answer.status_code == 302:
        assert namespace.strip() == "shop"


def test_every_kind_is_on_one_page_with_its_right(served):
    client = served.client("dana")
    page = client.get(f"{served.url}/c/harbour/shop/_kinds?group=core").text
    core = page.partition("kind-entries")[2].partition("</details>")[0]
    assert re.search(r'<a href="/c/harbour/shop/pods">', core)
    assert re.search(r'class="denied"><span>Nodes</span>', core)
    assert "nodes" in core


def test_an_unfolded_group_is_a_part_of_its_own(served):
    client = served.client("dana")
    part = client.get(
        f"{served.url}/c/harbour/shop/_kinds?group=example.com", headers={"HX-Request-Type": "partial"}
    )
    assert part.text.lstrip().startswith("<ul")
    assert "<html" not in part.text
    assert "Widget" in part.text
    assert "Not permitted" in part.text


def test_kinds_are_found_by_short_name_and_group(served):
    client = served.client("ada")
    assert "deployments.apps" in client.get(f"{served.url}/c/harbour/shop/_kinds?q=deploy").text
    assert (
        "networkpolicies.networking.k8s.io" in client.get(f"{served.url}/c/harbour/shop/_kinds?q=netpol").text
    )
    assert "No API resources match" in client.get(f"{served.url}/c/harbour/shop/_kinds?q=zzz").text
