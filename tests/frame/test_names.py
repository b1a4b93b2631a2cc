"""Names of kinds: in the plural within a sentence, whether the kind is special or not."""

from __future__ import annotations

import pytest

from clusters.discovery import Resource
from dashboard.frame.menu import name_in_plural


@pytest.mark.parametrize(
    ("group", "kind", "plural", "name"),
    [
        ("", "PodTemplate", "podtemplates", "PodTemplates"),
        ("apps", "ControllerRevision", "controllerrevisions", "ControllerRevisions"),
        ("networking.k8s.io", "NetworkPolicy", "networkpolicies", "NetworkPolicies"),
        ("", "Endpoints", "endpoints", "Endpoints"),
        ("odd.test", "Gateway", "gateways", "Gateways"),
        ("odd.test", "Person", "people", "Person"),
    ],
)
def test_a_kind_is_named_in_the_plural(group: str, kind: str, plural: str, name: str) -> None:
    assert name_in_plural(Resource(group, "v1", plural, kind, True, frozenset({"get"}))) == name
