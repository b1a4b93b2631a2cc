"""Log page views: logs of a pod, of a workload, and of the pods that a label selector selects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.api.errors import Forbidden
from clusters.logs.filters import BadExpression, LineFilter
from clusters.logs.pods import Container, Ending
from clusters.logs.view import describe_ending
from clusters.sharing import visible_clusters
from dashboard.address import kubectl
from dashboard.address.paths import Address, BadAddress, parse
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import navigation
from dashboard.frame.switcher import switcher
from dashboard.logs import query as log_query
from dashboard.logs.download import respond_with_file
from dashboard.logs.opening import OpenLogs, open_object_logs, open_selected_logs
from dashboard.logs.query import LogQuery, read_query
from dashboard.logs.text import read_text
from dashboard.logs.words import list_words
from dashboard.objects.opening import open_object
from dashboard.objects.views import build_object_frame
from people.decorators import person, require_sign_in

MAX_OTHER_CLUSTERS = 30  # that are offered beside this one


@dataclass(frozen=True)
class ContainerEnding:
    """How a container of the page's pod last ended. `waiting` is why it is not running now."""

    name: str
    how: str
    message: str
    finished_at: str
    restarts: int
    waiting: str


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def object_logs(request: HttpRequest, /, **path: str) -> HttpResponseBase:
    """The page of the logs; the lines come live. `?text=1` has the last of them as text."""
    address, query = parse(path, request.GET), read_query(request.GET)
    opened = open_object(person(request), address, with_related=False)
    try:
        logs = open_object_logs(opened, query, person(request))
        if query.download:
            return _respond_with_file(logs, address.name)
        frame = build_object_frame(opened)
    finally:
        opened.close()
    context = {
        **frame,
        "page": address.url("logs"),
        "tab": "logs",
        "logs_url": address.path("logs"),
        "other_clusters": _list_other_clusters(request, address) if logs.pod is None else (),
        **_build_context(request, logs, kubectl_address=address),
    }
    return render(request, "logs/logs.html", context)


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def selected_logs(request: HttpRequest, /, **path: str) -> HttpResponseBase:
    """The same for the pods of `?selector=`, or without it for all pods, in one namespace or several."""
    address, query = parse({**path, "resource": "pods"}, request.GET), read_query(request.GET)
    logs = open_selected_logs(person(request), address, query)
    if query.download:
        return _respond_with_file(logs, "-".join(address.namespaces))
    context = {
        **build_frame_context(address, logs.sessions),
        "navigation": navigation(logs.sessions[0], address),
        "switcher": switcher(logs.sessions[0], address),
        "kinds": _("Logs"),
        "page": request.get_full_path(),
        "logs_url": request.path,
        "selector": dict(address.query).get("selector", ""),
        "has_selector": True,
        **_build_context(request, logs, kubectl_address=address),
    }
    return render(request, "logs/logs.html", context)


def _build_context(request: HttpRequest, logs: OpenLogs, *, kubectl_address: Address) -> dict[str, Any]:
    query, is_previous = logs.query, logs.is_previous
    return {
        "query": query,
        "is_previous": is_previous,
        "container_names": logs.container_names,
        "notices": logs.notices,
        "has_targets": bool(logs.targets),
        "endings": _list_endings(logs),
        "tails": log_query.TAILS,
        "ages": [(seconds, _describe_age(seconds)) for seconds in log_query.AGES],
        "words": json.dumps(list_words()),
        "text_url": _build_url(request, text="1"),
        "follow_url": _build_url(request, at="", line=""),
        "downloads": [
            (_build_url(request, download="text"), _("Text")),
            (_build_url(request, download="jsonl"), _("JSON Lines")),
        ],
        "log_text": read_text(logs, _make_filter(query)) if query.is_text and logs.targets else None,
        "commands": [kubectl.logs_command(kubectl_address, *_build_options(query, is_previous))],
    }


def _make_filter(query: LogQuery) -> LineFilter:
    """Raises BadAddress, which names the field, for an expression that RE2 does not take."""
    try:
        return LineFilter(query.include, query.exclude, query.level, is_regex=query.is_regex)
    except BadExpression as wrong:
        field = "q" if wrong.field == "include" else wrong.field
        raise BadAddress(field, _("This is not a regular expression: %(why)s") % {"why": wrong}) from None


def _respond_with_file(logs: OpenLogs, name: str) -> HttpResponseBase:
    if not logs.targets:
        raise Forbidden(_("You do not have permission to read logs here."), status=403)
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-._") else "-" for sign in name)
    return respond_with_file(logs, _make_filter(logs.query), plain[:150] or "pods")


def _list_endings(logs: OpenLogs) -> Sequence[ContainerEnding]:
    """Of the containers that do not run because they ended badly, and of all where previous runs are shown."""
    found = []
    for one in logs.pod.containers if logs.pod else ():
        if _is_left_out(logs.query, one) or not (one.is_crashed or logs.is_previous):
            continue
        ending = one.previous if logs.is_previous else one.ended or one.previous
        if ending is not None:
            found.append(_describe_container(one, ending))
    return found


def _is_left_out(query: LogQuery, container: Container) -> bool:
    return bool(query.containers) and container.name not in query.containers


def _describe_container(container: Container, ending: Ending) -> ContainerEnding:
    return ContainerEnding(
        container.name,
        describe_ending(ending.exit_code, ending.signal, ending.reason),
        ending.message,
        ending.finished_at,
        container.restart_count,
        container.waiting,
    )


def _list_other_clusters(request: HttpRequest, address: Address) -> Sequence[str]:
    """Clusters in which the same workload may be."""
    found = visible_clusters(person(request)).exclude(slug=address.cluster).order_by("slug")
    return list(found.values_list("slug", flat=True)[:MAX_OTHER_CLUSTERS])


def _describe_age(seconds: int) -> str:
    if seconds < 3_600:
        return _("%(n)d min") % {"n": seconds // 60}
    return _("%(n)d h") % {"n": seconds // 3_600}


def _build_url(request: HttpRequest, **changes: str) -> str:
    """This page, with a query that differs so; an empty value leaves its name out."""
    query: QueryDict = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{request.path}?{query.urlencode()}"


def _build_options(query: LogQuery, is_previous: bool) -> Sequence[str]:
    """Of the kubectl command that shows the same."""
    options = [f"--container={one}" for one in query.containers[:1]] or ["--all-containers"]
    options.append(f"--tail={query.tail}")
    if query.since:
        options.append(f"--since={query.since}s")
    if is_previous:
        options.append("--previous")
    elif query.follow:
        options.append("--follow")
    return [*options, "--timestamps"]
