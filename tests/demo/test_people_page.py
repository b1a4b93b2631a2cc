"""The demo's page of users: full sentences, not repeated for screen readers."""

from __future__ import annotations

from tests.demo.process import Visitor


def test_it_does_not_say_cannot_twice(visitor: Visitor) -> None:
    page = visitor.get("/demo/").text
    assert "Cannot see nodes, list namespaces" in page
    assert "Cannot: " not in page
    assert "Can: " not in page
