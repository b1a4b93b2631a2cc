"""How does something come on record for a test? As the door and the pages record it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from clusters.models import Cluster
from people.audit.record import Intent, by, intend, record
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


def on_record(person: str, verb: str, kind: str = "write", **more: Any) -> int:
    """The same beside a running server, by the user's name; `kind` is "write" or "event"."""
    user = User.objects.get(username=person)
    if kind == "event":
        return record(by(user, verb, **more))
    cluster = Cluster.objects.filter(slug="harbour").first()
    return wrote(user, verb, **{"cluster_id": cluster.pk if cluster else None, **more})


def flood(person: str, count: int) -> int:
    """So many events as fast as the trail takes them; the number of the last one."""
    user = User.objects.get(username=person)
    with ThreadPoolExecutor(20) as pool:
        done = pool.map(lambda number: record(by(user, "get", name=f"flood-{number}")), range(count))
        return max(done)


_open: dict[int, Intent] = {}


def begun(person: str, **more: Any) -> int:
    """A write that was announced, to be closed by `ended`."""
    user = User.objects.get(username=person)
    intent = intend(by(user, "delete", **more))
    _open[intent.sequence] = intent
    return intent.sequence


def ended(sequence: int, result: str) -> None:
    _open.pop(sequence).close(result, STATUS[result], audit_id="c0ffee")
