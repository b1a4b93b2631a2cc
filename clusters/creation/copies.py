"""Copies: an existing object as a new one, without what the server, a controller or an owner set on the old one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clusters.changes.objects import metadata_of, strip_server_fields
from clusters.discovery import Resource

# An owner lives in its own namespace and cluster: elsewhere the garbage collector would delete the copy.
NOT_COPIED = frozenset({"ownerReferences", "finalizers", "generateName", "namespace", "name"})
# Annotations that tell of the old object: what it was applied from, its revision, its binding.
OWN_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/selected-node",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-provisioner",
    "control-plane.alpha.kubernetes.io/leader",
    "batch.kubernetes.io/job-tracking",
    "cni.projectcalico.org/",
)
OWN_LABELS = (
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "pod-template-hash",
    "controller-revision-hash",
    "kubernetes.io/metadata.name",
)
TOKEN_VOLUME = "kube-api-access-"  # noqa: S105 - the volume that admission adds to each pod


def build_copy(found: Mapping[str, Any], resource: Resource, *, name: str, namespace: str) -> dict[str, Any]:
    """The object under another name and in another namespace (empty where the kind has none)."""
    copy = strip_server_fields(found, resource)
    copy.pop("status", None)
    metadata = {key: value for key, value in metadata_of(copy).items() if key not in NOT_COPIED}
    for field, own in (("annotations", OWN_ANNOTATIONS), ("labels", OWN_LABELS)):
        kept = _drop(metadata.pop(field, None), own)
        if kept:
            metadata[field] = kept
    place = {"namespace": namespace} if namespace else {}
    copy["metadata"] = {"name": name, **place, **metadata}
    clean = _CLEANERS.get((resource.group, resource.kind))
    spec = copy.get("spec")
    if clean is not None and isinstance(spec, Mapping):
        copy["spec"] = clean(spec)
    if resource.kind == "ServiceAccount" and not resource.group:
        copy.pop("secrets", None)  # token Secrets of the old one
    if resource.kind == "Namespace" and not resource.group:
        copy.pop("spec", None)  # its finalizer
    return copy


def _drop(values: Any, own: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        return {}
    return {key: value for key, value in values.items() if not any(key.startswith(one) for one in own)}


def _without(*fields: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda spec: {key: value for key, value in spec.items() if key not in fields}


def _clean_service(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Without the addresses and ports of nodes that the server allocated; a headless one stays headless."""
    kept = _without("clusterIPs", "healthCheckNodePort", "loadBalancerIP")(spec)
    if kept.get("clusterIP") != "None":
        kept.pop("clusterIP", None)
    ports = kept.get("ports")
    if isinstance(ports, list):
        kept["ports"] = [_without("nodePort")(one) if isinstance(one, Mapping) else one for one in ports]
    return kept


def _clean_pod(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Without its node, and the token volume that admission mounted."""
    kept = _without("nodeName", "serviceAccount", "priority", "ephemeralContainers", "preemptionPolicy")(spec)
    kept["volumes"] = _drop_named(kept.get("volumes"))
    for field in ("containers", "initContainers"):
        if isinstance(kept.get(field), list):
            kept[field] = [
                {**one, "volumeMounts": _drop_named(one.get("volumeMounts"))}
                if isinstance(one, Mapping)
                else one
                for one in kept[field]
            ]
    return kept


def _drop_named(found: Any) -> list[Any]:
    every = found if isinstance(found, list) else []
    return [
        one
        for one in every
        if not (isinstance(one, Mapping) and str(one.get("name") or "").startswith(TOKEN_VOLUME))
    ]


def _clean_job(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Without the selector that the server made of the old Job's uid."""
    if spec.get("manualSelector") is True:
        return dict(spec)
    kept = _without("selector")(spec)
    template = kept.get("template")
    if isinstance(template, Mapping):
        metadata = dict(metadata_of(template))
        metadata["labels"] = _drop(metadata.get("labels"), OWN_LABELS)
        kept["template"] = {**template, "metadata": _without("creationTimestamp")(metadata)}
    return kept


_CLEANERS: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    ("", "Service"): _clean_service,
    ("", "Pod"): _clean_pod,
    ("", "PersistentVolumeClaim"): _without("volumeName"),
    ("", "PersistentVolume"): _without("claimRef"),
    ("batch", "Job"): _clean_job,
}
