"""Fixtures of the live page tests."""

from tests.live.pages import open_as

__all__ = ["open_as"]
