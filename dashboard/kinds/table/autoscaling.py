"""HorizontalPodAutoscalers and PodDisruptionBudgets: bounds, and where a workload stands between them."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.links import Links
from dashboard.kinds.fields import KubernetesObject, group_of, mapping, namespace_of, number, text
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import WORKLOADS, MenuSlot
from dashboard.kinds.references import Reference, pick_pods_by_selector
from dashboard.kinds.summary import KindSummary, SummaryField, make_summary_fields
from dashboard.kinds.tones import StatusTones


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


def find_scale_target(found: KubernetesObject) -> Iterator[Reference]:
    """What an autoscaler scales."""
    target = mapping(found, "spec", "scaleTargetRef")
    group, kind = group_of(text(target, "apiVersion")), text(target, "kind")
    yield Reference(_("Scale target"), group, kind, text(target, "name"), namespace_of(found))


KINDS = (
    Kind(
        group="autoscaling",
        kind="HorizontalPodAutoscaler",
        plural="horizontalpodautoscalers",
        label=gettext_lazy("HorizontalPodAutoscalers"),
        menu=MenuSlot(WORKLOADS, 80),
        summarize=summarize_autoscaler,
        find_references=find_scale_target,
        tones=StatusTones(
            conditions={"AbleToScale": "good", "ScalingActive": "good", "ScalingLimited": "bad"}
        ),
    ),
    Kind(
        group="policy",
        kind="PodDisruptionBudget",
        plural="poddisruptionbudgets",
        label=gettext_lazy("PodDisruptionBudgets"),
        menu=MenuSlot(WORKLOADS, 90),
        summarize=summarize_disruption_budget,
        find_picks=pick_pods_by_selector,
    ),
)
