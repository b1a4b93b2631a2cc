"""What do roles and bindings show beyond any object? Rules and subjects as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.resources.fields import mapping, mappings, text, texts
from dashboard.resources.kinds.special import Cell, Fact, Special, facts, table
from dashboard.resources.links import Links

Found = Mapping[str, Any]


def role(found: Found, links: Links) -> Special:
    """One row for each rule."""
    columns = [_("Verbs"), _("Resources"), _("API groups"), _("Names")]
    rows = [
        [
            Cell(values=texts(one, "verbs")),
            Cell(values=[*texts(one, "resources"), *texts(one, "nonResourceURLs")]),
            Cell(values=[group or _("core") for group in texts(one, "apiGroups")]),
            Cell(values=texts(one, "resourceNames")),
        ]
        for one in mappings(found, "rules")
    ]
    aggregated = _("Yes") if mapping(found, "aggregationRule") else ""
    return Special(
        facts((_("Rules"), len(rows)), (_("Aggregated"), aggregated)),
        table("rules", _("Rules"), columns, rows),
    )


def binding(found: Found, links: Links) -> Special:
    """The role, and who gets it."""
    home, target = text(found, "metadata", "namespace"), mapping(found, "roleRef")
    kind, name = text(target, "kind"), text(target, "name")
    rows = []
    for one in mappings(found, "subjects"):
        group, namespace = text(one, "apiGroup"), text(one, "namespace")
        url = links.object(group, text(one, "kind"), text(one, "name"), namespace)
        rows.append([Cell(text(one, "kind")), Cell(text(one, "name"), url=url), Cell(namespace)])
    url = links.object(text(target, "apiGroup"), kind, name, home)
    return Special(
        [Fact(_("Role"), f"{kind} {name}", url=url)],
        table("subjects", _("Subjects"), [_("Kind"), _("Name"), _("Namespace")], rows),
    )
