"""PodDisruptionBudgets of a drain: which select a pod, how many evictions each allows, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from clusters.api.client import Client
from clusters.api.errors import ApiError, NotKubernetes
from clusters.api.paths import resource_path
from clusters.api.resource_attributes import ResourceAttributes
from clusters.drains.pods import Metadata, OwnerReference, Pod

HELM_RELEASE = "meta.helm.sh/release-name"
MANAGED_BY = "app.kubernetes.io/managed-by"
MARK = "disruption budget "  # of the API server's cause: "The disruption budget web needs 5 healthy pods and has ..."


class Requirement(msgspec.Struct):
    key: str = ""
    relation: str = msgspec.field(default="", name="operator")
    values: list[str] | None = None


class Selector(msgspec.Struct):
    matchLabels: dict[str, str] | None = None
    matchExpressions: list[Requirement] | None = None


class ManagedFields(msgspec.Struct):
    manager: str = ""
    subresource: str = ""


class BudgetMetadata(Metadata):
    managedFields: list[ManagedFields] | None = None


class BudgetSpec(msgspec.Struct):
    selector: Selector | None = None
    unhealthyPodEvictionPolicy: str = ""


class BudgetStatus(msgspec.Struct):
    disruptionsAllowed: int = 0
    currentHealthy: int = 0
    desiredHealthy: int = 0
    expectedPods: int = 0


class Budget(msgspec.Struct):
    """A PodDisruptionBudget. Names are as the API reference spells them."""

    metadata: BudgetMetadata
    spec: BudgetSpec = msgspec.field(default_factory=BudgetSpec)
    status: BudgetStatus = msgspec.field(default_factory=BudgetStatus)


class _BudgetList(msgspec.Struct):
    items: list[Budget] | None = None


_DECODER = msgspec.json.Decoder(_BudgetList)


@dataclass(frozen=True)
class NamespaceBudgets:
    """The budgets of one namespace; `error` says why they are not known."""

    budgets: tuple[Budget, ...] = ()
    error: str = ""


def list_budgets(client: Client, namespace: str) -> NamespaceBudgets:
    """Those of a namespace. Whoever cannot list them drains without knowing them."""
    path = resource_path(ResourceAttributes("list", "policy", "v1", "poddisruptionbudgets", "", namespace))
    try:
        body = client.request("GET", path).body
        return NamespaceBudgets(tuple(_DECODER.decode(body).items or ()))
    except ApiError as error:
        return NamespaceBudgets(error=str(error))
    except (msgspec.DecodeError, RecursionError):
        return NamespaceBudgets(error=str(NotKubernetes("The list of PodDisruptionBudgets is not readable.")))


def select_budgets(budgets: Iterable[Budget], pod: Pod) -> list[Budget]:
    """Those that select the pod; the API server answers 500 to an eviction where there are several."""
    labels = pod.metadata.labels or {}
    return [one for one in budgets if one.spec.selector is not None and _matches(one.spec.selector, labels)]


def may_block(budget: Budget, pod: Pod) -> bool:
    """Whether it allows no eviction of the pod now, as far as its status says."""
    if budget.status.disruptionsAllowed > 0 or pod.is_finished or pod.metadata.deletionTimestamp is not None:
        return False
    return pod.is_ready or budget.spec.unhealthyPodEvictionPolicy != "AlwaysAllow"


def describe_owner(budget: Budget) -> str:
    """Who made it, as far as it says itself: its controller, its Helm release, or its field manager."""
    owners: Sequence[OwnerReference] = budget.metadata.ownerReferences or ()
    for one in sorted(owners, key=lambda owner: not owner.controller):
        return f"{one.kind} {one.name}"
    annotations, labels = budget.metadata.annotations or {}, budget.metadata.labels or {}
    if HELM_RELEASE in annotations:
        return f"Helm release {annotations[HELM_RELEASE]}"
    if MANAGED_BY in labels:
        return labels[MANAGED_BY]
    managers = [
        one.manager for one in budget.metadata.managedFields or () if one.manager and not one.subresource
    ]
    return managers[-1] if managers else ""


def read_budget_name(message: str) -> str:
    """The budget that the API server's cause names; empty where it names none."""
    rest = message.partition(MARK)[2]
    return rest.partition(" ")[0]


def summarize_budget(budget: Budget) -> Mapping[str, Any]:
    """What a page shows of it."""
    status = budget.status
    return {
        "namespace": budget.metadata.namespace,
        "name": budget.metadata.name,
        "allowed": status.disruptionsAllowed,
        "healthy": status.currentHealthy,
        "desired": status.desiredHealthy,
        "expected": status.expectedPods,
        "owner": describe_owner(budget),
    }


def _matches(selector: Selector, labels: Mapping[str, str]) -> bool:
    """By the rules of a LabelSelector; an empty one selects everything, and an unknown operator nothing."""
    if any(labels.get(key) != value for key, value in (selector.matchLabels or {}).items()):
        return False
    return all(_meets(one, labels) for one in selector.matchExpressions or ())


def _meets(one: Requirement, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(one.key), one.values or []
    return {
        "In": value is not None and value in values,
        "NotIn": value is None or value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }.get(one.relation, False)
