"""PersistentVolumes, claims, StorageClasses and VolumeAttachments: capacity, modes and policies."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.links import Links
from dashboard.kinds.fields import KubernetesObject, mapping, namespace_of, text, texts
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import STORAGE, MenuSlot
from dashboard.kinds.references import Reference
from dashboard.kinds.summary import KindSummary, make_summary_fields
from dashboard.kinds.tones import StatusTones


def summarize_claim(found: KubernetesObject, links: Links) -> KindSummary:
    """What it asks for and what it got."""
    return KindSummary(
        make_summary_fields(
            (_("Requested"), text(found, "spec", "resources", "requests", "storage")),
            (_("Capacity"), text(found, "status", "capacity", "storage")),
            (_("Access modes"), ", ".join(texts(found, "spec", "accessModes"))),
            (_("Volume mode"), text(found, "spec", "volumeMode")),
        )
    )


def summarize_volume(found: KubernetesObject, links: Links) -> KindSummary:
    """Capacity, and what happens when its claim goes."""
    return KindSummary(
        make_summary_fields(
            (_("Capacity"), text(found, "spec", "capacity", "storage")),
            (_("Access modes"), ", ".join(texts(found, "spec", "accessModes"))),
            (_("Reclaim policy"), text(found, "spec", "persistentVolumeReclaimPolicy")),
            (_("CSI driver"), text(found, "spec", "csi", "driver")),
        )
    )


def summarize_storage_class(found: KubernetesObject, links: Links) -> KindSummary:
    """Who provisions, and when."""
    return KindSummary(
        make_summary_fields(
            (_("Provisioner"), text(found, "provisioner")),
            (_("Reclaim policy"), text(found, "reclaimPolicy")),
            (_("Volume binding mode"), text(found, "volumeBindingMode")),
            (_("Allow volume expansion"), text(found, "allowVolumeExpansion")),
        )
    )


def find_claim_references(found: KubernetesObject) -> Iterator[Reference]:
    """Its volume, its class and what it was filled from."""
    if name := text(found, "spec", "volumeName"):
        yield Reference(_("PersistentVolume"), "", "PersistentVolume", name)
    yield from _find_storage_class(found)
    source, home = mapping(found, "spec", "dataSource"), namespace_of(found)
    if name := text(source, "name"):
        yield Reference(_("Data source"), text(source, "apiGroup"), text(source, "kind"), name, home)


def find_volume_references(found: KubernetesObject) -> Iterator[Reference]:
    """The claim that it is bound to, and its class."""
    claim = mapping(found, "spec", "claimRef")
    if name := text(claim, "name"):
        namespace = text(claim, "namespace")
        yield Reference(_("PersistentVolumeClaim"), "", "PersistentVolumeClaim", name, namespace)
    yield from _find_storage_class(found)


def find_attachment_references(found: KubernetesObject) -> Iterator[Reference]:
    """The Node and the volume that is attached to it."""
    if name := text(found, "spec", "nodeName"):
        yield Reference(_("Node"), "", "Node", name)
    if name := text(found, "spec", "source", "persistentVolumeName"):
        yield Reference(_("PersistentVolume"), "", "PersistentVolume", name)


def _find_storage_class(found: KubernetesObject) -> Iterator[Reference]:
    if name := text(found, "spec", "storageClassName"):
        yield Reference(_("StorageClass"), "storage.k8s.io", "StorageClass", name)


KINDS = (
    Kind(
        group="",
        kind="PersistentVolumeClaim",
        plural="persistentvolumeclaims",
        label=gettext_lazy("PersistentVolumeClaims"),
        menu=MenuSlot(STORAGE, 10, goto="v"),
        summarize=summarize_claim,
        find_references=find_claim_references,
        tones=StatusTones(
            words={"bound": "ok", "lost": "warning"},
            phases={"Bound": "ok", "Lost": "error"},
            conditions={"Resizing": "neutral"},
        ),
    ),
    Kind(
        group="",
        kind="PersistentVolume",
        plural="persistentvolumes",
        label=gettext_lazy("PersistentVolumes"),
        menu=MenuSlot(STORAGE, 20),
        summarize=summarize_volume,
        find_references=find_volume_references,
        tones=StatusTones(
            words={"bound": "ok", "released": "done"}, phases={"Bound": "ok", "Released": "warning"}
        ),
    ),
    Kind(
        group="storage.k8s.io",
        kind="StorageClass",
        plural="storageclasses",
        label=gettext_lazy("StorageClasses"),
        menu=MenuSlot(STORAGE, 30),
        summarize=summarize_storage_class,
    ),
    Kind(
        group="storage.k8s.io",
        kind="VolumeAttachment",
        plural="volumeattachments",
        find_references=find_attachment_references,
    ),
)
