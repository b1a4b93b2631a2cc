"""Texts of suspended credentials: why one is not used, and what to do about it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from clusters.credentials.suspension import Suspension
from clusters.models import Credential
from dashboard.pieces.notice import Button, Notice


def describe_suspension(credential: Credential, suspension: Suspension) -> tuple[str, str, str]:
    """Title, advice, and the words of the button that leads to the way out."""
    if not suspension.is_moved:
        return (
            _("Your credential is suspended because your password was set by somebody else's link."),
            describe_link(suspension) + " " + _("Add the credential again to use it: the same one will do."),
            _("Add it again"),
        )
    moved = _("The connection settings of this cluster have changed, so nothing is sent there.")
    if credential.team is not None:
        return (
            _("The credential shared by team %(team)s is suspended.") % {"team": credential.team.name},
            moved
            + " "
            + _(
                "The administrator who added it can confirm the new settings. You can add your own credential."
            ),
            _("Add credential"),
        )
    return (
        _("Your credential is suspended."),
        moved + " " + _("Compare the old and the new settings, then confirm them or add a credential again."),
        _("Compare and confirm"),
    )


def build_suspension_notice(
    credential: Credential, suspension: Suspension, href: str = "", where: str = ""
) -> Notice:
    """The same as a notice; without an `href` it has no button."""
    title, advice, label = describe_suspension(credential, suspension)
    buttons = (Button(label, href, primary=True),) if href else ()
    return Notice(title, advice, "warning", buttons, subject=where)


def describe_link(suspension: Suspension) -> str:
    """Who made the password link, and when it was used."""
    when = f"{suspension.at:%Y-%m-%d %H:%M}" if suspension.at else ""
    if not suspension.by:
        return _("The operator of this server made the link; it was used on %(when)s UTC.") % {"when": when}
    return _("%(person)s made the link; it was used on %(when)s UTC.") % {
        "person": suspension.by,
        "when": when,
    }
