"""Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers: replicas and rollout."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.links import Links
from dashboard.kinds.actions import PAUSE, RESOURCES, RESTART, RESUME, SET_IMAGE, UNDO
from dashboard.kinds.facts import ObjectState
from dashboard.kinds.fields import KubernetesObject, dig, mapping, mappings, namespace_of, number, text
from dashboard.kinds.kind import ROLLOUT_PAGE, Kind, Tab
from dashboard.kinds.menu import WORKLOADS, MenuSlot
from dashboard.kinds.pod_references import find_template_references
from dashboard.kinds.pod_templates import summarize_containers
from dashboard.kinds.references import Pick, pick_pods_by_labels, pick_pods_by_selector
from dashboard.kinds.rollout_status import read_rollout_status
from dashboard.kinds.selectors import format_selector
from dashboard.kinds.summary import KindSummary, SummaryField, make_summary_fields
from dashboard.kinds.tabs import LOGS, TERMINAL
from dashboard.kinds.tones import StatusTones


def summarize_workload(found: KubernetesObject, links: Links) -> KindSummary:
    """Deployment, ReplicaSet, StatefulSet, ReplicationController."""
    desired = number(found, "spec", "replicas")
    desired = 1 if desired is None else desired
    status = mapping(found, "status")
    ready, updated = number(status, "readyReplicas") or 0, number(status, "updatedReplicas")
    if updated is None and text(found, "kind") in ("Deployment", "StatefulSet"):
        updated = 0  # the API leaves out what is 0
    strategy = mapping(found, "spec", "strategy") or mapping(found, "spec", "updateStrategy")
    return KindSummary(
        [
            SummaryField(_("Ready"), f"{ready}/{desired}", "ok" if ready >= desired else "warning"),
            *make_summary_fields(
                (_("Up-to-date"), updated),
                (_("Available"), number(status, "availableReplicas") or 0),
                (_("Strategy"), text(strategy, "type")),
                (_("Revision"), text(found, "metadata", "annotations", "deployment.kubernetes.io/revision")),
                (_("Paused"), _("Yes") if dig(found, "spec", "paused") is True else ""),
                (_("Rollout"), read_sentence(found)),
            ),
        ],
        summarize_containers(mapping(found, "spec", "template", "spec")),
        _rollout(found, desired, ready, updated, desired - _count_left_out(found, desired)),
    )


def summarize_daemon_set(found: KubernetesObject, links: Links) -> KindSummary:
    """One pod on each node that it is meant for."""
    status = mapping(found, "status")
    desired = number(status, "desiredNumberScheduled") or 0
    ready = number(status, "numberReady") or 0
    return KindSummary(
        [
            SummaryField(_("Ready"), f"{ready}/{desired}", "ok" if ready >= desired else "warning"),
            *make_summary_fields(
                (_("Up-to-date"), number(status, "updatedNumberScheduled") or 0),
                (_("Available"), number(status, "numberAvailable") or 0),
                (_("Misscheduled"), number(status, "numberMisscheduled") or None),
                (_("Strategy"), text(found, "spec", "updateStrategy", "type")),
                (_("Rollout"), read_sentence(found)),
            ),
        ],
        summarize_containers(mapping(found, "spec", "template", "spec")),
        _rollout(
            found,
            desired,
            ready,
            number(status, "updatedNumberScheduled"),
            desired - _count_left_out(found, desired),
        ),
    )


def read_sentence(found: KubernetesObject) -> str:
    """What `kubectl rollout status` says; empty of kinds without rollouts."""
    status = read_rollout_status(found)
    return status.sentence if status else ""


def _count_left_out(found: KubernetesObject, desired: int) -> int:
    """Pods that a rollout leaves as they are: those below the partition of a StatefulSet, all where pods are replaced
    only when somebody deletes them (OnDelete)."""
    strategy = mapping(found, "spec", "updateStrategy")
    if text(strategy, "type") == "OnDelete":
        return desired
    return min(number(strategy, "rollingUpdate", "partition") or 0, desired)


def _rollout(
    found: KubernetesObject, desired: int, ready: int, updated: int | None, expected: int
) -> ObjectState | None:
    """One word: kubectl's `rollout status`, from the same fields. `expected` of the pods are to be updated."""
    if dig(found, "metadata", "deletionTimestamp"):
        return ObjectState("progress", "Terminating")
    for one in mappings(found, "status", "conditions"):
        if text(one, "type") == "Progressing" and text(one, "reason") == "ProgressDeadlineExceeded":
            return ObjectState("error", "ProgressDeadlineExceeded")
        if text(one, "type") == "ReplicaFailure" and text(one, "status") == "True":
            return ObjectState("error", "ReplicaFailure")
    generation, observed = (
        number(found, "metadata", "generation"),
        number(found, "status", "observedGeneration"),
    )
    is_behind = generation is not None and observed is not None and observed < generation
    if is_behind or (updated is not None and updated < expected):
        return ObjectState("progress", "Rolling out")
    if desired == 0:
        return ObjectState("done", "Scaled to zero")
    return ObjectState("ok", "Ready") if ready >= desired else ObjectState("warning", "Not ready")


