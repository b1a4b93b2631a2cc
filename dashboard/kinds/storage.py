"""Summaries of PersistentVolumes, claims and StorageClasses: capacity, modes and policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds.fields import text, texts
from dashboard.kinds.kind import KindSummary, make_summary_fields


def summarize_claim(found: Mapping[str, Any], links: Links) -> KindSummary:
    """What it asks for and what it got."""
    return KindSummary(
        make_summary_fields(
            (_("Requested"), text(found, "spec", "resources", "requests", "storage")),
            (_("Capacity"), text(found, "status", "capacity", "storage")),
            (_("Access modes"), ", ".join(texts(found, "spec", "accessModes"))),
            (_("Volume mode"), text(found, "spec", "volumeMode")),
        )
    )


def summarize_volume(found: Mapping[str, Any], links: Links) -> KindSummary:
    """Capacity, and what happens when its claim goes."""
    return KindSummary(
        make_summary_fields(
            (_("Capacity"), text(found, "spec", "capacity", "storage")),
            (_("Access modes"), ", ".join(texts(found, "spec", "accessModes"))),
            (_("Reclaim policy"), text(found, "spec", "persistentVolumeReclaimPolicy")),
            (_("CSI driver"), text(found, "spec", "csi", "driver")),
        )
    )


def summarize_storage_class(found: Mapping[str, Any], links: Links) -> KindSummary:
    """Who provisions, and when."""
    return KindSummary(
        make_summary_fields(
            (_("Provisioner"), text(found, "provisioner")),
            (_("Reclaim policy"), text(found, "reclaimPolicy")),
            (_("Volume binding mode"), text(found, "volumeBindingMode")),
            (_("Allow volume expansion"), text(found, "allowVolumeExpansion")),
        )
    )
