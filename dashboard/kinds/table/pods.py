"""Pods: containers, the STATUS that kubectl prints, and all that a PodSpec names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.api.selectors import build_field_selector
from dashboard.address.links import Links
from dashboard.kinds.actions import DEBUG, DEBUG_COPY, EVICT, RESIZE
from dashboard.kinds.facts import ObjectState
from dashboard.kinds.fields import KubernetesObject, dig, mapping, mappings, namespace_of, number, text
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import WORKLOADS, MenuSlot
from dashboard.kinds.pod_references import find_pod_spec_references
from dashboard.kinds.pod_status import GATED, container_reason, has_condition, read_pod_status
from dashboard.kinds.references import Reference
from dashboard.kinds.summary import Cell, KindSummary, SmallTable, SummaryField, make_summary_fields, table
from dashboard.kinds.tabs import FILES, LOGS, TERMINAL
from dashboard.kinds.terminations import describe_memory_limit, describe_run
from dashboard.kinds.tones import Level, StatusTones

MIRROR = "kubernetes.io/config.mirror"
_UNDER_WAY = ("Pending", "ContainerCreating", "PodInitializing", "Terminating", GATED)


def summarize_pod(found: KubernetesObject, links: Links) -> KindSummary:
    """Containers by type (init, ordinary, ephemeral) and where the pod runs."""
    return KindSummary(_summary_fields(found, links), _tables(found), state(found))


def state(found: KubernetesObject) -> ObjectState:
    """The STATUS of `kubectl get pods`, and how good it is."""
    reason = read_pod_status(found).reason
    if reason.startswith("Init:"):
        return ObjectState("error" if _is_bad(reason) else "progress", reason)
    return ObjectState(_level(reason, found), reason)


def select_pod_events(found: KubernetesObject) -> str:
    """The kubelet reports about a static pod under the uid of its file, which the mirror pod has as an annotation."""
    mirrored = text(found, "metadata", "annotations", MIRROR)
    return build_field_selector({"involvedObject.uid": mirrored or text(found, "metadata", "uid")})


def _is_bad(reason: str) -> bool:
    return any(bad in reason for bad in ("BackOff", "Err", "Invalid", "ExitCode", "Signal", "OOM"))


def _level(reason: str, found: KubernetesObject) -> Level:
    if reason == "Running":
        return "ok" if has_condition(found, "Ready") else "warning"
    if reason in ("Completed", "Succeeded"):
        return "done"
    if reason in _UNDER_WAY:
        return "progress"
    if reason == "Unknown":
        return "unknown"
    return "error" if _is_bad(reason) or reason in ("Failed", "Evicted", "OOMKilled") else "warning"


def _summary_fields(found: KubernetesObject, links: Links) -> Sequence[SummaryField]:
    status, node = read_pod_status(found), text(found, "spec", "nodeName")
    fields = [
        SummaryField(_("Ready"), f"{status.ready}/{status.total}"),
        SummaryField(_("Restarts"), str(status.restarts), "warning" if status.restarts else None),
    ]
    if node:
        fields.append(SummaryField(_("Node"), node, url=links.object("", "Node", node)))
    if started := text(found, "status", "startTime"):
        fields.append(SummaryField(_("Started"), when=started))
    return [
        *fields,
        *make_summary_fields(
            (_("Pod IP"), ", ".join(text(one, "ip") for one in mappings(found, "status", "podIPs"))),
            (_("QoS class"), text(found, "status", "qosClass")),
            (_("Message"), text(found, "status", "message")),
        ),
    ]


def _tables(found: KubernetesObject) -> Sequence[SmallTable]:
    columns = [_("Name"), _("State"), _("Restarts"), _("Image"), _("Ports"), _("Requests / limits")]
    tables: list[SmallTable] = []
    for field, name, title in (
        ("initContainers", "initContainerStatuses", _("Init containers")),
        ("containers", "containerStatuses", _("Containers")),
        ("ephemeralContainers", "ephemeralContainerStatuses", _("Ephemeral containers")),
    ):
        statuses = {text(one, "name"): one for one in mappings(found, "status", name)}
        rows = [
            list(_row(one, statuses.get(text(one, "name"), {}))) for one in mappings(found, "spec", field)
        ]
        tables += table(field, title, columns, rows)
    return [*tables, *_terminations(found)]


def _terminations(found: KubernetesObject) -> Sequence[SmallTable]:
    """How each container ended last: its present state, or the one before, as in `kubectl describe pod`."""
    columns = [
        _("Container"),
        _("Reason"),
        _("Exit code"),
        _("Signal"),
        _("Started"),
        _("Finished"),
        _("Ran for"),
        _("Message"),
    ]
    statuses = [
        one
        for name in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
        for one in mappings(found, "status", name)
    ]
    ended = [
        (text(one, "name"), state)
        for one in statuses
        if (state := mapping(one, "state", "terminated") or mapping(one, "lastState", "terminated"))
    ]
    rows = [
        [
            Cell(name),
            Cell(text(state, "reason"), note=describe_memory_limit(found, name, state)),
            Cell(text(state, "exitCode"), "error" if number(state, "exitCode") else "done"),
            Cell(text(state, "signal")),
            Cell(when=text(state, "startedAt")),
            Cell(when=text(state, "finishedAt")),
            Cell(describe_run(state)),
            Cell(note=text(state, "message")),
        ]
        for name, state in ended
    ]
    return table("terminations", _("Last terminations"), columns, rows)


def _row(container: KubernetesObject, status: KubernetesObject) -> Iterator[Cell]:
    restarts = number(status, "restartCount") or 0
    last = mapping(status, "lastState", "terminated")
    yield Cell(text(container, "name"))
    yield _state_cell(status)
    yield Cell(
        str(restarts) + (f" ({container_reason({'state': {'terminated': last}})})" if last else ""),
        "warning" if restarts else None,
        when=text(last, "finishedAt"),
    )
    image_id = text(status, "imageID")
    yield Cell(text(container, "image"), note=image_id if image_id != text(container, "image") else "")
    yield Cell(values=[_port(one) for one in mappings(container, "ports")])
    yield Cell(values=list(_resources(mapping(container, "resources"))))


def _state_cell(status: KubernetesObject) -> Cell:
    if mapping(status, "state", "running"):
        ready = dig(status, "ready") is True
        since = text(status, "state", "running", "startedAt")
        return Cell(
            _("Running") if ready else _("Running, not ready"), "ok" if ready else "warning", when=since
        )
    if reason := container_reason(status):
        level: Level = "done" if reason == "Completed" else "error" if _is_bad(reason) else "progress"
        message = text(status, "state", "waiting", "message") or text(
            status, "state", "terminated", "message"
        )
        return Cell(reason, level, note=message, when=text(status, "state", "terminated", "finishedAt"))
    return Cell(_("Waiting"), "unknown")


def _port(port: KubernetesObject) -> str:
    name, protocol = text(port, "name"), text(port, "protocol") or "TCP"
    return f"{name + ' ' if name else ''}{text(port, 'containerPort')}/{protocol}"


def _resources(resources: KubernetesObject) -> Iterator[str]:
    """`cpu 100m / 1` for each resource: requested, and its limit."""
    requests, limits = mapping(resources, "requests"), mapping(resources, "limits")
    for name in sorted({*requests, *limits}):
        yield f"{name} {text(requests, name) or '–'} / {text(limits, name) or '–'}"


def find_pod_references(found: KubernetesObject) -> Iterator[Reference]:
    """Its node, and what its spec names."""
    if node := text(found, "spec", "nodeName"):
        yield Reference(_("Node"), "", "Node", node)
    yield from find_pod_spec_references(mapping(found, "spec"), namespace_of(found))


TONES = StatusTones(
    words={
        "containercreating": "progress",
        "podinitializing": "progress",
        "containerstatusunknown": "error",
        "crashloopbackoff": "error",
        "createcontainerconfigerror": "error",
        "errimagepull": "error",
        "evicted": "error",
        "schedulinggated": "progress",
        "imagepullbackoff": "error",
        "invalidimagename": "error",
        "oomkilled": "error",
    },
    conditions={"DisruptionTarget": "bad", "PodResizePending": "bad", "PodResizeInProgress": "neutral"},
)

KINDS = (
    Kind(
        group="",
        kind="Pod",
        plural="pods",
        label=gettext_lazy("Pods"),
        menu=MenuSlot(WORKLOADS, 10, goto="p"),
        summarize=summarize_pod,
        find_references=find_pod_references,
        select_events=select_pod_events,
        actions=(DEBUG, DEBUG_COPY, RESIZE, EVICT),
        tabs=(LOGS, TERMINAL, FILES),
        tones=TONES,
    ),
)
