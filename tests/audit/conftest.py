"""Fixture `actions`: what the test users did, in an audit trail of its own."""

from __future__ import annotations

import pytest

from people.audit.record import draft_for_user, record
from people.models import User
from tests.audit.recording import record_write
from tests.audit_trail import AuditTrail
from tests.people.conftest import client_for, users

__all__ = ["client_for", "users"]

RecordedActions = dict[str, int]


@pytest.fixture
def actions(users: dict[str, User], empty_audit_trail: AuditTrail) -> RecordedActions:
    """What the users did, oldest first, by its name in the tests: the sequence of each action's first row."""
    dana, rene, anna = users["dana"], users["rene"], users["anna"]
    return {
        "sign-in": record(draft_for_user(dana, "sign-in", address="10.1.2.3")),
        "patch": record_write(dana, audit_id="a0a0-1111"),
        "denied": record_write(dana, "delete", "denied", name="db", reason="deployments.apps is forbidden"),
        "other": record_write(
            rene, "create", resource="configmaps", group="", name="settings", cluster="island"
        ),
        "failed": record_write(rene, "patch", "failed", reason="the server broke"),
        "team": record(draft_for_user(anna, "team-create", target="team pay")),
        "unknown": record_write(dana, "delete", "", resource="pods", group="", name="web-1"),
        "read": record(
            draft_for_user(dana, "get", cluster="harbour", resource="secrets", namespace="shop", name="key")
        ),
    }
