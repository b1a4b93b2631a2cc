"""Kind table: the summary function of each kind with fields and tables of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.address.links import Links
from dashboard.kinds import (
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
from dashboard.kinds.fields import group_of, text
from dashboard.kinds.kind import KindSummary

RBAC = "rbac.authorization.k8s.io"

KINDS: Mapping[tuple[str, str], Callable[[Mapping[str, Any], Links], KindSummary]] = {
    ("", "Pod"): pods.summarize_pod,
    ("", "Node"): nodes.summarize_node,
    ("", "ReplicationController"): workloads.summarize_workload,
    ("apps", "Deployment"): workloads.summarize_workload,
    ("apps", "ReplicaSet"): workloads.summarize_workload,
    ("apps", "StatefulSet"): workloads.summarize_workload,
    ("apps", "DaemonSet"): workloads.summarize_daemon_set,
    ("batch", "Job"): workloads.summarize_job,
    ("batch", "CronJob"): workloads.summarize_cron_job,
    ("", "Service"): network.summarize_service,
    ("networking.k8s.io", "Ingress"): network.summarize_ingress,
    ("discovery.k8s.io", "EndpointSlice"): network.summarize_endpoint_slice,
    ("", "Secret"): configuration.summarize_secret,
    ("", "ConfigMap"): configuration.summarize_config_map,
    ("", "ResourceQuota"): configuration.summarize_resource_quota,
    ("", "PersistentVolumeClaim"): storage.summarize_claim,
    ("", "PersistentVolume"): storage.summarize_volume,
    ("storage.k8s.io", "StorageClass"): storage.summarize_storage_class,
    (RBAC, "Role"): access.summarize_role,
    (RBAC, "ClusterRole"): access.summarize_role,
    (RBAC, "RoleBinding"): access.summarize_binding,
    (RBAC, "ClusterRoleBinding"): access.summarize_binding,
    ("", "Event"): events.summarize_event,
    ("events.k8s.io", "Event"): events.summarize_event,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definitions.summarize_definition,
    ("autoscaling", "HorizontalPodAutoscaler"): definitions.summarize_autoscaler,
    ("policy", "PodDisruptionBudget"): definitions.summarize_disruption_budget,
}


def summarize(found: Mapping[str, Any], links: Links) -> KindSummary:
    """What the kind's own file adds; nothing for most kinds."""
    kind = KINDS.get((group_of(text(found, "apiVersion")), text(found, "kind")))
    return kind(found, links) if kind else KindSummary()