def pick_deployment_lists(found: KubernetesObject) -> Iterator[Pick]:
    """ReplicaSets and Pods."""
    if labels := format_selector(mapping(found, "spec", "selector")):
        yield Pick(_("ReplicaSets"), "apps", "ReplicaSet", namespace_of(found), labels=labels)
    yield from pick_pods_by_selector(found)


def pick_revisioned_lists(found: KubernetesObject) -> Iterator[Pick]:
    """Of a StatefulSet or DaemonSet: Pods, ControllerRevisions and the claims of its templates."""
    yield from pick_pods_by_selector(found)
    if labels := format_selector(mapping(found, "spec", "selector")):
        namespace = namespace_of(found)
        yield Pick(_("ControllerRevisions"), "apps", "ControllerRevision", namespace, labels=labels)
        if mappings(found, "spec", "volumeClaimTemplates"):
            yield Pick(_("PersistentVolumeClaims"), "", "PersistentVolumeClaim", namespace, labels=labels)


ROLLOUT = Tab(ROLLOUT_PAGE, gettext_lazy("Rollout"))
HISTORY = Tab("history", gettext_lazy("History"))
TONES = StatusTones(conditions={"ReplicaFailure": "bad"})

KINDS = (
    Kind(
        group="apps",
        kind="Deployment",
        plural="deployments",
        label=gettext_lazy("Deployments"),
        menu=MenuSlot(WORKLOADS, 20, goto="d"),
        summarize=summarize_workload,
        find_references=find_template_references,
        find_picks=pick_deployment_lists,
        tones=TONES,
        actions=(RESTART, SET_IMAGE, RESOURCES, UNDO, PAUSE, RESUME),
        tabs=(LOGS, TERMINAL, ROLLOUT, HISTORY),
    ),
    Kind(
        group="apps",
        kind="StatefulSet",
        plural="statefulsets",
        label=gettext_lazy("StatefulSets"),
        menu=MenuSlot(WORKLOADS, 30, goto="f"),
        summarize=summarize_workload,
        find_references=find_template_references,
        find_picks=pick_revisioned_lists,
        actions=(RESTART, SET_IMAGE, RESOURCES, UNDO),
        tabs=(LOGS, TERMINAL, ROLLOUT, HISTORY),
    ),
    Kind(
        group="apps",
        kind="DaemonSet",
        plural="daemonsets",
        label=gettext_lazy("DaemonSets"),
        menu=MenuSlot(WORKLOADS, 40, goto="a"),
        summarize=summarize_daemon_set,
        find_references=find_template_references,
        find_picks=pick_revisioned_lists,
        actions=(RESTART, SET_IMAGE, RESOURCES, UNDO),
        tabs=(LOGS, TERMINAL, ROLLOUT, HISTORY),
    ),
    Kind(
        group="apps",
        kind="ReplicaSet",
        plural="replicasets",
        label=gettext_lazy("ReplicaSets"),
        menu=MenuSlot(WORKLOADS, 50),
        summarize=summarize_workload,
        find_references=find_template_references,
        find_picks=pick_pods_by_selector,
        tones=TONES,
        actions=(SET_IMAGE,),
        tabs=(
            LOGS,
            TERMINAL,
        ),
    ),
    Kind(
        group="",
        kind="ReplicationController",
        plural="replicationcontrollers",
        summarize=summarize_workload,
        find_references=find_template_references,
        find_picks=pick_pods_by_labels,
        tones=TONES,
        tabs=(
            LOGS,
            TERMINAL,
        ),
    ),
)
