"""How does something come on record for a test? As the door and the pages record it."""

from __future__ import annotations

from typing import Any

from people.audit.record import by, intend, record
from people.models import User

STATUS = {"ok": 200, "denied": 403, "failed": 500}
OF_OUTCOMES = ("reason", "audit_id")


def wrote(user: User, verb: str = "patch", result: str = "ok", **more: Any) -> int:
    """A write to a cluster: its intent, and its outcome where `result` is not empty; the intent's number."""
    told = {name: more.pop(name) for name in OF_OUTCOMES if name in more}
    given = {
        "cluster": "harbour", "group": "apps", "version": "v1", "resource": "deployments", "namespace": "shop",
        "name": "web", "identity": user.username, "credential": "own token", "role": "operator", **more,
    }  # fmt: skip
    intent = intend(by(user, verb, **given))
    if result:
        intent.close(result, STATUS.get(result), duration=12, **told)
    return intent.sequence


def staged(kind: str, name: str, verb: str, **more: Any) -> int:
    """The same beside a running server, by the user's name; `kind` is "write" or "event"."""
    user = User.objects.get(username=name)
    return wrote(user, verb, **more) if kind == "write" else record(by(user, verb, **more))


def flood(name: str, count: int) -> int:
    """So many events at once."""
    user = User.objects.get(username=name)
    return max(record(by(user, "get", name=f"flood-{number}")) for number in range(count))
