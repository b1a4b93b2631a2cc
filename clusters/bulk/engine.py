"""Bulk engine: does the runs of this process in the background, a few objects of each cluster at once.

A run is done under the credential and role that its person has at that moment, looked up again before each group of
objects, and stops where the session that started it has ended.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextvars import copy_context
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connections, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.actions.change import ActionObject
from clusters.actions.eviction import find_blocking_budget
from clusters.api.errors import ApiError, NotFound
from clusters.bulk.actions import ACTIONS
from clusters.bulk.timings import BulkTimings
from clusters.credentials.sealing import SealBroken
from clusters.discovery import Resource
from clusters.gateway.audited_requests import result_of
from clusters.gateway.connect import ClusterSession, DeniedByRole, NoCredential, NotShared, connect
from clusters.models import BulkItem, BulkRun, BulkState
from clusters.runtime import runtime
from people.audit.draft import draft_for_user
from people.audit.models import Result
from people.audit.record import note
from people.audit.writer import AuditTrailUnavailable
from people.models import Session

GROUP = 24  # objects of one cluster between two looks at the database
CALLED_BACK, SIGNED_OUT, STOPPED = "called-back", "signed-out", "stopped"
RETRIED = (BulkState.FAILED, BulkState.UNKNOWN)
log = logging.getLogger(__name__)


def start(run_id: UUID, timings: BulkTimings) -> None:
    """Do the run in the background: at once, or when its undo window is over."""
    runtime.pool("bulk").submit(copy_context().run, _run, run_id, timings)


def stop(run: BulkRun, reason: str) -> bool:
    """Let nothing more of the run begin; False where it was stopped or finished before.

    `CALLED_BACK` is only for one in its undo window.
    """
    runs = BulkRun.objects.filter(pk=run.pk, stopped_at=None, finished_at=None)
    if reason == CALLED_BACK:
        runs = runs.filter(begun_at=None)
    return bool(runs.update(stopped_at=timezone.now(), stop_reason=reason))


def is_interrupted(run: BulkRun, timings: BulkTimings, now: datetime) -> bool:
    """Whether the process that did it has ended, or is silent."""
    if run.finished_at or run.stopped_at:
        return False
    last = run.renewed_at or run.starts_at
    return (now - last).total_seconds() > timings.lease


def retry(run: BulkRun, session_id: str, timings: BulkTimings) -> bool:
    """In this session do again what failed, and what was left when the run was interrupted or stopped.

    False where it is being done, or there is nothing to do.

    What was being sent when the process ended may have been done: it is sent again, which does nothing twice.
    """
    again = run.items.filter(state__in=(*RETRIED, BulkState.SENDING, BulkState.WAITING))
    if not again.exists():
        return False
    now = timezone.now()
    is_over = Q(finished_at__isnull=False) | Q(stopped_at__isnull=False)
    if is_interrupted(run, timings, now):
        is_over |= Q(renewed_at=run.renewed_at)
    runs = BulkRun.objects.filter(is_over, pk=run.pk).exclude(stop_reason__in=[CALLED_BACK])
    if not runs.update(
        session=session_id,
        finished_at=None,
        stopped_at=None,
        stop_reason="",
        renewed_at=now,
        begun_at=None,
        starts_at=now + timedelta(seconds=run.undo_window),
    ):
        return False
    again.update(state=BulkState.WAITING, message="")
    transaction.on_commit(lambda: start(run.pk, timings))
    return True


def _run(run_id: UUID, timings: BulkTimings) -> None:
    try:
        run = BulkRun.objects.get(pk=run_id)
        if _wait_for_start(run, timings):
            _do(run)
    except Exception:
        log.exception("The bulk run %s was given up", run_id)
    finally:
        connections.close_all()


def _wait_for_start(run: BulkRun, timings: BulkTimings) -> bool:
    """Wait for the end of the undo window, and begin; False where it was called back, or its session ended."""
    while (left := (run.starts_at - timezone.now()).total_seconds()) > 0:
        if runtime.is_shut_down:
            return False
        if not _is_signed_in(run):
            _call_back_at_sign_out(run)
            return False
        if not BulkRun.objects.filter(pk=run.pk, stopped_at=None).exists():
            return False
        connections.close_all()
        time.sleep(min(left, timings.poll))
    now = timezone.now()
    if not _is_signed_in(run):
        _call_back_at_sign_out(run)
        return False
    begun = BulkRun.objects.filter(pk=run.pk, stopped_at=None, finished_at=None)
    return bool(begun.update(begun_at=now, renewed_at=now))


def _call_back_at_sign_out(run: BulkRun) -> None:
    if stop(run, CALLED_BACK):
        target = f"run {run.pk}: {run.action}"
        note(draft_for_user(run.user, "bulk-call-back", target=target, reason="signed out"))


def _is_signed_in(run: BulkRun) -> bool:
    sessions = Session.objects.filter(session_key=run.session, user_id=run.user_id, user__is_active=True)
    return sessions.filter(expire_date__gt=timezone.now()).exists()


def _do(run: BulkRun) -> None:
    """All clusters at the same time, so that one that does not answer keeps none of the others waiting."""
    slugs = run.items.filter(state=BulkState.WAITING).values_list("cluster", flat=True).distinct().order_by()
    pool = runtime.create_batch("bulk-clusters")
    try:
        jobs = [pool.submit(copy_context().run, _do_cluster, run, slug) for slug in sorted(set(slugs))]
        for job in jobs:
            job.result()
    finally:
        pool.shutdown()
    if not runtime.is_shut_down:
        BulkRun.objects.filter(pk=run.pk, stopped_at=None).update(finished_at=timezone.now())


def _do_cluster(run: BulkRun, slug: str) -> None:
    pool = runtime.create_batch("bulk-changes")
    try:
        while items := _take(run, slug):
            session_or_reason = _open(run, slug)
            if isinstance(session_or_reason, str):
                for item in items:
                    item.state, item.message = BulkState.FAILED, session_or_reason
            else:
                session, resource = session_or_reason
                jobs = [pool.submit(copy_context().run, _send, run, session, resource, one) for one in items]
                for job in jobs:
                    job.result()
            BulkItem.objects.bulk_update(items, ["state", "message"])
            BulkRun.objects.filter(pk=run.pk).update(renewed_at=timezone.now())
    finally:
        pool.shutdown()
        connections.close_all()


def _take(run: BulkRun, slug: str) -> Sequence[BulkItem]:
    """The next objects of a cluster, marked as being sent before they are; none where the run shall not go on."""
    if runtime.is_shut_down or not BulkRun.objects.filter(pk=run.pk, stopped_at=None).exists():
        return []
    if not _is_signed_in(run):
        stop(run, SIGNED_OUT)
        return []
    items = list(run.items.filter(cluster=slug, state=BulkState.WAITING)[:GROUP])
    pks = [one.pk for one in items]
    BulkItem.objects.filter(pk__in=pks).update(state=BulkState.SENDING, attempts=F("attempts") + 1)
    return items


def _open(run: BulkRun, slug: str) -> tuple[ClusterSession, Resource] | str:
    """The person's session as it is now, and the resource; or why there is none."""
    try:
        session = connect(run.user, slug)
        resource = session.find(run.resource)
    except NotShared:
        return _("This cluster does not exist or is not shared with you.")
    except (NoCredential, SealBroken):
        return _("You have no usable credential for this cluster.")
    except ApiError as error:
        return str(error)
    return (session, resource) if resource else _("This cluster does not serve this resource.")


def _send(run: BulkRun, session: ClusterSession, resource: Resource, item: BulkItem) -> None:
    """Send one change and note what became of it in the item."""
    thing = ActionObject(resource, item.namespace, item.name, item.uid)
    try:
        ACTIONS[run.action].build(thing, run.values).send(session)
        item.state, item.message = BulkState.DONE, ""
    except NotFound:
        is_gone = ACTIONS[run.action].verb == "delete" and item.attempts > 0
        item.state = BulkState.DONE if is_gone else BulkState.FAILED
        item.message = _("It is gone.")
    except ApiError as error:
        is_known = result_of(error) in (Result.DENIED, Result.FAILED)
        item.state = BulkState.FAILED if is_known else BulkState.UNKNOWN
        item.message = (find_blocking_budget(error) or str(error))[:2000]
    except (DeniedByRole, AuditTrailUnavailable) as error:
        item.state, item.message = BulkState.FAILED, str(error)[:2000]
    except Exception:
        log.exception("%s was not sent", item)
        item.state, item.message = BulkState.UNKNOWN, _("Quarterdeck failed while this was sent.")
