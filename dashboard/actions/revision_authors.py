"""Who made each revision of a workload, and when, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from clusters.actions.authors import (
    Authors,
    find_beginning,
    find_newest_change,
    list_managers,
    list_writes,
    match_authors,
    parse_time,
)
from clusters.actions.revisions import REUSED, Revision
from clusters.actions.undo import is_current
from dashboard.actions.subject import Subject
from dashboard.kinds.fields import mapping, mappings, text


def name_authors(subject: Subject, revisions: Sequence[Revision]) -> Iterator[tuple[datetime | None, str]]:
    """For each revision, the newest first, when it was made (None where that is not known) and by whom."""
    if not revisions:
        return
    writes = list_writes(subject.cluster_session.cluster, subject.thing)
    managers, beginning = list_managers(subject.found), find_beginning()
    times = [_find_time(subject, one) for one in revisions]
    for index, made in enumerate(times):
        if made is None:
            yield None, _("not known")
            continue
        before = next((one for one in times[index + 1 :] if one is not None and one < made), None)
        authors = match_authors(made, before, writes, managers)
        is_archived = beginning is None or made < beginning
        yield made, _describe(authors, is_archived=is_archived)


def _find_time(subject: Subject, revision: Revision) -> datetime | None:
    """When a revision got its number: one that is in use again is older than that."""
    source = revision.source
    created = parse_time(text(source, "metadata", "creationTimestamp"))
    if "revision" in source:  # a ControllerRevision changes only when it gets another number
        changes = (parse_time(text(one, "time")) for one in mappings(source, "metadata", "managedFields"))
        return max((at for at in changes if at is not None), default=created)
    if REUSED not in mapping(source, "metadata", "annotations"):
        return created
    return find_newest_change(subject.found) if is_current(subject.found, revision) else None


def _describe(authors: Authors, *, is_archived: bool) -> str:
    others = ", ".join(dict.fromkeys(one.name for one in authors.others))
    if authors.ours:
        words = {"person": authors.ours[0].person, "others": others}
        if others:
            return _("%(person)s, and at the same time %(others)s outside Quarterdeck") % words
        return authors.ours[0].person
    if others:
        return _("outside Quarterdeck (%(others)s)") % {"others": others}
    return _("not known: before the audit trail begins") if is_archived else _("outside Quarterdeck")
