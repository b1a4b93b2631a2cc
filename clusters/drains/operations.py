"""Drains as operations: start one, resume one, ask one to stop; each is in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from clusters.drains.drain import KIND, Drain, list_nodes, resume
from clusters.drains.options import DrainOptions
from clusters.gateway.connect import ClusterSession
from clusters.models import Operation
from clusters.operations.lease import (
    call_back,
    claim,
    create_operation,
    forget_old,
    list_running,
    lock_cluster,
    request_stop,
)
from clusters.operations.runner import runner
from people.audit.changes import audited_change
from people.audit.draft import AuditDraft
from people.audit.record import record

RESOURCE = "nodes"
MAX_RUNNING = 40  # drains of one cluster at the same time
MAX_KEPT = 200  # drains of one cluster that are kept; the oldest that are over go first


class AlreadyRunning(Exception):
    """A node of it is being drained already, by `operation`; nothing was done."""

    def __init__(self, node: str, operation: Operation) -> None:
        super().__init__(_("Node %(node)s is being drained already.") % {"node": node})
        self.node, self.operation = node, operation


class TooManyRunning(Exception):
    """As many drains run on the cluster as there can be; nothing was done."""

    def __init__(self) -> None:
        super().__init__(_("%(count)d drains are running on this cluster already.") % {"count": MAX_RUNNING})


class CannotResume(Exception):
    """It is running, or it is done."""


def start_drain(
    cluster_session: ClusterSession, session_id: str, nodes: Sequence[str], options: DrainOptions
) -> Operation:
    """Start it in this process. Raises AlreadyRunning, TooManyRunning, AuditTrailUnavailable."""
    stored = {**options.to_json(), "nodes": list(nodes)}
    with audited_change():
        lock_cluster(cluster_session.cluster)
        _require_free(cluster_session, nodes)
        forget_old(cluster_session.cluster, KIND, MAX_KEPT)
        operation = create_operation(
            KIND,
            cluster_session.cluster,
            cluster_session.user,
            session_id,
            stored,
            _find_undo_window(cluster_session),
        )
        record(_draft(cluster_session, "drain-start", operation))
    runner.start(operation, cluster_session, Drain(nodes, options))
    return operation


def resume_drain(cluster_session: ClusterSession, session_id: str, operation: Operation) -> None:
    """Go on with what is left of it, in this process, as the person of `cluster_session`, who started it.

    Raises AlreadyRunning, TooManyRunning, CannotResume, AuditTrailUnavailable.
    """
    with audited_change():
        lock_cluster(cluster_session.cluster)
        if not claim(operation, session_id, runner.timings.lease, _find_undo_window(cluster_session)):
            raise CannotResume
        _require_free(cluster_session, list_nodes(operation), but=operation)
        record(_draft(cluster_session, "drain-resume", operation))
    runner.start(operation, cluster_session, resume(operation))


def stop_drain(cluster_session: ClusterSession, operation: Operation) -> bool:
    """Within the undo window call it back, later have it stop: what is under way goes on. False where it is over."""
    username = cluster_session.user.username
    with audited_change():
        is_called_back = call_back(operation, username)
        is_stopped = is_called_back or request_stop(operation, username, runner.timings.lease)
        record(_draft(cluster_session, "drain-call-back" if is_called_back else "drain-stop", operation))
    runner.check_soon(operation.pk)
    return is_stopped


def _find_undo_window(cluster_session: ClusterSession) -> float:
    """In seconds; only in protected clusters does a drain wait."""
    return runner.timings.undo_window if cluster_session.cluster.protected else 0.0


def _require_free(
    cluster_session: ClusterSession, nodes: Sequence[str], but: Operation | None = None
) -> None:
    running = list_running(cluster_session.cluster, KIND, runner.timings.lease)
    others = [one for one in running if but is None or one.pk != but.pk]
    for other in others:
        for node in nodes:
            if node in list_nodes(other):
                raise AlreadyRunning(node, other)
    if len(others) >= MAX_RUNNING:
        raise TooManyRunning


def _draft(cluster_session: ClusterSession, verb: str, operation: Operation) -> AuditDraft:
    nodes = list_nodes(operation)
    return replace(
        cluster_session.audit_draft,
        verb=verb,
        version="v1",
        resource=RESOURCE,
        name=nodes[0] if nodes else "",
        target=f"drain {operation.pk}",
        detail=dict(operation.options),
    )
