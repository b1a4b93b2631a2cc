"""What do volumes and claims show beyond any object? Capacity, modes and class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.resources.fields import text, texts
from dashboard.resources.kinds.special import Special, facts
from dashboard.resources.links import Links


def claim(found: Mapping[str, Any], links: Links) -> Special:
    """What it asks for and what it got."""
    return Special(
        facts(
            (_("Requested"), text(found, "spec", "resources", "requests", "storage")),
            (_("Capacity"), text(found, "status", "capacity", "storage")),
            (_("Access modes"), ", ".join(texts(found, "spec", "accessModes"))),
            (_("Volume mode"), text(found, "spec", "volumeMode")),
        )
    )


def volume(found: Mapping[str, Any], links: Links) -> Special:
    """Capacity, and what happens when its claim goes."""
    return Special(
        facts(
            (_("Capacity"), text(found, "spec", "capacity", "storage")),
            (_("Access modes"), ", ".join(texts(found, "spec", "accessModes"))),
            (_("Reclaim policy"), text(found, "spec", "persistentVolumeReclaimPolicy")),
            (_("CSI driver"), text(found, "spec", "csi", "driver")),
        )
    )


def storage_class(found: Mapping[str, Any], links: Links) -> Special:
    """Who provisions, and when."""
    return Special(
        facts(
            (_("Provisioner"), text(found, "provisioner")),
            (_("Reclaim policy"), text(found, "reclaimPolicy")),
            (_("Volume binding mode"), text(found, "volumeBindingMode")),
            (_("Allow volume expansion"), text(found, "allowVolumeExpansion")),
        )
    )
