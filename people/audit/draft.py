"""Audit draft: what is to be recorded, and how it becomes a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from django.db.models import CharField
from django.utils import timezone

from people.audit.models import AuditEntry, Phase, Result
from people.audit.origin import current
from people.audit.sanitizing import sanitize_detail, sanitize_text
from people.models import User

NUMBERS = ("status", "duration")
MAX_NUMBER = 2**31 - 1  # a server that is none of Kubernetes' may answer any number
_LIMITS = {
    one.attname: one.max_length or 0 for one in AuditEntry._meta.concrete_fields if isinstance(one, CharField)
}


@dataclass(frozen=True, kw_only=True)
class AuditDraft:
    """Who did what to what. Never a secret's value in any of it: `detail` names the fields that changed.

    `at`, `session` and `address` are filled from the request under way where they are left out.
    """

    verb: str
    person_id: int | None = None
    person: str = ""
    global_role: str = ""
    role: str = ""
    session: str = ""
    token: str = ""
    address: str = ""
    cluster_id: int | None = None
    cluster: str = ""
    credential_id: int | None = None
    credential: str = ""
    identity: str = ""
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    target: str = ""
    result: str = Result.OK
    status: int | None = None
    reason: str = ""
    audit_id: str = ""
    duration: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def draft_for_user(user: User, verb: str, **more: Any) -> AuditDraft:
    """A draft about what this person did; `more` are further fields of AuditDraft."""
    return AuditDraft(
        verb=verb, person_id=user.pk, person=user.username, global_role=user.global_role, **more
    )


def draft_for_program(program: str, verb: str, **more: Any) -> AuditDraft:
    """A draft about what whoever runs this installation did on its machine, such as by `manage.py rotate_keys`.

    The space in it is what no username can have. (Rows of earlier versions have the bare `manage.py`.)
    """
    return AuditDraft(verb=verb, person=f"program {program}", **more)


def build_entry(draft: AuditDraft, phase: Phase, request: int | None = None) -> AuditEntry:
    """The row, cleaned and bounded, without its position in the chain."""
    here = current()
    whole = replace(
        draft,
        at=draft.at or timezone.now(),
        session=draft.session or here.session,
        address=draft.address or here.address,
    )
    values = {one.name: _clean(one.name, getattr(whole, one.name)) for one in fields(whole)}
    return AuditEntry(phase=phase, request=request, **values)


def _clean(name: str, value: Any) -> Any:
    if name in _LIMITS:
        return sanitize_text(value, _LIMITS[name])
    if name == "detail":
        return sanitize_detail(value)
    return max(-MAX_NUMBER, min(value, MAX_NUMBER)) if name in NUMBERS and value is not None else value
