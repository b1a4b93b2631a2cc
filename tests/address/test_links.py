"""Links: a reference becomes the URL of what it names, and nothing else."""

from django.http import QueryDict

from dashboard.address.paths import parse
from tests.address.catalog import LINKS


def test_it_links_objects_and_lists():
    assert LINKS.object("", "Pod", "web", "shop") == "/c/prod/shop/pods/web"
    assert LINKS.object("", "Node", "n1", "ignored") == "/c/prod/_cluster/nodes/n1"
    assert LINKS.list("apps", "Deployment") == "/c/prod/_all/deployments.apps"
    assert (
        LINKS.list("", "Pod", "shop", labels="a=b,c in (d)")
        == "/c/prod/shop/pods?selector=a%3Db%2Cc+in+%28d%29"
    )
    assert LINKS.list("", "Pod", fields="spec.nodeName=n1") == "/c/prod/_all/pods?fields=spec.nodeName%3Dn1"


def test_it_links_nothing_that_is_not_served_or_cannot_be():
    assert LINKS.object("example.com", "Thing", "a", "shop") == ""
    assert LINKS.object("", "Pod", "a/../b", "shop") == ""
    assert LINKS.object("", "Pod", "", "shop") == ""
    assert LINKS.object("", "Pod", "web", "") == ""
    assert LINKS.object("", "Pod", "web", "Shop\n") == ""
    assert LINKS.list("", "Pod", "../x") == ""


def test_it_leads_to_addresses_that_are_read_back():
    path = LINKS.object("", "Pod", "odd name?#", "shop").split("/")
    keys = ("clusters", "namespaces", "resource", "name")
    parsed = parse(dict(zip(keys, [*path[2:5], "odd name?#"], strict=True)), QueryDict(""))
    assert parsed.path() == LINKS.object("", "Pod", "odd name?#", "shop")
