"""Audit entries for tests, recorded as the gateway and the pages do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from clusters.models import Cluster
from people.audit.record import PendingEntry, begin, draft_for_user, record
from people.models import User

STATUS = {"ok": 200, "denied": 403, "failed": 500}
RESULT_FIELDS = ("reason", "audit_id")


def record_write(user: User, verb: str = "patch", result: str = "ok", **more: Any) -> int:
    """A write to a cluster: its request, and its result unless `result` is empty; returns the request's sequence."""
    result_fields = {name: more.pop(name) for name in RESULT_FIELDS if name in more}
    given = {
        "cluster": "harbour", "group": "apps", "version": "v1", "resource": "deployments", "namespace": "shop",
        "name": "web", "identity": user.username, "credential": "own token", "role": "editor", **more,
    }  # fmt: skip
    pending = begin(draft_for_user(user, verb, **given))
    if result:
        pending.close(result, STATUS.get(result), duration=12, **result_fields)
    return pending.sequence


def record_action(person: str, verb: str, kind: str = "write", **more: Any) -> int:
    """The same beside a running server, by the user's name; `kind` is "write" or "event"."""
    user = User.objects.get(username=person)
    if kind == "event":
        return record(draft_for_user(user, verb, **more))
    cluster = Cluster.objects.filter(slug="harbour").first()
    return record_write(user, verb, **{"cluster_id": cluster.pk if cluster else None, **more})


def record_flood(person: str, count: int) -> int:
    """So many events as fast as the audit trail takes them; returns the sequence of the last one."""
    user = User.objects.get(username=person)
    with ThreadPoolExecutor(20) as pool:
        done = pool.map(
            lambda number: record(draft_for_user(user, "get", name=f"flood-{number}")), range(count)
        )
        return max(done)


_open_writes: dict[int, PendingEntry] = {}


def begin_write(person: str, **more: Any) -> int:
    """A write that was announced, to be closed by `end_write`."""
    user = User.objects.get(username=person)
    pending = begin(draft_for_user(user, "delete", **more))
    _open_writes[pending.sequence] = pending
    return pending.sequence


def end_write(sequence: int, result: str) -> None:
    _open_writes.pop(sequence).close(result, STATUS[result], audit_id="c0ffee")
