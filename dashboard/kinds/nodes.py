"""Summary of a Node: capacity, taints, addresses and node info."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds.facts import ObjectState
from dashboard.kinds.fields import dig, mapping, mappings, text
from dashboard.kinds.kind import Cell, KindSummary, make_summary_fields, table


def summarize_node(found: Mapping[str, Any], links: Links) -> KindSummary:
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


def _state(found: Mapping[str, Any]) -> ObjectState:
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
