"""Which rows may a person read? Auditors and administrators all of them, each person their own."""

from __future__ import annotations

from django.db.models import QuerySet

from people.audit.models import Entry
from people.models import User


def visible_entries(user: User) -> QuerySet[Entry]:
    """In the order of the chain. A failed sign-in under a name belongs to whom the name belonged to at that time."""
    if user.is_auditor or user.is_administrator:
        return Entry.objects.all()
    return Entry.objects.filter(person_id=user.pk)
