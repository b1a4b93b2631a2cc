"""References of a PodSpec: service account, volumes, ConfigMaps, Secrets and classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, mapping, mappings, namespace_of, text
from dashboard.kinds.references import Reference

Spec = Mapping[str, Any]


def find_pod_spec_references(spec: Spec, namespace: str) -> Iterator[Reference]:
    """Everything that a PodSpec names but the node."""
    if account := text(spec, "serviceAccountName"):
        yield Reference(_("ServiceAccount"), "", "ServiceAccount", account, namespace)
    yield from _find_volume_references(spec, namespace)
    yield from _find_container_references(spec, namespace)
    for entry in mappings(spec, "imagePullSecrets"):
        yield Reference(_("Image pull Secrets"), "", "Secret", text(entry, "name"), namespace)
    if name := text(spec, "priorityClassName"):
        yield Reference(_("PriorityClass"), "scheduling.k8s.io", "PriorityClass", name)
    if name := text(spec, "runtimeClassName"):
        yield Reference(_("RuntimeClass"), "node.k8s.io", "RuntimeClass", name)


def find_template_references(found: KubernetesObject) -> Iterator[Reference]:
    """What the pod template of a workload names, and the Service of a StatefulSet."""
    if service := text(found, "spec", "serviceName"):
        yield Reference(_("Headless Service"), "", "Service", service, namespace_of(found))
    yield from find_pod_spec_references(mapping(found, "spec", "template", "spec"), namespace_of(found))


def _find_volume_references(spec: Spec, namespace: str) -> Iterator[Reference]:
    for volume in mappings(spec, "volumes"):
        if name := text(volume, "persistentVolumeClaim", "claimName"):
            yield Reference(_("PersistentVolumeClaims"), "", "PersistentVolumeClaim", name, namespace)
        sources = [volume, *mappings(volume, "projected", "sources")]
        for source in sources:
            if name := text(source, "configMap", "name"):
                yield _config_map(name, namespace)
            if name := text(source, "secret", "secretName") or text(source, "secret", "name"):
                yield _secret(name, namespace)


def _find_container_references(spec: Spec, namespace: str) -> Iterator[Reference]:
    for container in _containers(spec):
        for entry in mappings(container, "envFrom"):
            yield from _find_source_references(
                mapping(entry, "configMapRef"), mapping(entry, "secretRef"), namespace
            )
        for entry in mappings(container, "env"):
            source = mapping(entry, "valueFrom")
            yield from _find_source_references(
                mapping(source, "configMapKeyRef"), mapping(source, "secretKeyRef"), namespace
            )


def _containers(spec: Spec) -> Iterator[Spec]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        yield from mappings(spec, field)


def _find_source_references(config: Spec, secret: Spec, namespace: str) -> Iterator[Reference]:
    if name := text(config, "name"):
        yield _config_map(name, namespace)
    if name := text(secret, "name"):
        yield _secret(name, namespace)


def _config_map(name: str, namespace: str) -> Reference:
    return Reference(_("ConfigMaps"), "", "ConfigMap", name, namespace)


def _secret(name: str, namespace: str) -> Reference:
    return Reference(_("Secrets"), "", "Secret", name, namespace)
