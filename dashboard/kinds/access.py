"""Summaries of roles and role bindings: rules and subjects as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds.fields import mapping, mappings, text, texts
from dashboard.kinds.kind import Cell, KindSummary, SummaryField, make_summary_fields, table

KubernetesObject = Mapping[str, Any]


def summarize_role(found: KubernetesObject, links: Links) -> KindSummary:
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
    return KindSummary(
        make_summary_fields((_("Rules"), len(rows)), (_("Aggregated"), aggregated)),
        table("rules", _("Rules"), columns, rows),
    )


def summarize_binding(found: KubernetesObject, links: Links) -> KindSummary:
    """The role, and who gets it."""
    home, target = text(found, "metadata", "namespace"), mapping(found, "roleRef")
    kind, name = text(target, "kind"), text(target, "name")
    rows = []
    for one in mappings(found, "subjects"):
        group, namespace = text(one, "apiGroup"), text(one, "namespace")
        url = links.object(group, text(one, "kind"), text(one, "name"), namespace)
        rows.append([Cell(text(one, "kind")), Cell(text(one, "name"), url=url), Cell(namespace)])
    url = links.object(text(target, "apiGroup"), kind, name, home)
    return KindSummary(
        [SummaryField(_("Role"), f"{kind} {name}", url=url)],
        table("subjects", _("Subjects"), [_("Kind"), _("Name"), _("Namespace")], rows),
    )
