"""History: the revisions of a workload, and how the pod templates of any two of them differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.actions.revisions import Revision, source_of
from clusters.actions.undo import is_current
from dashboard.actions.revision_authors import name_authors
from dashboard.actions.subject import Subject
from dashboard.actions.undo import compare_templates, describe_revision, find_revisions
from dashboard.address import kubectl
from dashboard.address.paths import parse
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.kinds import actions
from dashboard.kinds.fields import name_of
from dashboard.kinds.table import find_slug
from dashboard.objects.kind_pages import build_buttons
from dashboard.objects.opening import open_object
from dashboard.objects.views import build_object_frame
from people.decorators import person, require_sign_in


@dataclass(frozen=True)
class RevisionRow:
    """A revision as the page shows it: who made it, and when (`created`, empty where that is not known).

    `url` is the page of its ReplicaSet or ControllerRevision.
    """

    number: int
    created: str
    change_cause: str
    author: str
    source: str
    url: str
    is_current: bool


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def history_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """All revisions; `?from=1&to=3` compares two of them, without it the newest with the one before."""
    address = parse(path, request.GET)
    if actions.UNDO not in find_slug(address.resource).actions:
        raise Http404(_("Objects of this kind have no history."))
    opened = open_object(person(request), address, with_related=False)
    try:
        subject = Subject(opened, opened.found or {})
        revisions = find_revisions(subject)
        context = {
            **build_object_frame(opened),
            "tab": "history",
            "kind": opened.resource.kind,
            "rows": _build_rows(subject, revisions),
            "actions": build_buttons([actions.UNDO], opened),
            "commands": [kubectl.object_command(address, "rollout history")],
            **_build_comparison(revisions, request.GET.get("from", ""), request.GET.get("to", "")),
        }
        return render(request, "actions/history.html", context)
    finally:
        opened.close()


def _build_rows(subject: Subject, revisions: Sequence[Revision]) -> Sequence[RevisionRow]:
    source = source_of(subject.cluster_session, subject.thing)
    kind = source.kind if source is not None else ""
    return [
        RevisionRow(
            one.number,
            made.isoformat() if made else "",
            one.change_cause,
            author,
            name_of(one.source),
            subject.opened.links.object("apps", kind, name_of(one.source), subject.namespace),
            is_current(subject.found, one),
        )
        for one, (made, author) in zip(revisions, name_authors(subject, revisions), strict=True)
    ]


def _build_comparison(revisions: Sequence[Revision], before: str, after: str) -> dict[str, Any]:
    """The two revisions that the query names, else the newest two, and how they differ."""
    by_number = {str(one.number): one for one in revisions}
    new = by_number.get(after) or (revisions[0] if revisions else None)
    old = by_number.get(before) or (revisions[1] if len(revisions) > 1 else None)
    is_missing = any(word and word not in by_number for word in (before, after))
    return {
        "choices": [(one.number, describe_revision(one)) for one in revisions],
        "before": old.number if old else None,
        "after": new.number if new else None,
        "is_missing": is_missing,
        "lines": compare_templates(old.template, new.template) if old and new and not is_missing else None,
    }
