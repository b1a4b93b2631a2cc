"""Terminal pages: start one in a pod, its own page, the list of one's terminals, and ending one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clusters.api.resource_attributes import ResourceAttributes
from clusters.exec.request import ExecRequest
from clusters.gateway.connect import ClusterSession, connect
from clusters.terminal.service import MAX_RUNNING, TooManyTerminals, terminal_service
from clusters.terminal.session import TerminalOwner, TerminalSession
from dashboard.address import kubectl
from dashboard.address.paths import Address, address, parse
from dashboard.frame.context import annotate_cluster
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.views import build_object_frame
from dashboard.pieces.notice import Notice
from dashboard.terminal.forms import ANY_SHELL, TerminalForm
from dashboard.terminal.targets import TerminalTargets, find_targets
from dashboard.terminal.words import describe_command, describe_ending
from people.decorators import forbid_auditors, get_session_id, person, require_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@require_sign_in
@handle_cluster_errors
def start_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """The form that starts a terminal, and with a POST the start."""
    page_address = parse(path, request.GET)
    cluster_session = connect(person(request), page_address.cluster)
    if request.method == "POST":
        cluster_session.require_role(_name_attributes(page_address))
    opened = open_object(person(request), page_address, with_related=False)
    try:
        targets = find_targets(opened)
        protected = cluster_session.cluster.name if cluster_session.cluster.protected else ""
        options: dict[str, Any] = {
            "pods": targets.pods,
            "containers": targets.containers,
            "protected": protected,
        }
        if request.method == "POST":
            form = TerminalForm(request.POST, **options)
            if form.is_valid():
                return _start(request, opened, targets, form)
            return _show(request, opened, targets, form, status=422)
        return _show(request, opened, targets, TerminalForm(initial=_choose(request, targets), **options))
    finally:
        opened.close()


def _start(
    request: HttpRequest, opened: OpenObject, targets: TerminalTargets, form: TerminalForm
) -> HttpResponse:
    launch = form.build_launch(opened.address.namespace)
    session = opened.cluster_session
    denied = _find_denial(session, launch.list_requests()[0])
    if denied:
        return _show(request, opened, targets, form, status=403)
    try:
        terminal = terminal_service.open(owner_of(request), session, launch, settings.TIMINGS.terminal)
    except TooManyTerminals:
        words = _("You have %(most)d terminals open, which is as many as one can have. End one of them.")
        notice = Notice(title=words % {"most": MAX_RUNNING}, severity="warning", is_announced=True)
        return _show(request, opened, targets, form, notice, status=409)
    return redirect("terminal:terminal", terminal.id)


def _show(
    request: HttpRequest,
    opened: OpenObject,
    targets: TerminalTargets,
    form: TerminalForm,
    *notices: Notice,
    status: int = 200,
) -> HttpResponse:
    pod = targets.pods[0] if targets.pods else ""
    exec_request = ExecRequest(opened.address.namespace, pod, stdin=True, tty=True)
    denied = _find_denial(opened.cluster_session, exec_request)
    context = {
        **build_object_frame(opened),
        "page": opened.address.url("terminal"),
        "tab": "terminal",
        "form": form,
        "has_targets": bool(targets.pods),
        "denied": denied,
        "notices": notices,
        "commands": [_build_command(opened.address, pod)] if pod else [],
    }
    return render(request, "terminal/start.html", context, status=status)


def _find_denial(session: ClusterSession, exec_request: ExecRequest) -> str:
    """Why it is not permitted: both permissions of an upgrade; "" where it is, or nobody knows."""
    results = session.review_access(exec_request.checks)
    for check in exec_request.checks:
        if results[check].state == "denied":
            reason = results[check].reason
            subresource = f"pods/{check.subresource}"
            words = _(
                "Kubernetes does not grant you “%(verb)s” on “%(resource)s” in namespace %(namespace)s."
            )
            named = {"verb": check.verb, "resource": subresource, "namespace": check.namespace}
            return reason if results[check].source == "role" else f"{words % named} {reason}".strip()
    return ""


@require_safe
@never_cache
@require_sign_in
def terminal_page(request: HttpRequest, terminal_id: str) -> HttpResponse:
    """One terminal. It is its owner's alone, in the browser that opened it."""
    terminal = _find(request, terminal_id)
    launch, session = terminal.launch, terminal.cluster_session
    context = {
        "terminal": terminal,
        "cluster": annotate_cluster(session),
        "title": launch.pod,
        "command": describe_command(terminal),
        "pod_url": address(session.cluster.slug, "pods", namespace=launch.namespace, name=launch.pod).path(),
        "socket": f"{reverse('terminal:list')}live?{urlencode({'terminal': terminal_id})}",
        "ending": describe_ending(terminal.ending) if terminal.ending else "",
    }
    return render(request, "terminal/terminal.html", context)


@require_safe
@never_cache
@require_sign_in
def terminals_page(request: HttpRequest) -> HttpResponse:
    """One's terminals in this browser."""
    rows = [
        {
            "terminal": one,
            "command": describe_command(one),
            "state": describe_ending(one.ending) if one.ending else _("Running"),
            "url": reverse("terminal:terminal", args=[one.id]),
        }
        for one in terminal_service.list(owner_of(request))
    ]
    return render(request, "terminal/terminals.html", {"rows": rows})


@require_POST
@never_cache
@require_sign_in
@forbid_auditors
def end_page(request: HttpRequest, terminal_id: str) -> HttpResponse:
    """End a terminal and what runs in it; drop the screen of one that has ended."""
    terminal = _find(request, terminal_id)
    if terminal.is_running:
        terminal.end("closed")
        messages.success(request, _("The terminal in %(pod)s is being ended.") % {"pod": terminal.launch.pod})
    else:
        terminal_service.forget(terminal)
    return redirect("terminal:list")


def owner_of(request: HttpRequest) -> TerminalOwner:
    return TerminalOwner(person(request).pk, get_session_id(request))


def _find(request: HttpRequest, terminal_id: str) -> TerminalSession:
    terminal = terminal_service.find(owner_of(request), terminal_id)
    if terminal is None:
        raise Http404(_("There is no such terminal, or no longer."))
    return terminal


def _name_attributes(page_address: Address) -> ResourceAttributes:
    name = page_address.name if page_address.resource == "pods" else ""
    return ResourceAttributes("create", "", "v1", "pods", "exec", page_address.namespace, name)


def _choose(request: HttpRequest, targets: TerminalTargets) -> dict[str, str]:
    """What the form begins with: the container of the URL, or the pod's default."""
    return {
        "pod": targets.pods[0] if targets.pods else "",
        "container": request.GET.get("container", "") or targets.default,
        "mode": "shell",
        "shell": ANY_SHELL,
    }


def _build_command(page_address: Address, pod: str) -> str:
    return f"{kubectl.command(page_address.cluster, page_address.namespace, 'exec', '-it', pod)} -- sh"
