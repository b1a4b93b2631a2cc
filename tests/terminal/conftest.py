"""Fixtures of terminal page tests."""

from __future__ import annotations

from tests.live.pages import open_as

__all__ = ["open_as"]
