"""Menu table: groups, labels and shortcut keys of the built-in kinds in the navigation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class MenuKind:
    """A built-in kind: its slug in discovery, its name for people, the letter after g."""

    slug: str
    label: Promise
    goto: str = ""


@dataclass(frozen=True)
class MenuGroup:
    title: Promise
    icon: str
    kinds: Sequence[MenuKind]


RBAC = "rbac.authorization.k8s.io"

GROUPS: Sequence[MenuGroup] = (
    MenuGroup(
        _("Workloads"),
        "pod",
        (
            MenuKind("pods", _("Pods"), "p"),
            MenuKind("deployments.apps", _("Deployments"), "d"),
            MenuKind("statefulsets.apps", _("StatefulSets"), "f"),
            MenuKind("daemonsets.apps", _("DaemonSets"), "a"),
            MenuKind("replicasets.apps", _("ReplicaSets")),
            MenuKind("jobs.batch", _("Jobs"), "j"),
            MenuKind("cronjobs.batch", _("CronJobs")),
            MenuKind("horizontalpodautoscalers.autoscaling", _("HorizontalPodAutoscalers")),
            MenuKind("poddisruptionbudgets.policy", _("PodDisruptionBudgets")),
            MenuKind("events", _("Events"), "e"),
        ),
    ),
    MenuGroup(
        _("Configuration"),
        "config",
        (
            MenuKind("configmaps", _("ConfigMaps"), "m"),
            MenuKind("secrets", _("Secrets"), "x"),
            MenuKind("resourcequotas", _("ResourceQuotas")),
            MenuKind("limitranges", _("LimitRanges")),
        ),
    ),
    MenuGroup(
        _("Network"),
        "network",
        (
            MenuKind("services", _("Services"), "s"),
            MenuKind("ingresses.networking.k8s.io", _("Ingresses"), "i"),
            MenuKind("networkpolicies.networking.k8s.io", _("NetworkPolicies")),
            MenuKind("endpointslices.discovery.k8s.io", _("EndpointSlices")),
        ),
    ),
    MenuGroup(
        _("Storage"),
        "storage",
        (
            MenuKind("persistentvolumeclaims", _("PersistentVolumeClaims"), "v"),
            MenuKind("persistentvolumes", _("PersistentVolumes")),
            MenuKind("storageclasses.storage.k8s.io", _("StorageClasses")),
        ),
    ),
    MenuGroup(
        _("Access control"),
        "access",
        (
            MenuKind("serviceaccounts", _("ServiceAccounts")),
            MenuKind(f"roles.{RBAC}", _("Roles")),
            MenuKind(f"rolebindings.{RBAC}", _("RoleBindings"), "r"),
            MenuKind(f"clusterroles.{RBAC}", _("ClusterRoles")),
            MenuKind(f"clusterrolebindings.{RBAC}", _("ClusterRoleBindings")),
        ),
    ),
    MenuGroup(
        _("Cluster"),
        "node",
        (
            MenuKind("nodes", _("Nodes"), "n"),
            MenuKind("namespaces", _("Namespaces")),
            MenuKind("customresourcedefinitions.apiextensions.k8s.io", _("CustomResourceDefinitions")),
        ),
    ),
)

LABELS = {known.slug: known.label for group in GROUPS for known in group.kinds}

# API groups that Kubernetes itself serves; whatever is in another one is a custom resource.
BUILT_IN = frozenset(
    {
        "",
        "apps",
        "batch",
        "autoscaling",
        "policy",
        "networking.k8s.io",
        "discovery.k8s.io",
        "storage.k8s.io",
        RBAC,
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
