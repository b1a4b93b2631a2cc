"""Summaries of CustomResourceDefinitions, HorizontalPodAutoscalers and PodDisruptionBudgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds.fields import mappings, number, text, texts
from dashboard.kinds.kind import Cell, KindSummary, SummaryField, make_summary_fields, table

KubernetesObject = Mapping[str, Any]


def summarize_definition(found: KubernetesObject, links: Links) -> KindSummary:
    """Its names and versions."""
    columns = [_("Version"), _("Served"), _("Stored"), _("Deprecated")]
    rows = [
        [Cell(text(one, "name")), *(Cell(text(one, field)) for field in ("served", "storage", "deprecated"))]
        for one in mappings(found, "spec", "versions")
    ]
    return KindSummary(
        make_summary_fields(
            (_("Group"), text(found, "spec", "group")),
            (_("Kind"), text(found, "spec", "names", "kind")),
            (_("Scope"), text(found, "spec", "scope")),
            (_("Short names"), ", ".join(texts(found, "spec", "names", "shortNames"))),
        ),
        table("versions", _("Versions"), columns, rows),
    )


def summarize_autoscaler(found: KubernetesObject, links: Links) -> KindSummary:
    """Bounds, and where it stands between them."""
    current, desired = number(found, "status", "currentReplicas"), number(found, "status", "desiredReplicas")
    target = (
        f"{text(found, 'spec', 'scaleTargetRef', 'kind')} {text(found, 'spec', 'scaleTargetRef', 'name')}"
    )
    fields = make_summary_fields(
        (_("Scale target"), target),
        (_("Min replicas"), number(found, "spec", "minReplicas")),
        (_("Max replicas"), number(found, "spec", "maxReplicas")),
        (_("Current replicas"), current),
    )
    return KindSummary(
        [
            *fields,
            *([SummaryField(_("Desired replicas"), str(desired))] if desired not in (None, current) else []),
        ]
    )


def summarize_disruption_budget(found: KubernetesObject, links: Links) -> KindSummary:
    """What a PodDisruptionBudget allows now."""
    allowed = number(found, "status", "disruptionsAllowed")
    fields = make_summary_fields(
        (_("Min available"), text(found, "spec", "minAvailable")),
        (_("Max unavailable"), text(found, "spec", "maxUnavailable")),
        (_("Current healthy"), number(found, "status", "currentHealthy")),
        (_("Desired healthy"), number(found, "status", "desiredHealthy")),
    )
    if allowed is None:
        return KindSummary(fields)
    return KindSummary(
        [*fields, SummaryField(_("Allowed disruptions"), str(allowed), "ok" if allowed else "warning")]
    )
