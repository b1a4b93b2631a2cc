"""What do Secrets, ConfigMaps and quotas show beyond any object? Keys with sizes, and what is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from dashboard.resources.fields import mapping, text
from dashboard.resources.kinds.special import Cell, Special, facts, table
from dashboard.resources.links import Links

Found = Mapping[str, Any]


def secret(found: Found, links: Links) -> Special:
    """Its type; its keys have a part of the page of their own, because values are shown one by one."""
    return Special(
        facts((_("Type"), text(found, "type")), (_("Keys"), len(mapping(found, "data"))), *_fixed(found))
    )


def config_map(found: Found, links: Links) -> Special:
    """Each key with its size; the values stand below."""
    plain, binary = mapping(found, "data"), mapping(found, "binaryData")
    rows = [[Cell(key), Cell(_("Text")), Cell(_size(value))] for key, value in sorted(plain.items())]
    rows += [[Cell(key), Cell(_("Binary")), Cell(_size(value))] for key, value in sorted(binary.items())]
    return Special(
        facts((_("Keys"), len(plain) + len(binary)), *_fixed(found)),
        table("keys", _("Keys"), [_("Key"), _("Type"), _("Size")], rows),
    )


def resource_quota(found: Found, links: Links) -> Special:
    """What is used of what may be."""
    hard, used = (
        mapping(found, "status", "hard") or mapping(found, "spec", "hard"),
        mapping(found, "status", "used"),
    )
    rows = [[Cell(name), Cell(text(used, name)), Cell(text(hard, name))] for name in sorted(hard)]
    return Special((), table("quota", _("Quota"), [_("Resource"), _("Used"), _("Hard limit")], rows))


def _fixed(found: Found) -> tuple[tuple[str, str], ...]:
    return ((_("Immutable"), _("Yes")),) if found.get("immutable") is True else ()


def _size(value: Any) -> str:
    return filesizeformat(len(str(value).encode("utf-8", "replace")))
