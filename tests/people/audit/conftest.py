"""What is on record in the tests of the trail's pages?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from people.audit.record import by, intend, record
from people.models import User
from tests.people.conftest import browser_of, cast
from tests.trail import Trail

__all__ = ["browser_of", "cast"]

Write = Callable[..., None]
Deeds = dict[str, int]


def wrote(user: User, verb: str = "patch", result: str = "ok", **more: Any) -> int:
    """A write to a cluster: its intent, and its outcome where `result` is not empty; the intent's number."""
    status = {"ok": 200, "denied": 403, "failed": 500}.get(result)
    told = {name: more.pop(name) for name in ("reason", "audit_id") if name in more}
    given = {
        "cluster": "harbour", "group": "apps", "version": "v1", "resource": "deployments", "namespace": "shop",
        "name": "web", "identity": user.username, "credential": "own token", "role": "operator", **more,
    }  # fmt: skip
    intent = intend(by(user, verb, **given))
    if result:
        intent.close(result, status, duration=12, **told)
    return intent.sequence


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
