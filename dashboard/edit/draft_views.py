"""Draft views: keep what is typed while it is typed, list one's drafts, show and discard one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clusters.changes.drafts import (
    LIFETIME,
    MOST,
    DraftContent,
    DraftUnavailable,
    delete_draft,
    find_draft,
    list_drafts,
    open_draft,
)
from clusters.changes.patches import read_method, verb_of
from clusters.gateway.connect import ClusterSession, connect
from clusters.models import Draft
from dashboard.address.paths import parse
from dashboard.edit.drafts import (
    DraftPage,
    KeptDraft,
    build_row,
    edit_page_of,
    keep_draft,
    patch_page_of,
)
from dashboard.edit.editing import read_submission
from dashboard.edit.forms import refuse_role
from dashboard.edit.patching import read_patch
from dashboard.frame.entrance import handle_cluster_errors
from people.decorators import person, require_sign_in


@require_POST
@never_cache
@require_sign_in
@handle_cluster_errors
def save_draft(request: HttpRequest, /, **path: str) -> HttpResponse:
    """Keep the text of the edit page's form. Nothing is sent to the cluster, which need not answer."""
    address = parse(path, request.GET)
    session = connect(person(request), address.cluster)
    refuse_role(session, address, "update")
    submission = read_submission(request.POST)
    return answer_kept(session, edit_page_of(address), submission.draft, submission.content)


@require_POST
@never_cache
@require_sign_in
@handle_cluster_errors
def save_patch_draft(request: HttpRequest, /, **path: str) -> HttpResponse:
    """The same of the apply and patch page's form."""
    address = parse(path, request.GET)
    method = read_method(request.GET.get("method", ""))
    session = connect(person(request), address.cluster)
    refuse_role(session, address, verb_of(method))
    submission = read_patch(request.POST, method)
    return answer_kept(session, patch_page_of(address, method), submission.draft, submission.content)


def answer_kept(session: ClusterSession, page: DraftPage, key: UUID, content: DraftContent) -> HttpResponse:
    """Keep it, and say so to the script of the page."""
    kept = keep_draft(session, page, key, content, is_late=True)
    return JsonResponse({"message": _describe(kept)}, status=422 if kept.error else 200)


@require_safe
@never_cache
@require_sign_in
def drafts_page(request: HttpRequest) -> HttpResponse:
    """The person's drafts, the newest first."""
    rows = [build_row(draft) for draft in list_drafts(person(request))]
    return render(request, "edit/drafts.html", {"rows": rows, "most": MOST, "days": LIFETIME.days})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@require_sign_in
def draft_page(request: HttpRequest, /, draft: UUID) -> HttpResponse:
    """GET shows the text of one, even where its cluster does not answer or its object is gone; POST discards it."""
    found = _find(request, draft)
    row = build_row(found)
    if request.method == "POST":
        delete_draft(person(request), draft)
        messages.success(request, _("Draft discarded."))
        goes_back = request.POST.get("back") == "edit"
        return redirect(row.page_url if goes_back else "resources:drafts")
    try:
        content = open_draft(found)
    except DraftUnavailable:
        content = None
    return render(request, "edit/draft.html", {"row": row, "content": content})


def _find(request: HttpRequest, key: UUID) -> Draft:
    try:
        return find_draft(person(request), key)
    except DraftUnavailable:
        raise Http404 from None


def _describe(kept: KeptDraft) -> str:
    if kept.error:
        return kept.error
    if kept.saved_at is None:
        return ""
    words = _("Draft saved at %(time)s.") % {"time": kept.saved_at.strftime("%H:%M:%S UTC")}
    return f"{words} {_('Values of a Secret are not in it.')}" if kept.has_omissions else words
