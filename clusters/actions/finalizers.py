"""Finalizers: what each well-known one waits for, and who usually removes it.

Sources: the pages "Finalizers", "Garbage Collection" and "Persistent Volumes" of the Kubernetes documentation, and
the documentation of the controllers that are named.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_KNOWN: Mapping[str, Promise] = {
    "foregroundDeletion": gettext_lazy(
        "The garbage collector removes it when all dependents that block the deletion are gone."
    ),
    "orphan": gettext_lazy(
        "The garbage collector removes it when it has taken the owner reference from each dependent."
    ),
    "kubernetes": gettext_lazy(
        "The namespace controller removes it when everything in the namespace is gone. Its conditions name what "
        "remains."
    ),
    "kubernetes.io/pvc-protection": gettext_lazy(
        "The PersistentVolumeClaim controller removes it when no pod uses the claim."
    ),
    "kubernetes.io/pv-protection": gettext_lazy(
        "The PersistentVolume controller removes it when the volume is bound to no claim."
    ),
    "customresourcecleanup.apiextensions.k8s.io": gettext_lazy(
        "The API server removes it when all objects of this CustomResourceDefinition are gone."
    ),
    "batch.kubernetes.io/job-tracking": gettext_lazy(
        "The Job controller removes it when it has counted the pod for its Job."
    ),
    "service.kubernetes.io/load-balancer-cleanup": gettext_lazy(
        "The cloud provider's service controller removes it when the load balancer is gone."
    ),
    "external-provisioner.volume.kubernetes.io/finalizer": gettext_lazy(
        "The storage driver's provisioner removes it when the volume is gone from the storage system."
    ),
    "resource.kubernetes.io/delete-protection": gettext_lazy(
        "The ResourceClaim controller removes it when no pod uses the claim."
    ),
    "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection": gettext_lazy(
        "The snapshot controller removes it when the snapshot's content is gone."
    ),
    "resources-finalizer.argocd.argoproj.io": gettext_lazy(
        "Argo CD removes it when it has deleted the resources of the Application."
    ),
    "finalizers.fluxcd.io": gettext_lazy(
        "Flux removes it when it has deleted what it manages with this object."
    ),
    "karpenter.sh/termination": gettext_lazy(
        "Karpenter removes it when the node is drained and its instance is gone."
    ),
    "finalizer.acme.cert-manager.io": gettext_lazy(
        "cert-manager removes it when the challenge's temporary resources are gone."
    ),
}
_PREFIXES: Mapping[str, Promise] = {
    "external-attacher/": gettext_lazy(
        "The storage driver's attacher removes it when the volume is detached from its node."
    ),
    "service.k8s.aws/": gettext_lazy(
        "The AWS Load Balancer Controller removes it when the load balancer is gone."
    ),
    "ingress.k8s.aws/": gettext_lazy(
        "The AWS Load Balancer Controller removes it when the load balancer is gone."
    ),
    "networking.gke.io/": gettext_lazy(
        "The GKE ingress controller removes it when the load balancer is gone."
    ),
}


def explain_finalizer(name: str) -> str:
    """A sentence: what usually removes it; of one that nobody here knows, whose it is by its name."""
    if name in _KNOWN:
        return str(_KNOWN[name])
    for prefix, text in _PREFIXES.items():
        if name.startswith(prefix):
            return str(text)
    domain = name.partition("/")[0] if "/" in name else ""
    if domain:
        return _(
            "The controller of %(domain)s removes it when its cleanup is done. If that controller no longer runs, "
            "nothing removes it."
        ) % {"domain": domain}
    return _(
        "The controller that added it removes it when its cleanup is done. If that controller no longer runs, "
        "nothing removes it."
    )
