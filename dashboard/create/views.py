"""Create page view: YAML of any objects, the review of a dry run of all of them, and the result of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from clusters.changes.drafts import close_draft
from clusters.changes.violations import Violation
from clusters.gateway.connect import ClusterSession, connect
from dashboard.address import kubectl
from dashboard.address.paths import Address, parse
from dashboard.create.creating import Outcome, handle
from dashboard.create.result_rows import build_rows
from dashboard.create.short_forms import BY_SLUG, SHORT_KINDS, ShortKind
from dashboard.create.starting import DEFAULT_NAMESPACE, find_namespace, start
from dashboard.create.submission import Submission, keep_rest, read_submission, restore
from dashboard.edit import drafts
from dashboard.edit.draft_notices import DraftOffer, offer_drafts
from dashboard.edit.draft_views import answer_kept
from dashboard.edit.drafts import create_page_of
from dashboard.edit.forms import build_draft_context, show_typed_text
from dashboard.edit.marked_lines import mark_lines
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import CREATE, name_creation, navigation
from dashboard.frame.permissions import explain_result
from dashboard.frame.switcher import switcher
from dashboard.objects import yaml_lines
from dashboard.pieces.notice import Notice
from dashboard.shell.cluster_errors import describe_error, status_of
from people.decorators import person, require_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@show_typed_text
@require_sign_in
@handle_cluster_errors
def create_page(request: HttpRequest, clusters: str, namespaces: str) -> HttpResponse:
    """GET shows the form; POST reviews its text by a dry run, or creates what was reviewed. Nothing typed is lost."""
    address = _read_address(request, clusters, namespaces)
    session = connect(person(request), address.cluster)
    page = create_page_of(address)
    if request.method != "POST":
        found = drafts.restore(session, page, request.GET.get("draft", ""))
        submission = restore(*found) if found else start(session, address, request.GET)
        offer = offer_drafts(session, page, submission.draft, submission.text, is_restored=bool(found))
        context = _context(session, address, submission, Outcome(), offer=offer)
        if (example := request.GET.get("example", "")) and not found:
            context["short_forms"] = _list_short_forms(address, example)
        return render(request, "create/create.html", context)
    session.require_role(name_creation(address))
    submission = read_submission(request.POST)
    drafts.keep_draft(session, page, submission.draft, submission.content)
    outcome = handle(session, submission)
    if _is_single(outcome):
        close_draft(person(request), submission.draft)
        return _open_object(request, session, outcome)
    shown = submission
    if outcome.is_sent:
        shown = keep_rest(submission, outcome.results)
        if shown.text:
            drafts.keep_draft(session, page, shown.draft, shown.content)
        else:
            close_draft(person(request), submission.draft)
    context = _context(session, address, shown, outcome, submission)
    return render(request, "create/create.html", context, status=_status(outcome))


def _read_address(request: HttpRequest, clusters: str, namespaces: str) -> Address:
    parsed = parse({"clusters": clusters, "namespaces": namespaces, "resource": "pods"}, request.GET)
    return Address(parsed.clusters, parsed.namespaces, CREATE, query=parsed.query)


@require_POST
@never_cache
@require_sign_in
@handle_cluster_errors
def save_new_draft(request: HttpRequest, clusters: str, namespaces: str) -> HttpResponse:
    """Keep the text of the create page's form. Nothing is sent to the cluster, which need not answer."""
    address = _read_address(request, clusters, namespaces)
    session = connect(person(request), address.cluster)
    session.require_role(name_creation(address))
    submission = read_submission(request.POST)
    return answer_kept(session, create_page_of(address), submission.draft, submission.content)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@require_sign_in
@handle_cluster_errors
def short_form_page(request: HttpRequest, clusters: str, namespaces: str, form: str) -> HttpResponse:
    """GET shows the fields; POST makes the text of them and shows its review on the create page."""
    parsed = parse({"clusters": clusters, "namespaces": namespaces, "resource": "pods"}, request.GET)
    address = Address(parsed.clusters, parsed.namespaces, CREATE)
    session = connect(person(request), address.cluster)
    kind = BY_SLUG.get(form)
    if request.method == "POST":
        session.require_role(name_creation(address))
    if kind is None:
        raise Http404(_("There is no such form."))
    bound = kind.form(request.POST if request.method == "POST" else None, auto_id="id_%s")
    namespace = find_namespace(address)
    if bound.is_valid():
        text = "---\n".join(yaml_lines.text(one) for one in bound.build_all(namespace))
        submission = Submission(text, namespace)
        outcome = handle(session, submission)
        context = _context(session, address, submission, outcome)
        return render(request, "create/create.html", context, status=_status(outcome))
    reason = _find_reason(session, address, kind, namespace)  # its review goes first: all share one budget
    context = {
        **build_frame_context(address, [session]),
        "navigation": navigation(session, address),
        "switcher": switcher(session, address),
        "kinds": _("Create"),
        "title": kind.title,
        "form": bound,
        "create_url": address.path(),
        "form_url": request.path,
        "namespace": "" if form == "namespace" else namespace,
        "reason": reason,
    }
    return render(request, "create/short_form.html", context, status=422 if bound.is_bound else 200)


