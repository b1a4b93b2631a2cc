"""Leases: one process runs an operation, another takes it over only when the first is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from clusters.models import Cluster, Operation, OperationItem, OperationState
from clusters.operations.lease import (
    claim,
    create_operation,
    find_state,
    finish,
    forget_old,
    renew,
    request_stop,
    save_progress,
)
from people.models import User

LEASE = 15.0


@pytest.fixture
def operation(db: None) -> Operation:
    cluster = Cluster.objects.create(slug="harbour", name="Harbour", server="https://127.0.0.1:9")
    user = User.objects.create(username="dana")
    return create_operation("drain", cluster, user, "session", {"nodes": ["one"]})


def age(operation: Operation, seconds: float) -> None:
    Operation.objects.filter(pk=operation.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=seconds))
    operation.refresh_from_db()


def test_nobody_else_claims_it_while_its_heartbeat_is_recent(operation: Operation) -> None:
    assert not claim(operation, "other", LEASE)
    assert renew(operation.pk, operation.owner) is not None
    assert find_state(operation, LEASE) == OperationState.RUNNING


def test_a_lost_one_is_claimed_once_and_its_old_owner_writes_nothing_more(operation: Operation) -> None:
    first = operation.owner
    age(operation, LEASE + 1)
    assert find_state(operation, LEASE) == OperationState.INTERRUPTED
    assert claim(operation, "other", LEASE)
    assert not claim(operation, "third", LEASE)
    assert operation.owner != first
    assert operation.session_id == "other"
    assert renew(operation.pk, first) is None
    item = OperationItem(operation=operation, resource="pods", name="web", state="waiting")
    assert not save_progress(operation.pk, first, {"nodes": []}, [item])
    assert not finish(operation.pk, first, OperationState.DONE, "")
    assert operation.items.count() == 0
    assert save_progress(operation.pk, operation.owner, {"nodes": []}, [item])
    item.state = "gone"
    assert save_progress(operation.pk, operation.owner, {"nodes": []}, [item])
    assert [one.state for one in operation.items.all()] == ["gone"]


@pytest.mark.parametrize("state", [OperationState.STOPPED, OperationState.INTERRUPTED, OperationState.FAILED])
def test_what_is_over_can_be_claimed_unless_it_is_done(operation: Operation, state: OperationState) -> None:
    assert finish(operation.pk, operation.owner, state, "why")
    assert claim(operation, "session", LEASE)
    assert operation.reason == ""
    assert finish(operation.pk, operation.owner, OperationState.DONE, "")
    assert not claim(operation, "session", LEASE)


def test_a_stop_reaches_its_owner_and_ends_at_once_what_nobody_runs(operation: Operation) -> None:
    assert request_stop(operation, "ada", LEASE)
    heartbeat = renew(operation.pk, operation.owner)
    assert heartbeat is not None
    assert heartbeat == (True, "ada")
    age(operation, LEASE + 1)
    assert request_stop(operation, "ada", LEASE)
    operation.refresh_from_db()
    assert (operation.state, operation.reason) == (OperationState.STOPPED, "Stopped by ada.")
    assert not request_stop(operation, "ada", LEASE)


def test_only_so_many_that_are_over_are_kept(operation: Operation) -> None:
    others = [create_operation("drain", operation.cluster, operation.user, "s", {}) for _ in range(3)]
    for one in others:
        assert finish(one.pk, one.owner, OperationState.DONE, "")
    forget_old(operation.cluster, "drain", 2)
    left = set(Operation.objects.values_list("pk", flat=True))
    assert left == {operation.pk, others[1].pk, others[2].pk}
