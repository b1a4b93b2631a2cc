"""Password links: what a person is told at sign-in about links with which others had their password set."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.models import Credential
from people.models import Invitation, User
from people.one_time_links import RETENTION, password_links_of_others


def describe_password_links(user: User) -> list[str]:
    """One sentence for each that was used in the last 30 days, and what it did to the person's credentials.

    At every sign-in: the first one after it may be that of somebody else who used the link.
    """
    found = [_describe(link) for link in password_links_of_others(user, since=timezone.now() - RETENTION)]
    waiting = Credential.objects.filter(user=user, suspended_at__isnull=False).count()
    if waiting:
        text = ngettext(
            "%(n)d credential of yours is suspended until you add it again.",
            "%(n)d credentials of yours are suspended until you add them again.",
            waiting,
        )
        found.append(text % {"n": waiting})
    return found


def _describe(link: Invitation) -> str:
    return _(
        "Your password was set on %(used)s UTC with a link that %(maker)s made on %(made)s UTC. If that was not you, "
        "tell an administrator."
    ) % {
        "used": f"{link.used_at:%Y-%m-%d %H:%M}",
        "maker": link.created_by.username if link.created_by else _("the operator of this server"),
        "made": f"{link.created_at:%Y-%m-%d %H:%M}",
    }
