"""Fixtures of files tests: confirm pages as plain forms, and pages in a browser."""

from __future__ import annotations

from tests.live.pages import open_as

__all__ = ["open_as"]
