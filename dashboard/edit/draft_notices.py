"""Draft notices of a page with a text: what was typed here before and not saved, and what was restored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.gateway.connect import ClusterSession
from clusters.models import Draft
from dashboard.edit import drafts
from dashboard.edit.drafts import DraftPage
from dashboard.pieces.notice import Button, Notice
from people.models import TeamRole

SHOWN = 3  # drafts of one page; the others are in the list of all


@dataclass(frozen=True)
class DraftOffer:
    """What a page says of drafts, and the drafts that its buttons discard."""

    notices: Sequence[Notice] = ()
    drafts: Sequence[Draft] = ()


def offer_drafts(
    session: ClusterSession, page: DraftPage, key: UUID, text: str, *, is_restored: bool
) -> DraftOffer:
    """Of a page that is opened; nothing for who cannot edit, and so has no drafts."""
    if session.role != TeamRole.EDITOR:
        return DraftOffer()
    others = drafts.list_other_drafts(session, page, key)
    notices = [*_describe_restored(text, is_restored=is_restored), *_offer(others, page)]
    return DraftOffer(notices, others[:SHOWN])


def _describe_restored(text: str, *, is_restored: bool) -> Iterator[Notice]:
    if not is_restored:
        return
    advice = _("This is what you typed before. It is not saved in the cluster.")
    if drafts.has_omissions(text):
        advice += " " + _("Values of a Secret are never kept: type them again where it says so.")
    yield Notice(_("Draft restored"), advice, severity="info")


def _offer(found: Sequence[Draft], page: DraftPage) -> Iterator[Notice]:
    for draft in found[:SHOWN]:
        discard = Button(_("Discard"), form=f"discard-{draft.pk}")
        restore = Button(_("Restore"), page.link(draft), primary=True)
        yield Notice(
            _("You have unsaved changes from %(time)s.") % {"time": describe_time(draft)},
            severity="warning",
            buttons=(restore, discard),  # the form stands beside the notice
        )
    if len(found) > SHOWN:
        more = Button(_("All drafts"), reverse("resources:drafts"))
        yield Notice(advice=_("There are more of this page."), severity="info", buttons=(more,))


def describe_time(draft: Draft) -> str:
    """When it was saved: the time of today, and of other days the date as well."""
    saved_at = timezone.localtime(draft.saved_at)
    is_today = saved_at.date() == timezone.localdate()
    return saved_at.strftime("%H:%M UTC" if is_today else "%Y-%m-%d %H:%M UTC")
