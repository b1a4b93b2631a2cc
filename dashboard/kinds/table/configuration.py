"""ConfigMaps, ResourceQuotas and LimitRanges: keys with their sizes, and usage."""

from __future__ import annotations

from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.links import Links
from dashboard.kinds.actions import CONFIG_KEYS
from dashboard.kinds.fields import KubernetesObject, mapping, text
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import CONFIGURATION, MenuSlot
from dashboard.kinds.summary import Cell, KindSummary, immutable_pair, make_summary_fields, table


def summarize_config_map(found: KubernetesObject, links: Links) -> KindSummary:
    """Each key with its size; the values stand below."""
    plain, binary = mapping(found, "data"), mapping(found, "binaryData")
    rows = [[Cell(key), Cell(_("Text")), Cell(_size(value))] for key, value in sorted(plain.items())]
    rows += [
        [Cell(key), Cell(_("Binary")), Cell(_binary_size(value))] for key, value in sorted(binary.items())
    ]
    return KindSummary(
        make_summary_fields((_("Keys"), len(plain) + len(binary)), *immutable_pair(found)),
        table("keys", _("Keys"), [_("Key"), _("Type"), _("Size")], rows),
    )


def summarize_resource_quota(found: KubernetesObject, links: Links) -> KindSummary:
    """What is used of what may be."""
    hard, used = (
        mapping(found, "status", "hard") or mapping(found, "spec", "hard"),
        mapping(found, "status", "used"),
    )
    rows = [[Cell(name), Cell(text(used, name)), Cell(text(hard, name))] for name in sorted(hard)]
    return KindSummary((), table("quota", _("Quota"), [_("Resource"), _("Used"), _("Hard limit")], rows))


def _size(value: Any) -> str:
    return filesizeformat(len(str(value).encode("utf-8", "replace")))


def _binary_size(value: Any) -> str:
    """Of base64, as `kubectl describe` counts: the bytes that it stands for."""
    packed = "".join(str(value).split())
    return filesizeformat(len(packed) * 3 // 4 - packed[-2:].count("="))


KINDS = (
    Kind(
        group="",
        kind="ConfigMap",
        plural="configmaps",
        label=gettext_lazy("ConfigMaps"),
        menu=MenuSlot(CONFIGURATION, 10, goto="m"),
        summarize=summarize_config_map,
        actions=(CONFIG_KEYS,),
    ),
    Kind(
        group="",
        kind="ResourceQuota",
        plural="resourcequotas",
        label=gettext_lazy("ResourceQuotas"),
        menu=MenuSlot(CONFIGURATION, 30),
        summarize=summarize_resource_quota,
    ),
    Kind(
        group="",
        kind="LimitRange",
        plural="limitranges",
        label=gettext_lazy("LimitRanges"),
        menu=MenuSlot(CONFIGURATION, 40),
    ),
)
