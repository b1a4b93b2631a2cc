"""Deletion notice: that an object is gone or going, and what each of its finalizers waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from clusters.actions.deletion import list_finalizers
from clusters.actions.finalizers import explain_finalizer
from dashboard.kinds.fields import text
from dashboard.pieces.notice import Detail, Notice
from dashboard.shell.templatetags.shell import age


def build_deletion_notice(found: Mapping[str, Any], *, is_deleted: bool) -> Notice | None:
    """None for an object that nobody deletes."""
    if is_deleted:
        return Notice(_("This object has been deleted."), _("Showing its last known state."))
    deleting = text(found, "metadata", "deletionTimestamp")
    if not deleting:
        return None
    names = list_finalizers(found)
    waiting = _("Waiting for finalizers: %(names)s") % {"names": ", ".join(names)} if names else ""
    return Notice(
        _("This object is being deleted."),
        waiting,
        "warning",
        subject=str(age(deleting)),
        details=describe_finalizers(names),
    )


def describe_finalizers(names: Sequence[str]) -> tuple[Detail, ...]:
    """Each finalizer with what usually removes it."""
    return tuple(Detail(explain_finalizer(name), name) for name in names)
