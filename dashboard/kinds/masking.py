"""Masking: replaces the values of an object's fields, and every copy of them, before anything is rendered."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LONGEST_ANNOTATION = 256  # characters; a longer one is hidden whatever its name
DEEPEST = 100  # levels of managedFields; an API server makes fewer than ten for a Secret
SHOWN_FIELDS = frozenset({"apiVersion", "kind", "type", "immutable"})  # of a Secret, beside its metadata
SHOWN_METADATA = frozenset(
    {
        "name",
        "generateName",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "labels",
        "ownerReferences",
        "finalizers",
        "selfLink",
    }
)
SHOWN_MANAGER_FIELDS = frozenset({"manager", "operation", "apiVersion", "time", "fieldsType", "subresource"})
# Annotations that are shown on a Secret: they name other objects, hosts or options. Under any other name tools keep
# whole copies of the object (last-applied, Rancher's objectset in gzip and base64, YAML), or hashes of its values.
SHOWN_ANNOTATIONS = frozenset(
    {
        "argocd.argoproj.io/sync-options",
        "argocd.argoproj.io/sync-wave",
        "argocd.argoproj.io/tracking-id",
        "cert-manager.io/alt-names",
        "cert-manager.io/certificate-name",
        "cert-manager.io/common-name",
        "cert-manager.io/ip-sans",
        "cert-manager.io/issuer-group",
        "cert-manager.io/issuer-kind",
        "cert-manager.io/issuer-name",
        "cert-manager.io/uri-sans",
        "helm.sh/hook",
        "helm.sh/hook-delete-policy",
        "helm.sh/hook-weight",
        "helm.sh/resource-policy",
        "kubernetes.io/service-account.name",
        "kubernetes.io/service-account.uid",
        "meta.helm.sh/release-name",
        "meta.helm.sh/release-namespace",
        "replicator.v1.mittwald.de/replicated-at",
        "replicator.v1.mittwald.de/replicated-from-version",
        "sealedsecrets.bitnami.com/cluster-wide",
        "sealedsecrets.bitnami.com/managed",
        "sealedsecrets.bitnami.com/namespace-wide",
    }
)


@dataclass(frozen=True)
class Hidden:
    """Stands where a value was; `size` is the value's length in bytes. Nothing of the value is in it."""

    size: int

    def __str__(self) -> str:
        size = ngettext("%(size)d byte", "%(size)d bytes", self.size) % {"size": self.size}
        return _("‹hidden: %(size)s›") % {"size": size}


def mask_values(found: Mapping[str, Any], fields: Collection[str]) -> Mapping[str, Any]:
    """A copy with `Hidden` for each value of the top-level `fields`; without fields the object itself.

    Shown are SHOWN_FIELDS, the names in the fields, SHOWN_METADATA with labels (Kubernetes selects by them, 63
    characters each), SHOWN_ANNOTATIONS, and of managedFields who set which fields; all else is hidden.
    """
    if not fields:
        return found
    masked = {field: value if field in SHOWN_FIELDS else _hide(value) for field, value in found.items()}
    for field in fields:
        if field in masked:
            masked[field] = _values(found[field])
    if "metadata" in found:
        masked["metadata"] = _metadata(found["metadata"])
    return masked


def value_of(found: Mapping[str, Any], key: str) -> bytes | None:
    """One decoded value of a Secret; None where it has no such key. What is no base64 comes as it is."""
    values = found.get("data")
    value = values.get(key) if isinstance(values, Mapping) else None
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value.encode()


def _values(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return Hidden(_size(values))
    return {key: Hidden(_size(value)) for key, value in values.items()}


def _size(value: Any) -> int:
    """The length in bytes, as decoded where it is base64; numbers and such by their JSON."""
    if not isinstance(value, str):
        return len(_json(value))
    try:
        return len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return len(value.encode("utf-8", "replace"))


def _json(value: Any) -> str:
    """For its length; "{" alone where it is nested beyond what can be written."""
    try:
        return json.dumps(value)
    except RecursionError:
        return "{"


def _hide(value: Any) -> Hidden:
    return Hidden(len((value if isinstance(value, str) else _json(value)).encode("utf-8", "replace")))


def _metadata(metadata: Any) -> Any:
    if not isinstance(metadata, Mapping):
        return _hide(metadata)
    masked = {key: value if key in SHOWN_METADATA else _hide(value) for key, value in metadata.items()}
    if isinstance(annotations := metadata.get("annotations"), Mapping):
        masked["annotations"] = {key: _annotation(key, value) for key, value in annotations.items()}
    if isinstance(entries := metadata.get("managedFields"), list):
        masked["managedFields"] = [_manager(entry) for entry in entries]
    return masked


def _annotation(key: str, value: Any) -> Any:
    is_shown = key in SHOWN_ANNOTATIONS and isinstance(value, str) and len(value) <= LONGEST_ANNOTATION
    return value if is_shown and value.lstrip()[:1] not in ("{", "[") else _hide(value)


def _manager(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return _hide(entry)
    masked = {key: value if key in SHOWN_MANAGER_FIELDS else _hide(value) for key, value in entry.items()}
    if "fieldsV1" in entry:
        masked["fieldsV1"] = _mask_managed_fields(entry["fieldsV1"])
    return masked


def _mask_managed_fields(node: Any, depth: int = 0) -> Any:
    """The names of fields stay (`f:`, and `.` for the field itself); `v:` and `k:` hold values, as any leaf would."""
    if depth > DEEPEST or not isinstance(node, Mapping):
        return Hidden(0)
    return {_field(key): _mask_managed_fields(value, depth + 1) for key, value in node.items()}


def _field(key: str) -> str:
    return key if key == "." or key[:2] == "f:" else f"{key[:2]}{Hidden(max(0, len(key) - 2))}"
