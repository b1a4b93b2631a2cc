"""Fixtures of the account pages' tests: the users and clients of tests/people."""

from __future__ import annotations

from tests.people.conftest import client_for, dana_with_password, messages, users

__all__ = ["client_for", "dana_with_password", "messages", "users"]
