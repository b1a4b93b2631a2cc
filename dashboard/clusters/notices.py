"""Notices: the title, advice and message that a page shows for an error."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.credentials.errors import BadCredential

PROGRAMS = ("exec", "basic")  # reasons to show what to do instead of signing in by a program


@dataclass(frozen=True)
class Notice:
    """What happened, to which field, what to try, and the other side's own words."""

    title: str
    advice: str = ""
    field: str = ""
    message: str = ""
    reason: str = ""

    @property
    def needs_account(self) -> bool:
        """Whether a ServiceAccount's token would solve it."""
        return self.reason in PROGRAMS


def make_notice(error: ApiError | BadCredential) -> Notice:
    """The notice that a page shows for this error."""
    if isinstance(error, BadCredential):
        return Notice(error.message, error.advice, error.field, reason=error.reason)
    return Notice(_(error.title), _(error.advice), message=error.message)
