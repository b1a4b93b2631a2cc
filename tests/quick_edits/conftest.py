"""Fixtures of quick edits: those of actions."""

from __future__ import annotations

from tests.actions.conftest import confirm, namespaces, open_as

__all__ = ["confirm", "namespaces", "open_as"]
