"""Menu slots: groups of the cluster menu, and where a kind stands in them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class MenuGroup:
    """A group of the menu; `icon` is the name of the drawing that its entries have."""

    title: Promise
    icon: str


@dataclass(frozen=True)
class MenuSlot:
    """Where a kind stands: the lowest `position` of a group comes first; `goto` is the letter after g, if any."""

    group: MenuGroup
    position: int
    goto: str = ""


WORKLOADS = MenuGroup(_("Workloads"), "pod")
CONFIGURATION = MenuGroup(_("Configuration"), "config")
NETWORK = MenuGroup(_("Network"), "network")
STORAGE = MenuGroup(_("Storage"), "storage")
ACCESS_CONTROL = MenuGroup(_("Access control"), "access")
CLUSTER = MenuGroup(_("Cluster"), "node")

MENU_GROUPS = (WORKLOADS, CONFIGURATION, NETWORK, STORAGE, ACCESS_CONTROL, CLUSTER)  # in the menu's order

# API groups that Kubernetes itself serves; whatever is in another one is a custom resource.
BUILT_IN_GROUPS = frozenset(
    {
        "",
        "apps",
        "batch",
        "autoscaling",
        "policy",
        "networking.k8s.io",
        "discovery.k8s.io",
        "storage.k8s.io",
        "rbac.authorization.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "admissionregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "metrics.k8s.io",
        "node.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storagemigration.k8s.io",
    }
)
