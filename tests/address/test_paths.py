"""URLs of lists and objects: parsed and built, and errors named by part."""

import pytest
from django.http import QueryDict
from django.urls import set_script_prefix
from hypothesis import given
from hypothesis import strategies as st

from dashboard.address.paths import Address, BadAddress, address, is_object_name, parse


def parse_parts(clusters="prod", namespaces="shop", resource="pods", name="", query=""):
    path = {"clusters": clusters, "namespaces": namespaces, "resource": resource}
    return parse(path | ({"name": name} if name else {}), QueryDict(query))


def test_it_reads_lists_of_clusters_and_namespaces():
    parsed = parse_parts("prod-eu,prod-us,prod-eu", "shop,bank", "deployments.apps")
    assert parsed == Address(("prod-eu", "prod-us"), ("shop", "bank"), "deployments.apps")
    assert parsed.url() == "/c/prod-eu,prod-us/shop,bank/deployments.apps"


def test_it_keeps_the_query_in_order_and_repeated():
    parsed = parse_parts(query="sort=-age&column=a&column=b&selector=env+in+(production)&q=")
    assert parsed.url() == "/c/prod/shop/pods?sort=-age&column=a&column=b&selector=env+in+%28production%29&q="


def test_it_knows_all_namespaces_and_no_namespace():
    assert parse_parts(namespaces="_all").namespace == ""
    assert (
        parse_parts(namespaces="_cluster", resource="nodes", name="n1").url() == "/c/prod/_cluster/nodes/n1"
    )
    assert parse_parts("_all", "_all").clusters == ("_all",)


def test_it_never_cuts_a_selector():
    long = "a=b," + "c" * 1996
    assert dict(parse_parts(query=f"selector={long}").query)["selector"] == long


def test_it_quotes_names_of_roles():
    parsed = parse_parts(
        namespaces="_cluster", resource="clusterroles.rbac.authorization.k8s.io", name="a:b c?#&<é"
    )
    assert parsed.path().endswith("/a:b%20c%3F%23%26%3C%C3%A9")
    assert parsed.path("yaml").endswith("%A9/yaml")
    assert parsed.listing().name == ""


def test_it_stands_below_a_sub_path():
    set_script_prefix("/tools/")
    try:
        assert address("prod", "pods", namespace="shop").url() == "/tools/c/prod/shop/pods"
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize(
    ("field", "parts"),
    [
        ("clusters", {"clusters": ""}),
        ("clusters", {"clusters": "a,"}),
        ("clusters", {"clusters": "_all,a"}),
        ("clusters", {"clusters": "_cluster"}),
        ("clusters", {"clusters": "UPPER"}),
        ("clusters", {"clusters": "a" * 64}),
        ("clusters", {"clusters": ",".join(f"c{i}" for i in range(21))}),
        ("clusters", {"clusters": "a,b", "name": "web"}),
        ("clusters", {"clusters": "_all", "name": "web"}),
        ("namespaces", {"namespaces": "shop,../kube-system"}),
        ("namespaces", {"namespaces": "shop\n"}),
        ("namespaces", {"namespaces": ",".join(f"n{i}" for i in range(51))}),
        ("namespaces", {"namespaces": "_all", "name": "web"}),
        ("namespaces", {"namespaces": "a,b", "name": "web"}),
        ("resource", {"resource": "Pods"}),
        ("resource", {"resource": "pods..apps"}),
        ("resource", {"resource": "pods%2f"}),
        ("resource", {"resource": ".".join(["a" * 60] * 6)}),
        ("name", {"name": ".."}),
        ("name", {"name": "a/b"}),
        ("name", {"name": "a%2fb"}),
        ("name", {"name": "a\r\nb"}),
        ("name", {"name": "n" * 254}),
        ("selector", {"query": "selector=" + "a" * 2001}),
        ("fields", {"query": "selector=a&fields=" + "b" * 2001}),
    ],
)
def test_it_refuses_by_the_name_of_the_part(field, parts):
    with pytest.raises(BadAddress) as refusal:
        parse_parts(**parts)
    assert refusal.value.field == field
    assert refusal.value.message


@given(st.text(max_size=300))
def test_it_never_builds_a_path_with_another_number_of_segments(name):
    if is_object_name(name):
        path = address("prod", "pods", namespace="shop", name=name).path()
        assert path.count("/") == 5
        assert not set(path) & set("?#\\ ")
