"""Start of bulk runs: once for each ID, bounded for each person, with an undo window where one is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.bulk import engine
from clusters.models import BulkItem, BulkRun
from people.audit.changes import audited_change
from people.audit.draft import draft_for_user
from people.audit.record import record
from people.models import User

MAX_OPEN = 20  # runs of one person that are not over
MAX_KEPT = 200  # runs of one person; the oldest that are over go first
MAX_FORGOTTEN = 20  # runs that are deleted for their age at one start


class TooManyRuns(Exception):
    """As many runs of the person are not over as there can be; nothing was done."""

    def __init__(self) -> None:
        super().__init__(
            _("%(count)d of your bulk actions are not over yet. Wait until one of them is, or stop one.")
            % {"count": MAX_OPEN}
        )


def start_run(
    run: BulkRun, items: Sequence[BulkItem], detail: Mapping[str, Any], *, is_delayed: bool
) -> None:
    """Keep the run, which is not saved yet, and begin it: at once, or `is_delayed` after the undo window.

    Raises IntegrityError where a run of this ID was started before, TooManyRuns, and AuditTrailUnavailable.
    """
    now, timings = timezone.now(), settings.TIMINGS
    run.undo_window = timings.operations.undo_window if is_delayed else 0.0
    run.created_at, run.starts_at = now, now + timedelta(seconds=run.undo_window)
    with audited_change():
        _require_capacity(run.user, now)
        forget_old(run.user, now)
        record(
            draft_for_user(run.user, "bulk-start", target=f"run {run.pk}: {run.action}", detail=dict(detail))
        )
        run.save(force_insert=True)
        BulkItem.objects.bulk_create(items)
        transaction.on_commit(lambda: engine.start(run.pk, timings.bulk))


def forget_old(user: User, now: datetime) -> None:
    """Delete the oldest runs of the person that are over beyond MAX_KEPT, and some of everybody's beyond their age."""
    oldest = now - timedelta(days=settings.BULK_RUN_DAYS)
    aged = BulkRun.objects.filter(starts_at__lt=oldest).exclude(renewed_at__gte=oldest)
    over = BulkRun.objects.filter(user=user).exclude(finished_at=None, stopped_at=None)
    found = [
        *aged.order_by("starts_at").values_list("pk", flat=True)[:MAX_FORGOTTEN],
        *over.order_by("-created_at").values_list("pk", flat=True)[MAX_KEPT - 1 :],
    ]
    BulkRun.objects.filter(pk__in=found).delete()


def _require_capacity(user: User, now: datetime) -> None:
    open_runs = BulkRun.objects.filter(user=user, finished_at=None, stopped_at=None)
    if sum(not engine.is_interrupted(one, settings.TIMINGS.bulk, now) for one in open_runs) >= MAX_OPEN:
        raise TooManyRuns
