"""Leases of operations: which process runs one, by an owner and a heartbeat in its row.

A process writes to an operation only where it is still the owner. Who has not renewed its heartbeat for as long as a
lease lasts counts as gone, and another process can claim the operation: so none is run twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.models import Cluster, Operation, OperationItem, OperationState
from people.models import User

ITEM_FIELDS = ("state", "message", "attempts", "attempted_at", "detail")
BATCH = 100  # items in one statement


class Heartbeat(NamedTuple):
    """What an operation's row says at a heartbeat."""

    is_stop_requested: bool
    stopped_by: str


def create_operation(
    kind: str,
    cluster: Cluster,
    user: User,
    session_id: str,
    options: Mapping[str, Any],
    undo_window: float = 0.0,
) -> Operation:
    """A running operation of this process; the caller records it, in a transaction, and runs it.

    Within `undo_window`, in seconds, it can be called back.
    """
    now = timezone.now()
    return Operation.objects.create(
        kind=kind,
        cluster=cluster,
        user=user,
        session_id=session_id,
        options=options,
        owner=_make_owner(),
        created_at=now,
        starts_at=now + timedelta(seconds=undo_window),
    )


def lock_cluster(cluster: Cluster) -> None:
    """Until the transaction ends nobody else starts an operation on this cluster (SQLite has one writer anyway)."""
    Cluster.objects.select_for_update().get(pk=cluster.pk)


def list_running(cluster: Cluster, kind: str, lease: float) -> QuerySet[Operation]:
    """Those that a process runs now."""
    return Operation.objects.filter(
        cluster=cluster,
        kind=kind,
        state=OperationState.RUNNING,
        heartbeat_at__gt=timezone.now() - timedelta(seconds=lease),
    )


def forget_old(cluster: Cluster, kind: str, kept: int) -> None:
    """Delete the oldest that are over, with their items, beyond so many of the cluster."""
    over = Operation.objects.filter(cluster=cluster, kind=kind).exclude(state=OperationState.RUNNING)
    Operation.objects.filter(pk__in=list(over.values_list("pk", flat=True)[kept:])).delete()


def claim(operation: Operation, session_id: str, lease: float, undo_window: float = 0.0) -> bool:
    """Make this process the owner of an operation that nobody runs; False where somebody does, or it is done.

    Within `undo_window`, in seconds, it can be called back.
    """
    now, owner = timezone.now(), _make_owner()
    over = Q(state__in=(OperationState.STOPPED, OperationState.INTERRUPTED, OperationState.FAILED))
    lost = Q(state=OperationState.RUNNING, heartbeat_at__lte=now - timedelta(seconds=lease))
    claimed = Operation.objects.filter(over | lost, pk=operation.pk).update(
        state=OperationState.RUNNING,
        owner=owner,
        session_id=session_id,
        heartbeat_at=now,
        is_stop_requested=False,
        stopped_by="",
        reason="",
        starts_at=now + timedelta(seconds=undo_window),
        begun_at=None,
        ended_at=None,
        revision=F("revision") + 1,
    )
    if claimed:
        operation.refresh_from_db()
    return bool(claimed)


def renew(operation_id: int, owner: str) -> Heartbeat | None:
    """The heartbeat; None where this process is the owner no longer."""
    mine = _select_owned(operation_id, owner)
    if not mine.update(heartbeat_at=timezone.now()):
        return None
    found = mine.values_list("is_stop_requested", "stopped_by").first()
    return Heartbeat(*found) if found is not None else None


def begin(operation_id: int, owner: str) -> bool:
    """From now on it cannot be called back; False where it was, or another process is the owner."""
    mine = _select_owned(operation_id, owner).filter(is_stop_requested=False)
    return bool(mine.update(begun_at=timezone.now(), revision=F("revision") + 1))


def call_back(operation: Operation, username: str) -> bool:
    """End an operation within its undo window; False where it has begun, or is over."""
    waiting = Operation.objects.filter(pk=operation.pk, state=OperationState.RUNNING, begun_at=None)
    return bool(
        waiting.update(
            state=OperationState.STOPPED,
            is_stop_requested=True,
            stopped_by=username,
            reason=describe_call_back(username),
            ended_at=timezone.now(),
            owner="",
            revision=F("revision") + 1,
        )
    )


def save_progress(
    operation_id: int, owner: str, progress: Mapping[str, Any], items: Collection[OperationItem]
) -> bool:
    """Save what changed, in the caller's transaction; False, and nothing, where the owner is another one by now.

    Items without a number are created and get one.
    """
    if not _select_owned(operation_id, owner).update(progress=progress, revision=F("revision") + 1):
        return False
    OperationItem.objects.bulk_create([one for one in items if one.pk is None])
    known = [one for one in items if one.pk is not None]
    OperationItem.objects.bulk_update(known, ITEM_FIELDS, batch_size=BATCH)
    return True


def finish(operation_id: int, owner: str, state: OperationState, reason: str) -> bool:
    """Its end, as far as this process is the owner."""
    mine = _select_owned(operation_id, owner)
    return bool(mine.update(state=state, reason=reason, ended_at=timezone.now(), revision=F("revision") + 1))


def request_stop(operation: Operation, username: str, lease: float) -> bool:
    """Have whichever process runs it stop; one that nobody runs is stopped at once. False where it is over."""
    now = timezone.now()
    running = Operation.objects.filter(pk=operation.pk, state=OperationState.RUNNING)
    limit = now - timedelta(seconds=lease)
    if running.filter(heartbeat_at__lte=limit).update(
        state=OperationState.STOPPED,
        stopped_by=username,
        reason=describe_stop(username),
        ended_at=now,
        owner="",
        revision=F("revision") + 1,
    ):
        return True
    return bool(running.update(is_stop_requested=True, stopped_by=username, revision=F("revision") + 1))


def describe_stop(username: str) -> str:
    return _("Stopped by %(username)s.") % {"username": username}


def describe_call_back(username: str) -> str:
    return _("Called back by %(username)s before it began.") % {"username": username}


def find_state(operation: Operation, lease: float, now: datetime | None = None) -> OperationState:
    """Its state; `interrupted` where its process is gone without a word."""
    state = OperationState(operation.state)
    if state != OperationState.RUNNING:
        return state
    age = (now or timezone.now()) - operation.heartbeat_at
    return OperationState.INTERRUPTED if age > timedelta(seconds=lease) else state


def _select_owned(operation_id: int, owner: str) -> QuerySet[Operation]:
    return Operation.objects.filter(pk=operation_id, owner=owner, state=OperationState.RUNNING)


def _make_owner() -> str:
    """Of one run: a process that resumes what it ran before is another owner."""
    return secrets.token_hex(16)
