"""Which kinds have something of their own to show? The table, written out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.resources.fields import group_of, text
from dashboard.resources.kinds import (
    access,
    configuration,
    definitions,
    events,
    network,
    nodes,
    pods,
    storage,
    workloads,
)
from dashboard.resources.kinds.special import Special
from dashboard.resources.links import Links

RBAC = "rbac.authorization.k8s.io"

KINDS: Mapping[tuple[str, str], Callable[[Mapping[str, Any], Links], Special]] = {
    ("", "Pod"): pods.special,
    ("", "Node"): nodes.special,
    ("", "ReplicationController"): workloads.replicated,
    ("apps", "Deployment"): workloads.replicated,
    ("apps", "ReplicaSet"): workloads.replicated,
    ("apps", "StatefulSet"): workloads.replicated,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("batch", "Job"): workloads.job,
    ("batch", "CronJob"): workloads.cron_job,
    ("", "Service"): network.service,
    ("networking.k8s.io", "Ingress"): network.ingress,
    ("discovery.k8s.io", "EndpointSlice"): network.endpoint_slice,
    ("", "Secret"): configuration.secret,
    ("", "ConfigMap"): configuration.config_map,
    ("", "ResourceQuota"): configuration.resource_quota,
    ("", "PersistentVolumeClaim"): storage.claim,
    ("", "PersistentVolume"): storage.volume,
    ("storage.k8s.io", "StorageClass"): storage.storage_class,
    (RBAC, "Role"): access.role,
    (RBAC, "ClusterRole"): access.role,
    (RBAC, "RoleBinding"): access.binding,
    (RBAC, "ClusterRoleBinding"): access.binding,
    ("", "Event"): events.special,
    ("events.k8s.io", "Event"): events.special,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definitions.custom_kind,
    ("autoscaling", "HorizontalPodAutoscaler"): definitions.autoscaler,
    ("policy", "PodDisruptionBudget"): definitions.budget,
}


def special(found: Mapping[str, Any], links: Links) -> Special:
    """What the kind's own file adds; nothing for most kinds."""
    kind = KINDS.get((group_of(text(found, "apiVersion")), text(found, "kind")))
    return kind(found, links) if kind else Special()
