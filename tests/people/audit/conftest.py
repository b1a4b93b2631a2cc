"""What is on record in the tests of the trail's pages?"""

from __future__ import annotations

import pytest

from people.audit.record import by, record
from people.models import User
from tests.people.audit.deeds import wrote
from tests.people.conftest import browser_of, cast
from tests.trail import Trail

__all__ = ["browser_of", "cast"]

Deeds = dict[str, int]


@pytest.fixture
def deeds(cast: dict[str, User], empty_trail: Trail) -> Deeds:
    """What the cast did, oldest first, by what it is called in the tests: the number of each deed's first row."""
    dana, rene, anna = cast["dana"], cast["rene"], cast["anna"]
    return {
        "sign-in": record(by(dana, "sign-in", address="10.1.2.3")),
        "patch": wrote(dana, audit_id="a0a0-1111"),
        "denied": wrote(dana, "delete", "denied", name="db", reason="deployments.apps is forbidden"),
        "other": wrote(rene, "create", resource="configmaps", group="", name="settings", cluster="island"),
        "failed": wrote(rene, "patch", "failed", reason="the server broke"),
        "team": record(by(anna, "team-create", subject="team pay")),
        "unknown": wrote(dana, "delete", "", resource="pods", group="", name="web-1"),
        "read": record(by(dana, "get", cluster="harbour", resource="secrets", namespace="shop", name="key")),
    }
