"""Install order: kinds in the order in which their objects can be created, as Helm installs a release.

InstallOrder of https://github.com/helm/helm/blob/main/pkg/release/v1/util/kind_sorter.go. Kinds that are not in it come
last: they need their CustomResourceDefinition first, and often its controller.
"""

from __future__ import annotations

INSTALL_ORDER = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)
_POSITIONS = {kind: position for position, kind in enumerate(INSTALL_ORDER)}


def find_position(kind: str) -> int:
    """Where objects of the kind come; the same for all kinds that are not in the order, which stay as they stand."""
    return _POSITIONS.get(kind, len(_POSITIONS))
