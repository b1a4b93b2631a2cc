"""Readable entries: all for auditors and administrators, each user's own for the rest."""

from __future__ import annotations

from django.db.models import QuerySet

from people.audit.models import AuditEntry
from people.models import User


def visible_entries(user: User) -> QuerySet[AuditEntry]:
    """In the order of the chain. A failed sign-in under a name belongs to whom the name belonged to at that time."""
    if user.is_auditor or user.is_administrator:
        return AuditEntry.objects.all()
    return AuditEntry.objects.filter(person_id=user.pk)