def _find_reason(session: ClusterSession, address: Address, kind: ShortKind, namespace: str) -> str:
    """Why the person cannot create what the form is for; empty where that is permitted or not known."""
    if (denial := session.review_role(name_creation(address))) is not None:
        return denial.reason
    resource = session.find(kind.resource)
    if resource is None:
        return _("This cluster serves no resource “%(kind)s” that can be created.") % {"kind": kind.resource}
    attributes = resource.attributes("create", namespace)
    result = session.review_access([attributes])[attributes]
    return explain_result(resource, "create", namespace, result) if result.state == "denied" else ""


def _list_short_forms(address: Address, resource: str) -> Sequence[tuple[str, str]]:
    """Titles and URLs of the forms of one resource, or of all where it is empty."""
    kinds = [one for one in SHORT_KINDS if resource in ("", one.resource)]
    return [(str(one.title), f"{address.path()}/{one.slug}") for one in kinds]


def _is_single(outcome: Outcome) -> bool:
    """One object that was created: its page shows it."""
    return outcome.is_sent and len(outcome.results) == 1 and outcome.results[0].state == "created"


def _open_object(request: HttpRequest, session: ClusterSession, outcome: Outcome) -> HttpResponse:
    row = build_rows(session.cluster.slug, outcome.results)[0]
    messages.success(request, _("%(kind)s %(name)s was created.") % {"kind": row.kind, "name": row.name})
    for warning in outcome.results[0].warnings:
        messages.warning(request, warning)
    return redirect(row.url)


def _status(outcome: Outcome) -> int:
    if outcome.error is not None:
        return status_of(outcome.error)
    if any(one.state in ("refused", "denied", "existing", "unknown", "unsent") for one in outcome.results):
        return 200 if outcome.is_sent else 422
    return 422 if outcome.violations else 200


def _context(
    session: ClusterSession,
    address: Address,
    shown: Submission,
    outcome: Outcome,
    sent: Submission | None = None,
    offer: DraftOffer | None = None,
) -> dict[str, Any]:
    """`shown` is what the form holds now, `sent` what was posted: its lines are what the violations are about."""
    denial = session.review_role(name_creation(address))
    text = sent.text if sent else shown.text
    is_reviewed = bool(outcome.results) and not outcome.is_sent
    return {
        **build_frame_context(address, [session]),
        "navigation": navigation(session, address),
        "switcher": switcher(session, address),
        "kinds": _("Create"),
        "create_url": address.path(),
        "short_forms": [] if shown.text or outcome.results else _list_short_forms(address, ""),
        "cron_jobs_url": Address(address.clusters, address.namespaces, "cronjobs.batch").path(),
        "cancel_url": reverse("resources:cluster", args=[address.cluster]),
        "schema_url": reverse("resources:schema", args=[address.cluster]),
        "text": shown.text,
        "rows": min(40, max(16, shown.text.count("\n") + 2)),
        "namespace": shown.namespace,
        "token": shown.token,
        "copied": shown.copied,
        "digest": shown.digest if is_reviewed else "",
        "left_out": ",".join(str(one) for one in outcome.left_out) if is_reviewed else "",
        "is_denied": denial is not None,
        "reason": denial.reason if denial else "",
        "results": build_rows(address.cluster, outcome.results),
        "is_sent": outcome.is_sent,
        "has_rest": bool(shown.text) or not outcome.is_sent,
        "sendable": len(outcome.sendable) if is_reviewed else 0,
        "left_out_count": len(outcome.left_out) if is_reviewed else 0,
        "notices": [*(offer.notices if offer else ()), *_describe(outcome, shown)],
        "offered_drafts": offer.drafts if offer else (),
        "base": drafts.pack_base(shown.base),
        **build_draft_context(create_page_of(address), shown.draft),
        "violations": mark_lines(outcome.violations, text),
        "remarks": mark_lines([Violation(one.message, one.line) for one in outcome.remarks], text),
        "command": kubectl.command(
            address.cluster, shown.namespace or DEFAULT_NAMESPACE, "create", "-f", "objects.yaml"
        ),
    }


def _describe(outcome: Outcome, shown: Submission) -> list[Notice]:
    if outcome.error is not None:
        return [describe_error(outcome.error)]
    if outcome.is_sent:
        return [_describe_sent(outcome)]
    if outcome.violations and not outcome.results:
        title, advice = (
            _("Nothing was created"),
            _("Correct the marked lines. Nothing was sent to the cluster."),
        )
        return [Notice(title, advice, is_announced=True)]
    if outcome.results and shown.is_create:
        advice = _("The text changed after the review. Here is a new one: check it, then create.")
        return [Notice(advice=advice, severity="warning", is_announced=True)]
    return []


def _describe_sent(outcome: Outcome) -> Notice:
    count, done = len(outcome.results), sum(one.is_there for one in outcome.results)
    if done == count:
        title = ngettext("%(n)d object was created.", "All %(n)d objects were created.", count) % {"n": count}
        return Notice(title, severity="success", is_announced=True)
    title = _("%(done)d of %(count)d objects were created.") % {"done": done, "count": count}
    advice = _("The form holds the rest: correct it, and try it again alone.")
    return Notice(title, advice, "warning" if done else "error", is_announced=True)
