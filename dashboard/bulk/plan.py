"""Plan: for each selected object what a bulk action will do, or why it is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import wait
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.bulk.reading import BulkTarget, FoundObject, read_objects
from clusters.credentials.sealing import SealBroken
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession, NoCredential, NotShared, connect_all
from clusters.runtime import runtime
from dashboard.bulk.selection import Selection, address_of, format_target
from dashboard.bulk.table import BulkPage
from dashboard.frame.permissions import explain_result
from dashboard.kinds.fields import text
from dashboard.kinds.table import find_slug
from dashboard.objects.bulk_buttons import list_buttons
from people.models import User

SECONDS = 25.0  # for all clusters; what has not answered by then is left out


@dataclass(frozen=True)
class PlannedItem:
    """`reason` says why it is left out, or in doubt; `target` has the version that the plan was made of."""

    target: BulkTarget
    url: str
    is_left_out: bool
    reason: str = ""
    is_changed: bool = False

    @property
    def value(self) -> str:
        return format_target(self.target)


@dataclass(frozen=True)
class Plan:
    """All items in the order of the selection, with the sessions of their clusters."""

    items: Sequence[PlannedItem]
    sessions: Mapping[str, ClusterSession]
    resource: Resource | None

    @property
    def doable(self) -> Sequence[PlannedItem]:
        return [one for one in self.items if not one.is_left_out]

    @property
    def protected(self) -> Sequence[ClusterSession]:
        """Sessions of protected clusters in which something would be done."""
        slugs = dict.fromkeys(one.target.cluster for one in self.doable)
        return [self.sessions[slug] for slug in slugs if self.sessions[slug].cluster.protected]


def make_plan(user: User, page: BulkPage, selection: Selection, values: Mapping[str, Any]) -> Plan:
    """Read all objects and review each; clusters at the same time. Nothing is changed."""
    slugs = list(dict.fromkeys(one.cluster for one in selection.targets))
    sessions: dict[str, ClusterSession] = {}
    reasons: dict[str, str] = {}
    for slug, connected in connect_all(user, slugs).items():
        if isinstance(connected, ClusterSession):
            sessions[slug] = connected
        else:
            reasons[slug] = _explain(connected)
    pool = runtime.create_batch("list")
    jobs = {
        slug: pool.submit(copy_context().run, _read, session, page, selection)
        for slug, session in sessions.items()
    }
    wait(jobs.values(), timeout=SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    found: dict[BulkTarget, tuple[Resource, FoundObject]] = {}
    first: Resource | None = None
    for slug, job in jobs.items():
        if not job.done() or job.cancelled():
            reasons[slug] = _("The cluster did not respond within %(n)d s.") % {"n": SECONDS}
            continue
        resource, objects, reason = job.result()
        if resource is None:
            reasons[slug] = reason
            continue
        first = first or resource
        found |= {one.target: (resource, one) for one in objects}
    items = [
        _judge(page, *found[one], selection.resource, values)
        if one in found
        else PlannedItem(one, address_of(one, selection.resource).path(), True, reasons[one.cluster])
        for one in selection.targets
    ]
    return Plan(items, sessions, first)


def _read(
    session: ClusterSession, page: BulkPage, selection: Selection
) -> tuple[Resource | None, Sequence[FoundObject], str]:
    targets = [one for one in selection.targets if one.cluster == session.cluster.slug]
    try:
        resource = session.find(selection.resource)
        if resource is None or page.button not in list_buttons(find_slug(selection.resource), resource):
            return None, (), _("This cluster does not serve what this action needs.")
        return resource, read_objects(session, resource, page.action, targets), ""
    except ApiError as error:
        return None, (), str(error)


def _explain(error: NotShared | NoCredential | SealBroken) -> str:
    if isinstance(error, NotShared):
        return _("This cluster does not exist or is not shared with you.")
    return _("You have no usable credential for this cluster.")


def _judge(
    page: BulkPage, resource: Resource, one: FoundObject, slug: str, values: Mapping[str, Any]
) -> PlannedItem:
    target, found = one.target, one.found
    url = address_of(target, slug).path()

    def leave_out(reason: str) -> PlannedItem:
        return PlannedItem(target, url, True, reason)

    if one.review.state == "denied":
        verb, subresource = page.action.verb, page.action.subresource
        return leave_out(explain_result(resource, verb, target.namespace, one.review, subresource))
    if one.error:
        return leave_out(_("It cannot be read: %(error)s") % {"error": one.error})
    if found is None:
        return leave_out(_("It is gone."))
    if text(found, "metadata", "uid") != target.uid:
        return leave_out(_("It is gone, and another object has its name now."))
    if reason := page.find_reason(found, values):
        return leave_out(reason)
    version = text(found, "metadata", "resourceVersion")
    is_changed = bool(target.version) and target.version != version
    doubt = "" if one.review.state == "allowed" else one.review.reason
    return PlannedItem(replace(target, version=version), url, False, doubt, is_changed)
