"""Delayed actions: what cannot be undone in a protected cluster, as a run of one object with an undo window."""

from __future__ import annotations

import uuid

from django.db import IntegrityError
from django.http import Http404, HttpRequest

from clusters.bulk.starting import start_run
from clusters.models import BulkItem, BulkRun
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.subject import Subject
from people.decorators import get_session_id, person


def find_delay(page: ActionPage, subject: Subject, values: Values) -> Values | None:
    """The values of the run that does it after the undo window; None where it is sent at once."""
    return page.delay(subject, values) if subject.is_protected else None


def start_delayed(request: HttpRequest, page: ActionPage, subject: Subject, values: Values) -> uuid.UUID:
    """The ID of the run: that of the form, so that a form that is sent twice begins one.

    Raises TooManyRuns, and AuditTrailUnavailable.
    """
    user = person(request)
    run = BulkRun(
        id=_read_id(request.POST.get("run", "")),
        user=user,
        session=get_session_id(request),
        action=page.action.page,
        resource=subject.address.resource,
        values=dict(values),
    )
    cluster = subject.address.cluster
    item = BulkItem(
        run=run,
        number=1,
        cluster=cluster,
        namespace=subject.namespace,
        name=subject.name,
        uid=subject.uid,
    )
    detail = {"objects": 1, "clusters": [cluster], "object": subject.address.path()}
    try:
        start_run(run, [item], detail, is_delayed=True)
    except IntegrityError:
        if not BulkRun.objects.filter(pk=run.pk, user=user).exists():
            raise Http404 from None
    return run.pk


def _read_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text[:64])
    except ValueError:
        return uuid.uuid4()
