"""Namespaces: the lists of what they contain, and why one is still being deleted."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.kinds.fields import KubernetesObject, name_of
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import CLUSTER, MenuSlot
from dashboard.kinds.references import Pick
from dashboard.kinds.tones import StatusTones


def pick_contents(found: KubernetesObject) -> Iterator[Pick]:
    """The lists that people look for in a namespace."""
    kinds = (
        (_("Pods"), "", "Pod"),
        (_("Deployments"), "apps", "Deployment"),
        (_("StatefulSets"), "apps", "StatefulSet"),
        (_("DaemonSets"), "apps", "DaemonSet"),
        (_("Jobs"), "batch", "Job"),
        (_("CronJobs"), "batch", "CronJob"),
        (_("Services"), "", "Service"),
        (_("Ingresses"), "networking.k8s.io", "Ingress"),
        (_("ConfigMaps"), "", "ConfigMap"),
        (_("Secrets"), "", "Secret"),
        (_("PersistentVolumeClaims"), "", "PersistentVolumeClaim"),
        (_("ResourceQuotas"), "", "ResourceQuota"),
        (_("RoleBindings"), "rbac.authorization.k8s.io", "RoleBinding"),
        (_("Events"), "", "Event"),
    )
    for label, group, kind in kinds:
        yield Pick(label, group, kind, name_of(found))


TONES = StatusTones(
    phases={"Active": "ok"},
    conditions={
        "NamespaceContentRemaining": "bad",
        "NamespaceDeletionContentFailure": "bad",
        "NamespaceDeletionDiscoveryFailure": "bad",
        "NamespaceDeletionGroupVersionParsingFailure": "bad",
        "NamespaceFinalizersRemaining": "bad",
    },
)

KINDS = (
    Kind(
        group="",
        kind="Namespace",
        plural="namespaces",
        label=gettext_lazy("Namespaces"),
        menu=MenuSlot(CLUSTER, 20),
        find_picks=pick_contents,
        tones=TONES,
    ),
)
