"""Exec fixtures: sessions of test users."""

from __future__ import annotations

from tests.clusters.gateway.conftest import session_at_controlplane, users

__all__ = ["session_at_controlplane", "users"]
