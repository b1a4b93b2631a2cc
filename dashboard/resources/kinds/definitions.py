"""What do custom kinds, autoscalers and budgets show beyond any object? Versions, bounds, targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.resources.fields import mappings, number, text, texts
from dashboard.resources.kinds.special import Cell, Fact, Special, facts, table
from dashboard.resources.links import Links

Found = Mapping[str, Any]


def custom_kind(found: Found, links: Links) -> Special:
    """Its names and versions."""
    columns = [_("Version"), _("Served"), _("Stored"), _("Deprecated")]
    rows = [
        [Cell(text(one, "name")), *(Cell(text(one, field)) for field in ("served", "storage", "deprecated"))]
        for one in mappings(found, "spec", "versions")
    ]
    return Special(
        facts(
            (_("Group"), text(found, "spec", "group")),
            (_("Kind"), text(found, "spec", "names", "kind")),
            (_("Scope"), text(found, "spec", "scope")),
            (_("Short names"), ", ".join(texts(found, "spec", "names", "shortNames"))),
        ),
        table("versions", _("Versions"), columns, rows),
    )


def autoscaler(found: Found, links: Links) -> Special:
    """Bounds, and where it stands between them."""
    current, wanted = number(found, "status", "currentReplicas"), number(found, "status", "desiredReplicas")
    target = (
        f"{text(found, 'spec', 'scaleTargetRef', 'kind')} {text(found, 'spec', 'scaleTargetRef', 'name')}"
    )
    made = facts(
        (_("Scale target"), target),
        (_("Min replicas"), number(found, "spec", "minReplicas")),
        (_("Max replicas"), number(found, "spec", "maxReplicas")),
        (_("Current replicas"), current),
    )
    return Special(
        [*made, *([Fact(_("Desired replicas"), str(wanted))] if wanted not in (None, current) else [])]
    )


def budget(found: Found, links: Links) -> Special:
    """What a PodDisruptionBudget allows now."""
    allowed = number(found, "status", "disruptionsAllowed")
    made = facts(
        (_("Min available"), text(found, "spec", "minAvailable")),
        (_("Max unavailable"), text(found, "spec", "maxUnavailable")),
        (_("Current healthy"), number(found, "status", "currentHealthy")),
        (_("Desired healthy"), number(found, "status", "desiredHealthy")),
    )
    if allowed is None:
        return Special(made)
    return Special([*made, Fact(_("Allowed disruptions"), str(allowed), "ok" if allowed else "warning")])
