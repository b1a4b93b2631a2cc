"""Authors of revisions: who changed a workload's pod template, from the audit trail and from managedFields.

Kubernetes does not record who made a revision. The controller creates its ReplicaSet or ControllerRevision within a
moment of the change, so the change that came right before belongs to it. Times of the API server have whole seconds,
and its clock may differ a little from ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clusters.actions.change import FIELD_MANAGER, ActionObject
from clusters.gateway.audited_requests import FIELDS
from clusters.models import Cluster
from people.audit.models import AuditEntry, Phase, Result

MAX_WRITES = 300  # of one object that are looked through, the newest first
BEFORE = timedelta(seconds=20)  # that a controller may take to see a change, clocks apart
AFTER = timedelta(seconds=3)  # that the change may seem to come after its revision
VERBS = ("create", "update", "patch")


@dataclass(frozen=True)
class TemplateWrite:
    """A write of ours that may have changed the pod template; `is_certain` where it names a field of it."""

    person: str
    at: datetime
    is_certain: bool


@dataclass(frozen=True)
class TemplateManager:
    """A field manager that set fields of the pod template last at this time, as managedFields says."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Authors:
    """Who can have made one revision; both are empty where nothing is known of it."""

    ours: Sequence[TemplateWrite] = ()
    others: Sequence[TemplateManager] = ()


def list_writes(cluster: Cluster, thing: ActionObject) -> Sequence[TemplateWrite]:
    """The writes through Quarterdeck of this object that the API server accepted, the newest first."""
    resource = thing.resource
    requests = AuditEntry.objects.filter(
        name=thing.name,
        namespace=thing.namespace,
        cluster_id=cluster.pk,
        group=resource.group,
        resource=resource.plural,
        subresource="",
        verb__in=VERBS,
        phase=Phase.REQUEST,
    ).order_by("-sequence")[:MAX_WRITES]
    found = [one for one in requests if _may_change_template(one.detail)]
    accepted = AuditEntry.objects.filter(
        request__in=[one.sequence for one in found], phase=Phase.RESULT, result=Result.OK
    )
    done = set(accepted.values_list("request", flat=True))
    return [
        TemplateWrite(one.person, one.at, _names_template(one.detail))
        for one in found
        if one.sequence in done
    ]


def find_beginning() -> datetime | None:
    """When the audit trail begins: earlier months are archived, and nothing is known of them here."""
    return AuditEntry.objects.order_by("sequence").values_list("at", flat=True).first()


def list_managers(found: Mapping[str, Any]) -> Sequence[TemplateManager]:
    """The other field managers of the pod template, from the object's managedFields, the newest first."""
    managers = [
        TemplateManager(str(entry.get("manager") or ""), at)
        for entry in _list_entries(found)
        if entry.get("manager") != FIELD_MANAGER and (at := parse_time(entry.get("time"))) is not None
    ]
    return sorted(managers, key=lambda one: one.at, reverse=True)


def find_newest_change(found: Mapping[str, Any]) -> datetime | None:
    """When the pod template was changed last by anybody, as far as managedFields says."""
    times = [at for entry in _list_entries(found) if (at := parse_time(entry.get("time"))) is not None]
    return max(times, default=None)


def match_authors(
    made: datetime,
    before: datetime | None,
    writes: Sequence[TemplateWrite],
    managers: Sequence[TemplateManager],
) -> Authors:
    """Who changed the template right before a revision was made; of several writes of ours the last.

    While a rollout is paused nothing is made, so a write since the revision before, which was made at `before`, counts
    where nobody wrote right before this one.
    """
    since = made - BEFORE
    ours = [one for one in writes if since <= one.at <= made + AFTER]
    others = [one for one in managers if since <= one.at <= made + AFTER]
    if not ours and not others and before is not None:
        ours = [one for one in writes if one.is_certain and before + AFTER < one.at < since]
    return Authors(ours[:1], others)


def parse_time(text: object) -> datetime | None:
    """A time as the API server writes it (RFC 3339, UTC); None for anything else."""
    try:
        at = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _may_change_template(detail: Mapping[str, Any]) -> bool:
    """By the fields that a patch names; an update, and a patch of more fields than are recorded, may change all."""
    if detail.get("dryRun"):
        return False
    fields = detail.get("fields")
    return not isinstance(fields, list) or len(fields) >= FIELDS or _names_template(detail)


def _names_template(detail: Mapping[str, Any]) -> bool:
    """Whether a patch names fields of the pod template, as `spec.template.…` or `/spec/template/…`."""
    fields = detail.get("fields")
    paths = [str(one).replace("/", ".").lstrip(".") for one in fields] if isinstance(fields, list) else []
    return any(path.startswith("spec.template") for path in paths)


def _list_entries(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The entries of managedFields that hold fields of the pod template."""
    metadata = found.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    for entry in entries if isinstance(entries, list) else ():
        fields = entry.get("fieldsV1") if isinstance(entry, Mapping) else None
        spec = fields.get("f:spec") if isinstance(fields, Mapping) else None
        if isinstance(spec, Mapping) and "f:template" in spec:
            yield entry
