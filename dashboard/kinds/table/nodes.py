"""Nodes and their Leases: capacity, taints, addresses and node info."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.api.selectors import build_field_selector
from dashboard.address.links import Links
from dashboard.kinds.actions import CORDON, DRAIN, LABEL, NODE_SHELL, TAINT, UNCORDON
from dashboard.kinds.facts import ObjectState
from dashboard.kinds.fields import KubernetesObject, dig, mapping, mappings, name_of, namespace_of, text
from dashboard.kinds.kind import Kind, Tab
from dashboard.kinds.menu import CLUSTER, MenuSlot
from dashboard.kinds.references import Pick, Reference
from dashboard.kinds.summary import Cell, KindSummary, make_summary_fields, table
from dashboard.kinds.tones import StatusTones

NODE_LEASES = "kube-node-lease"  # the namespace of the Leases that kubelets renew


def summarize_node(found: KubernetesObject, links: Links) -> KindSummary:
    """Capacity beside what is allocatable, and taints."""
    system = mapping(found, "status", "nodeInfo")
    capacity, allocatable = mapping(found, "status", "capacity"), mapping(found, "status", "allocatable")
    roles = [
        label.removeprefix("node-role.kubernetes.io/")
        for label in mapping(found, "metadata", "labels")
        if label.startswith("node-role.kubernetes.io/")
    ]
    return KindSummary(
        make_summary_fields(
            (_("Roles"), ", ".join(sorted(roles))),
            (_("Kubelet version"), text(system, "kubeletVersion")),
            (_("OS image"), text(system, "osImage")),
            (_("Container runtime"), text(system, "containerRuntimeVersion")),
            (_("Architecture"), text(system, "architecture")),
            (_("Pod CIDR"), text(found, "spec", "podCIDR")),
        ),
        [
            *table(
                "capacity",
                _("Capacity"),
                [_("Resource"), _("Allocatable"), _("Capacity")],
                [
                    [Cell(name), Cell(text(allocatable, name)), Cell(text(capacity, name))]
                    for name in sorted({*capacity, *allocatable})
                ],
            ),
            *table(
                "taints",
                _("Taints"),
                [_("Key"), _("Value"), _("Effect")],
                [
                    [Cell(text(one, "key")), Cell(text(one, "value")), Cell(text(one, "effect"))]
                    for one in mappings(found, "spec", "taints")
                ],
            ),
            *table(
                "addresses",
                _("Addresses"),
                [_("Type"), _("Address")],
                [
                    [Cell(text(one, "type")), Cell(text(one, "address"))]
                    for one in mappings(found, "status", "addresses")
                ],
            ),
        ],
        _state(found),
    )


def _state(found: KubernetesObject) -> ObjectState:
    ready = next(
        (
            text(one, "status")
            for one in mappings(found, "status", "conditions")
            if text(one, "type") == "Ready"
        ),
        "",
    )
    if ready != "True":
        return ObjectState(
            "error" if ready == "False" else "unknown", "NotReady" if ready == "False" else "Unknown"
        )
    if dig(found, "spec", "unschedulable") is True:
        return ObjectState("warning", "Ready, SchedulingDisabled")
    return ObjectState("ok", "Ready")


def find_node_references(found: KubernetesObject) -> Iterator[Reference]:
    """Its Lease and its CSINode, which have its name."""
    yield Reference(_("Lease"), "coordination.k8s.io", "Lease", name_of(found), NODE_LEASES)
    yield Reference(_("CSINode"), "storage.k8s.io", "CSINode", name_of(found))


def find_lease_references(found: KubernetesObject) -> Iterator[Reference]:
    """The Node whose kubelet renews it; other leases are held by processes."""
    if namespace_of(found) == NODE_LEASES:
        yield Reference(_("Node"), "", "Node", name_of(found))


def pick_node_lists(found: KubernetesObject) -> Iterator[Pick]:
    """The Pods that run there, in all namespaces."""
    yield Pick(
        _("Pods"), "", "Pod", fields=build_field_selector({"spec.nodeName": name_of(found)}), is_live=True
    )


def select_node_events(found: KubernetesObject) -> str:
    """By name: the kubelet writes the node's name where other reporters write the uid."""
    return build_field_selector({"involvedObject.kind": "Node", "involvedObject.name": name_of(found)})


TONES = StatusTones(
    words={"ready,schedulingdisabled": "warning"},
    conditions={
        "DiskPressure": "bad",
        "MemoryPressure": "bad",
        "PIDPressure": "bad",
        "NetworkUnavailable": "bad",
    },
)

KINDS = (
    Kind(
        group="",
        kind="Node",
        plural="nodes",
        label=gettext_lazy("Nodes"),
        menu=MenuSlot(CLUSTER, 10, goto="n"),
        summarize=summarize_node,
        find_references=find_node_references,
        find_picks=pick_node_lists,
        select_events=select_node_events,
        actions=(CORDON, UNCORDON, DRAIN, TAINT, LABEL, NODE_SHELL),
        tabs=(Tab("drains", gettext_lazy("Drains")),),
        tones=TONES,
    ),
    Kind(
        group="coordination.k8s.io",
        kind="Lease",
        plural="leases",
        find_references=find_lease_references,
    ),
)
