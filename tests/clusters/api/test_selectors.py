"""Field selectors: what we build, Kubernetes reads as it was meant; what people write, we read as Kubernetes does."""

from __future__ import annotations

import pytest

from clusters.api.client import Client
from clusters.api.selectors import build_field_selector, find_selected
from tests.clusters.api.calls import connect_as
from tests.controlplane.controlplane import ControlPlane

VALUES = ["web", "CN=Team A,OU=Platform", "a\\b", "a\\,b=c", ",", "=", "==x", "\\", "", "ä,ö"]


@pytest.mark.parametrize("value", VALUES)
def test_what_is_built_is_read_back(value: str) -> None:
    selector = build_field_selector({"spec.nodeName": "n,1", "metadata.name": value})
    assert find_selected(selector, "metadata.name") == value
    assert find_selected(selector, "spec.nodeName") == "n,1"


def test_the_escapes_are_those_of_apimachinery() -> None:
    assert build_field_selector({"metadata.name": "a,b=c\\d"}) == "metadata.name=a\\,b\\=c\\\\d"


@pytest.mark.parametrize(
    ("selector", "name"),
    [
        ("metadata.name=web", "web"),
        ("metadata.name==web", "web"),
        ("metadata.name!=web", ""),
        ("spec.x=1,metadata.name=web,spec.y=2", "web"),
        ("xmetadata.name=web", ""),
        ("metadata.names=web", ""),
        ("spec.x=a\\,metadata.name=web", ""),
        ("", ""),
    ],
)
def test_the_required_name_is_found(selector: str, name: str) -> None:
    assert find_selected(selector, "metadata.name") == name


def test_kubernetes_takes_a_name_with_a_comma_and_an_equals_sign(controlplane: ControlPlane) -> None:
    client, name = Client(connect_as(controlplane, "ada")), "CN=Team A,OU=Platform"
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    body = {
        "metadata": {"name": name},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }
    client.request("POST", roles, body=body)
    try:
        query = [("fieldSelector", build_field_selector({"metadata.name": name}))]
        found = client.request("GET", roles, query=query).json()
        assert [one["metadata"]["name"] for one in found["items"]] == [name]
    finally:
        client.request("DELETE", f"{roles}/CN=Team%20A,OU=Platform")
