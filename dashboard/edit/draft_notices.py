"""Draft notices of the edit page: what was typed here before and not saved, and what was restored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.gateway.connect import ClusterSession
from clusters.models import Draft
from dashboard.address.paths import Address
from dashboard.edit import drafts
from dashboard.edit.editing import Submission
from dashboard.pieces.notice import Button, Notice
from people.models import TeamRole

SHOWN = 3  # drafts of one page; the others are in the list of all


@dataclass(frozen=True)
class DraftOffer:
    """What a page says of drafts, and the drafts that its buttons discard."""

    notices: Sequence[Notice] = ()
    drafts: Sequence[Draft] = ()


def offer_drafts(
    session: ClusterSession, address: Address, submission: Submission, *, is_restored: bool
) -> DraftOffer:
    """Of a page that is opened; nothing for who cannot edit, and so has no drafts."""
    if session.role != TeamRole.EDITOR:
        return DraftOffer()
    others = drafts.list_other_drafts(session, address, submission.draft)
    notices = [*_describe_restored(submission, is_restored=is_restored), *_offer(others, address)]
    return DraftOffer(notices, others[:SHOWN])


def _describe_restored(submission: Submission, *, is_restored: bool) -> Iterator[Notice]:
    if not is_restored:
        return
    advice = _("This is what you typed before. It is not saved in the cluster.")
    if drafts.has_omissions(submission.text):
        advice += " " + _("Values of a Secret are never kept: type them again where it says so.")
    yield Notice(_("Draft restored"), advice, severity="info")


def _offer(found: Sequence[Draft], address: Address) -> Iterator[Notice]:
    for draft in found[:SHOWN]:
        discard = Button(_("Discard"), form=f"discard-{draft.pk}")
        restore = Button(_("Restore"), f"{address.path('edit')}?draft={draft.pk}", primary=True)
        yield Notice(
            _("You have unsaved changes from %(time)s.") % {"time": describe_time(draft)},
            severity="warning",
            buttons=(restore, discard),  # the form stands beside the notice
        )
    if len(found) > SHOWN:
        more = Button(_("All drafts"), reverse("resources:drafts"))
        yield Notice(advice=_("There are more of this object."), severity="info", buttons=(more,))


def describe_time(draft: Draft) -> str:
    """When it was saved: the time of today, and of other days the date as well."""
    saved_at = timezone.localtime(draft.saved_at)
    is_today = saved_at.date() == timezone.localdate()
    return saved_at.strftime("%H:%M UTC" if is_today else "%Y-%m-%d %H:%M UTC")
