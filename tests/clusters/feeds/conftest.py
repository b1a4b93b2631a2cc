"""Fixtures of the tests of feeds."""

from tests.clusters.hubs import hub, make_hub

__all__ = ["hub", "make_hub"]
