"""Terminal targets: the pods of an object in which a terminal can be opened, and their containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.errors import BadRequest
from clusters.logs.pods import Pod, read_pod
from dashboard.address.paths import BadAddress
from dashboard.kinds.fields import mapping, text
from dashboard.kinds.selectors import format_labels, format_selector
from dashboard.kinds.tabs import TERMINAL
from dashboard.objects.opening import OpenObject

MAX_PODS = 100


@dataclass(frozen=True)
class TerminalTargets:
    """`pods` by name; `containers` are the names of those that run, in the order of the pod, its own first."""

    pods: Sequence[str]
    containers: Sequence[str]
    default: str = ""


def find_targets(opened: OpenObject) -> TerminalTargets:
    """Of a pod, or of a workload's pods. BadAddress for a kind without terminals."""
    if TERMINAL not in opened.kind.tabs:
        raise BadAddress("resource", _("Objects of this kind have no terminal."))
    found = opened.found or {}
    pods = [found] if opened.kind.slug == "pods" else _list_pods(opened, found)
    read = [read_pod(one) for one in pods]
    running = [one for one in read if any(container.is_running for container in one.containers)]
    names = dict.fromkeys(name for one in running for name in _list_running(one))
    annotated = mapping(pods[0], "metadata", "annotations") if pods else {}
    default = str(annotated.get("kubectl.kubernetes.io/default-container") or "")
    return TerminalTargets([one.name for one in running], list(names), default if default in names else "")


def _list_running(pod: Pod) -> list[str]:
    own = [one for one in pod.containers if one.is_running]
    return [one.name for one in sorted(own, key=lambda one: one.kind != "container")]


def _list_pods(opened: OpenObject, found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those that the workload's selector selects."""
    selector = mapping(found, "spec", "selector")
    is_plain = opened.kind.slug == "replicationcontrollers"
    labels = format_labels(selector) if is_plain else format_selector(selector)
    if not labels:
        raise BadRequest(_("This workload has no label selector, so its pods are not known."), status=400)
    namespace = text(found, "metadata", "namespace")
    pods = opened.cluster_session.catalog().find("pods")
    if pods is None:
        raise BadRequest(_("This cluster does not serve this resource."), status=404)
    query = [("labelSelector", labels), ("limit", str(MAX_PODS))]
    response = opened.cluster_session.client.request("GET", pods.list_path(namespace), query=query)
    items = response.json().get("items") or []
    return [one for one in items if isinstance(one, Mapping)]
