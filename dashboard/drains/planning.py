"""Plan page of a drain: each pod, the budgets and the permissions that decide, and the button that starts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clusters.access.reviews import ReviewResult
from clusters.api.errors import BadRequest, Forbidden, NotFound
from clusters.api.resource_attributes import ResourceAttributes
from clusters.drains.budgets import summarize_budget
from clusters.drains.items import list_lost
from clusters.drains.operations import AlreadyRunning, TooManyRunning, start_drain
from clusters.drains.options import DrainOptions
from clusters.drains.plan import NodePlan, PlannedPod, Planner, list_checks, review_checks
from clusters.drains.pods import get_workload
from clusters.gateway.connect import ClusterSession, connect
from clusters.operations.runner import runner
from dashboard.actions.subject import Subject
from dashboard.actions.typed_names import describe_typed_names
from dashboard.address import kubectl
from dashboard.address.paths import Address, address, parse
from dashboard.drains.forms import DrainForm
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import navigation
from dashboard.frame.switcher import switcher
from dashboard.kinds.table import find_slug
from dashboard.objects.opening import open_object
from dashboard.objects.views import build_object_frame
from dashboard.pieces.notice import Button, Notice
from people.decorators import get_session_id, person, require_sign_in

NODES = ("", "nodes")


@dataclass(frozen=True)
class PodRow:
    """A pod of the plan. `word` and `tone` say what becomes of it, `notes` what is to be known of it."""

    path: str
    url: str
    workload: str
    word: str
    tone: str
    notes: Sequence[str]
    budgets: str


@dataclass(frozen=True)
class NodeSection:
    """One node of the plan; `error` says why there is none."""

    name: str
    rows: Sequence[PodRow] = ()
    errors: Sequence[str] = ()
    warnings: Sequence[str] = ()
    gaps: Sequence[str] = ()
    summary: str = ""


@dataclass(frozen=True)
class DrainPlan:
    """All of what the page shows of what would happen. `blocker` says why it cannot be started."""

    sections: Sequence[NodeSection]
    budgets: Sequence[Mapping[str, Any]]
    denied: Sequence[str]
    unknown: Sequence[str]
    blocker: str


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@require_sign_in
@handle_cluster_errors
def plan_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """What a drain with the options of the query would do; POST starts one with those of the form."""
    page_address = parse(path, request.GET)
    kind = find_slug(page_address.resource)
    if (kind.group, kind.plural) != NODES:
        raise Http404(_("Objects of this kind have no such page."))
    cluster_session = connect(person(request), page_address.cluster)
    if request.method == "POST":
        cluster_session.require_role(ResourceAttributes("patch", "", "v1", "nodes", name=page_address.name))
    try:
        opened = open_object(person(request), page_address, with_related=False)
    except Forbidden as error:
        return show_denied(request, cluster_session, page_address, error)
    try:
        if opened.found is None:
            raise NotFound(_("The node cannot be read."), status=404)
        subject = Subject(opened, opened.found)
        data = request.POST if request.method == "POST" else request.GET
        form = DrainForm(data, node=page_address.name)
        plan = _make_plan(subject, form) if form.is_valid() else None
        if request.method == "POST":
            return _start(request, subject, form, plan)
        return _show(request, subject, form, plan)
    finally:
        opened.close()


def _start(request: HttpRequest, subject: Subject, form: DrainForm, plan: DrainPlan | None) -> HttpResponse:
    uid = request.POST.get("uid", "")
    if uid != subject.uid:
        notice, status = (_describe_other(), 409) if uid else (_describe_unseen(), 422)
        return _show(request, subject, form, plan, notice, status=status)
    if plan is None:
        return _show(request, subject, form, plan, status=422)
    if plan.blocker:
        return _show(request, subject, form, plan, status=403 if plan.denied else 409)
    is_required = describe_typed_names(request, subject.cluster_session).is_required
    if is_required and request.POST.get("typed", "").strip() != subject.name:
        words = _("This does not match the object's name: type %(name)s.") % {"name": subject.name}
        return _show(request, subject, form, plan, typed_error=words, status=422)
    notice_or_number = _try_to_start(request, subject, form)
    if isinstance(notice_or_number, Notice):
        return _show(request, subject, form, plan, notice_or_number, status=409)
    return redirect("resources:drain", subject.address.cluster, notice_or_number)


def _try_to_start(request: HttpRequest, subject: Subject, form: DrainForm) -> Notice | int:
    """The number of the drain, or why there is none."""
    try:
        operation = start_drain(
            subject.cluster_session, get_session_id(request), form.list_nodes(), form.read_options()
        )
    except AlreadyRunning as running:
        return _describe_running(subject, running)
    except TooManyRunning as error:
        return Notice(
            str(error), _("Wait until one of them ends, or stop one."), "warning", is_announced=True
        )
    return operation.pk


def _show(
    request: HttpRequest,
    subject: Subject,
    form: DrainForm,
    plan: DrainPlan | None,
    *notices: Notice,
    typed_error: str = "",
    status: int = 200,
) -> HttpResponse:
    options = form.read_options() if plan is not None else DrainOptions()
    nodes = form.list_nodes() if plan is not None else [subject.name]
    typed_names = describe_typed_names(request, subject.cluster_session)
    context = {
        **build_object_frame(subject.opened),
        "form": form,
        "plan": plan,
        "hidden": form.list_hidden() if plan is not None else (),
        "uid": subject.uid,
        "notices": notices,
        "is_deleting": options.disable_eviction,
        "needs_name": typed_names.is_required,
        "typed_names": typed_names,
        "undo_seconds": runner.timings.undo_window if subject.is_protected else 0,
        "typed_error": typed_error,
        "title": _describe_nodes(nodes),
        "command": kubectl.command(subject.address.cluster, "_cluster", "drain", *nodes)
        + "".join(f" {flag}" for flag in options.to_flags()),
    }
    return render(request, "drains/plan.html", context, status=status)


def _describe_nodes(nodes: Sequence[str]) -> str:
    if len(nodes) == 1:
        return _("Drain %(name)s") % {"name": nodes[0]}
    return _("Drain %(count)d nodes") % {"count": len(nodes)}


def _make_plan(subject: Subject, form: DrainForm) -> DrainPlan | None:
    """None where a field is wrong as the cluster sees it; the form says so then."""
    options, nodes = form.read_options(), form.list_nodes()
    planner = Planner(subject.cluster_session, options)
    plans: list[NodePlan] = []
    for node in nodes:
        try:
            if node != subject.name:
                subject.cluster_session.client.get(subject.resource.object_path("", node))
            plans.append(planner.plan(node))
        except NotFound:
            form.add_error("more_nodes", _("There is no node %(name)s.") % {"name": node})
            return None
        except BadRequest as error:
            if not options.pod_selector:
                raise
            form.add_error("pod_selector", error.message)
            return None
    namespaces = sorted({one.pod.metadata.namespace for plan in plans for one in plan.evicted})
    results = review_checks(subject.cluster_session, list_checks(nodes, namespaces, options))
    denied = [_describe_check(one, result) for one, result in results.items() if result.state == "denied"]
    unknown = [_describe_check(one, result) for one, result in results.items() if result.state == "unknown"]
    return DrainPlan(
        [_build_section(subject.address, plan, options) for plan in plans],
        _collect_budgets(plans),
        denied,
        unknown,
        _find_blocker(plans, denied),
    )


def _find_blocker(plans: Sequence[NodePlan], denied: Sequence[str]) -> str:
    if denied:
        return _("You do not have permission to do all of this.")
    if any(plan.errors for plan in plans):
        return _("Nothing is evicted while a pod stands in the way: choose what becomes of such pods.")
    return ""


def _describe_check(check: ResourceAttributes, result: ReviewResult) -> str:
    what = "/".join(filter(None, (check.resource, check.subresource)))
    words = {"verb": check.verb, "kind": what, "namespace": check.namespace, "reason": result.reason}
    if check.namespace:
        sentence = _("“%(verb)s” on %(kind)s in namespace %(namespace)s.") % words
    else:
        sentence = _("“%(verb)s” on %(kind)s cluster-wide.") % words
    return f"{sentence} {result.reason}".strip()


def _build_section(page: Address, plan: NodePlan, options: DrainOptions) -> NodeSection:
    gaps = [
        _("The PodDisruptionBudgets of namespace %(namespace)s are not known: %(error)s")
        % {"namespace": namespace, "error": error}
        for namespace, error in plan.unknown_budgets.items()
    ]
    words = {"evicted": len(plan.evicted), "total": len(plan.pods)}
    return NodeSection(
        plan.node,
        [_build_row(page, one, options) for one in plan.pods],
        plan.errors,
        plan.warnings,
        gaps,
        (_("%(evicted)d of %(total)d pods are deleted.") if options.disable_eviction
         else _("%(evicted)d of %(total)d pods are evicted.")) % words,
    )  # fmt: skip


def _build_row(page: Address, one: PlannedPod, options: DrainOptions) -> PodRow:
    metadata = one.pod.metadata
    kind, name = get_workload(one.pod)
    word, tone = _describe_decision(one, options)
    notes = [*one.verdict.warnings, *([one.verdict.error] if one.verdict.error else [])]
    lost = list_lost(one.pod, one.verdict)
    if lost:
        notes.append(_("Data lost: %(volumes)s") % {"volumes": ", ".join(lost)})
    if len(one.budgets) > 1:
        notes.append(_("Several budgets select it: the API server evicts no such pod."))
    return PodRow(
        one.pod.path,
        address(page.cluster, "pods", namespace=metadata.namespace, name=metadata.name).path(),
        f"{kind} {name}" if kind else _("none"),
        word,
        tone,
        notes,
        ", ".join(budget.metadata.name for budget in one.budgets),
    )


def _describe_decision(one: PlannedPod, options: DrainOptions) -> tuple[str, str]:
    if one.verdict.decision == "error":
        return _("In the way"), "error"
    if one.verdict.decision == "skip":
        reasons = {
            "deleted": _("Skipped: being deleted for long"),
            "daemonset": _("Skipped: DaemonSet"),
            "mirror": _("Skipped: static pod"),
        }
        return reasons.get(one.verdict.skipped, _("Skipped")), ""
    if options.disable_eviction:
        return _("Deleted"), "warning"
    if one.blocking is not None or len(one.budgets) > 1:
        return _("Blocked now"), "warning"
    return _("Evicted"), "progress"


def _collect_budgets(plans: Sequence[NodePlan]) -> Sequence[Mapping[str, Any]]:
    """Each budget once, with how many of the pods it selects and which workloads they belong to."""
    found: dict[str, dict[str, Any]] = {}
    for one in (pod for plan in plans for pod in plan.evicted):
        for budget in one.budgets:
            key = f"{budget.metadata.namespace}/{budget.metadata.name}"
            row = found.setdefault(key, {**summarize_budget(budget), "pods": 0, "workloads": set()})
            row["pods"] += 1
            row["workloads"].add(" ".join(filter(None, get_workload(one.pod))))
    return [{**row, "workloads": ", ".join(sorted(row["workloads"]))} for row in found.values()]


def _describe_other() -> Notice:
    return Notice(
        _("Nothing was done: this is another object than the one you confirmed."),
        _("The node was deleted, and another one of the same name was created. This page shows the new one."),
        is_announced=True,
    )


def _describe_unseen() -> Notice:
    return Notice(
        _("Nothing was done: the request did not say which node it is about."),
        _("Field uid is missing. Look at the plan below, and start the drain from here."),
        is_announced=True,
    )


def show_denied(
    request: HttpRequest, cluster_session: ClusterSession, page_address: Address, error: Forbidden
) -> HttpResponse:
    """The page of who has no permission to read the node, as a list says it."""
    notice = Notice(
        _("You do not have permission to read this node."),
        message=error.message,
        source=_("The API server returned %(status)s") % {"status": error.status},
    )
    context = {
        **build_frame_context(page_address, [cluster_session]),
        "navigation": navigation(cluster_session, page_address),
        "switcher": switcher(cluster_session, page_address),
        "drains_url": reverse("resources:drains", args=[page_address.cluster]),
        "name": page_address.name,
        "notice": notice,
    }
    return render(request, "drains/denied.html", context)


def _describe_running(subject: Subject, running: AlreadyRunning) -> Notice:
    href = reverse("resources:drain", args=[subject.address.cluster, running.operation.pk])
    return Notice(
        str(running),
        _("Open that drain to see how far it is, or stop it first."),
        "warning",
        (Button(_("Open drain"), href, primary=True),),
        is_announced=True,
    )
