"""Summaries of Secrets, ConfigMaps and ResourceQuotas: keys with sizes, and usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds.fields import mapping, text
from dashboard.kinds.kind import Cell, KindSummary, make_summary_fields, table

KubernetesObject = Mapping[str, Any]


def summarize_secret(found: KubernetesObject, links: Links) -> KindSummary:
    """Its type; its keys have a part of the page of their own, because values are shown one by one."""
    return KindSummary(
        make_summary_fields(
            (_("Type"), text(found, "type")),
            (_("Keys"), len(mapping(found, "data"))),
            *_immutable_pair(found),
        )
    )


def summarize_config_map(found: KubernetesObject, links: Links) -> KindSummary:
    """Each key with its size; the values stand below."""
    plain, binary = mapping(found, "data"), mapping(found, "binaryData")
    rows = [[Cell(key), Cell(_("Text")), Cell(_size(value))] for key, value in sorted(plain.items())]
    rows += [[Cell(key), Cell(_("Binary")), Cell(_size(value))] for key, value in sorted(binary.items())]
    return KindSummary(
        make_summary_fields((_("Keys"), len(plain) + len(binary)), *_immutable_pair(found)),
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


def _immutable_pair(found: KubernetesObject) -> tuple[tuple[str, str], ...]:
    return ((_("Immutable"), _("Yes")),) if found.get("immutable") is True else ()


def _size(value: Any) -> str:
    return filesizeformat(len(str(value).encode("utf-8", "replace")))
