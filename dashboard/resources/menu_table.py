"""Which kinds stand in the navigation, under which words? The table, written out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Known:
    """A built-in kind: its slug in discovery, its name for people, the letter after g."""

    slug: str
    label: Promise
    goto: str = ""


@dataclass(frozen=True)
class KnownGroup:
    title: Promise
    icon: str
    kinds: Sequence[Known]


RBAC = "rbac.authorization.k8s.io"

GROUPS: Sequence[KnownGroup] = (
    KnownGroup(
        _("Workloads"),
        "pod",
        (
            Known("pods", _("Pods"), "p"),
            Known("deployments.apps", _("Deployments"), "d"),
            Known("statefulsets.apps", _("StatefulSets"), "f"),
            Known("daemonsets.apps", _("DaemonSets"), "a"),
            Known("replicasets.apps", _("ReplicaSets")),
            Known("jobs.batch", _("Jobs"), "j"),
            Known("cronjobs.batch", _("CronJobs")),
            Known("horizontalpodautoscalers.autoscaling", _("HorizontalPodAutoscalers")),
            Known("poddisruptionbudgets.policy", _("PodDisruptionBudgets")),
            Known("events", _("Events"), "e"),
        ),
    ),
    KnownGroup(
        _("Configuration"),
        "config",
        (
            Known("configmaps", _("ConfigMaps"), "m"),
            Known("secrets", _("Secrets"), "x"),
            Known("resourcequotas", _("ResourceQuotas")),
            Known("limitranges", _("LimitRanges")),
        ),
    ),
    KnownGroup(
        _("Network"),
        "network",
        (
            Known("services", _("Services"), "s"),
            Known("ingresses.networking.k8s.io", _("Ingresses"), "i"),
            Known("networkpolicies.networking.k8s.io", _("NetworkPolicies")),
            Known("endpointslices.discovery.k8s.io", _("EndpointSlices")),
        ),
    ),
    KnownGroup(
        _("Storage"),
        "storage",
        (
            Known("persistentvolumeclaims", _("PersistentVolumeClaims"), "v"),
            Known("persistentvolumes", _("PersistentVolumes")),
            Known("storageclasses.storage.k8s.io", _("StorageClasses")),
        ),
    ),
    KnownGroup(
        _("Access control"),
        "access",
        (
            Known("serviceaccounts", _("ServiceAccounts")),
            Known(f"roles.{RBAC}", _("Roles")),
            Known(f"rolebindings.{RBAC}", _("RoleBindings"), "r"),
            Known(f"clusterroles.{RBAC}", _("ClusterRoles")),
            Known(f"clusterrolebindings.{RBAC}", _("ClusterRoleBindings")),
        ),
    ),
    KnownGroup(
        _("Cluster"),
        "node",
        (
            Known("nodes", _("Nodes"), "n"),
            Known("namespaces", _("Namespaces")),
            Known("customresourcedefinitions.apiextensions.k8s.io", _("CustomResourceDefinitions")),
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
