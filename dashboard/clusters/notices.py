"""Error notices: why a credential, a kubeconfig or a cluster cannot be used."""

from __future__ import annotations

from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.credentials.errors import BadCredential
from dashboard.pieces.notice import Notice

PROGRAMS = ("exec", "basic")  # reasons to show what to do instead of signing in by a program


def make_error_notice(error: ApiError | BadCredential) -> Notice:
    """What happened, to which field, what to try, and the other side's own words; announced, as it answers a form."""
    if isinstance(error, BadCredential):
        return Notice(error.message, error.advice, is_announced=True, field=error.field, reason=error.reason)
    return Notice(
        _(error.title), _(error.advice), is_announced=True, message=error.message, source=_("Response:")
    )
