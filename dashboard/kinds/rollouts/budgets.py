"""Disruption budgets that allow no eviction of given pods, as evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, mapping, mappings, name_of, number, text, texts
from dashboard.kinds.rollouts.blockers import Evidence
from dashboard.kinds.rollouts.parts import Objects


def quote_budgets(budgets: Objects, pods: Objects) -> Sequence[Evidence]:
    """Each PodDisruptionBudget that selects one of the pods and allows no disruption now."""
    return [
        Evidence(
            "PodDisruptionBudget",
            name_of(one),
            "status.disruptionsAllowed",
            _("0: %(healthy)s pods are healthy, %(needed)s must be")
            % {
                "healthy": number(one, "status", "currentHealthy") or 0,
                "needed": number(one, "status", "desiredHealthy") or 0,
            },
        )
        for one in budgets
        if not number(one, "status", "disruptionsAllowed")
        and any(selects(mapping(one, "spec", "selector"), mapping(pod, "metadata", "labels")) for pod in pods)
    ]


def selects(selector: KubernetesObject, labels: Mapping[str, object]) -> bool:
    """Whether a LabelSelector selects these labels; an empty one selects all, as in policy/v1."""
    if any(labels.get(key) != value for key, value in mapping(selector, "matchLabels").items()):
        return False
    return all(_matches(one, labels) for one in mappings(selector, "matchExpressions"))


def _matches(requirement: KubernetesObject, labels: Mapping[str, object]) -> bool:
    key, operator, values = (
        text(requirement, "key"),
        text(requirement, "operator"),
        texts(requirement, "values"),
    )
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if operator == "NotIn":
        return labels.get(key) not in values
    return operator == "In" and labels.get(key) in values
