"""How is a refusal told on a page? One shape for what a person brought and for what a cluster answered."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.credentials.errors import BadCredential

PROGRAMS = ("exec", "basic")  # reasons to show what to do instead of signing in by a program


@dataclass(frozen=True)
class Problem:
    """What happened, to which field, what to try, and the other side's own words."""

    title: str
    advice: str = ""
    field: str = ""
    said: str = ""
    reason: str = ""

    @property
    def needs_account(self) -> bool:
        """Is a ServiceAccount's token the way out?"""
        return self.reason in PROGRAMS


def problem(error: ApiError | BadCredential) -> Problem:
    """The problem that this error is for a person."""
    if isinstance(error, BadCredential):
        return Problem(error.message, error.advice, error.field, reason=error.reason)
    return Problem(_(error.title), _(error.advice), said=error.message)
