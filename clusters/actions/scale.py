"""Scale: the replicas of anything with the scale subresource, and the HorizontalPodAutoscalers that set them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.actions.change import ActionObject, Change
from clusters.api.errors import ApiError
from clusters.gateway.connect import ClusterSession

MAX_AUTOSCALERS = 500  # in one namespace
SECONDS = 5.0


@dataclass(frozen=True)
class Autoscaler:
    """A HorizontalPodAutoscaler that scales the object; None is what it does not say."""

    name: str
    minimum: int | None
    maximum: int | None


def scale(thing: ActionObject, replicas: int) -> Change:
    """As `kubectl scale`: a merge patch of the subresource."""
    return thing.patch_subresource("scale", {"spec": {"replicas": replicas}})


def find_autoscalers(cluster_session: ClusterSession, thing: ActionObject) -> Sequence[Autoscaler] | None:
    """Those that scale the object; None where they cannot be listed."""
    resource = cluster_session.catalog().kind("autoscaling", "HorizontalPodAutoscaler")
    if resource is None:
        return []
    check = resource.attributes("list", thing.namespace)
    if cluster_session.review_access([check])[check].state == "denied":
        return None
    try:
        found = cluster_session.client.get(
            resource.list_path(thing.namespace), query=(("limit", str(MAX_AUTOSCALERS)),), timeout=SECONDS
        )
    except ApiError:
        return None
    items = found.get("items") if isinstance(found, Mapping) else None
    return [_read(one) for one in items or () if isinstance(one, Mapping) and _scales(one, thing)]


def _scales(autoscaler: Mapping[str, Any], thing: ActionObject) -> bool:
    spec = autoscaler.get("spec")
    target = spec.get("scaleTargetRef") if isinstance(spec, Mapping) else None
    if not isinstance(target, Mapping):
        return False
    group = str(target.get("apiVersion") or "").rpartition("/")[0]
    is_same_kind = (group, target.get("kind")) == (thing.resource.group, thing.resource.kind)
    return is_same_kind and target.get("name") == thing.name


def _read(autoscaler: Mapping[str, Any]) -> Autoscaler:
    spec = autoscaler["spec"]
    minimum, maximum = spec.get("minReplicas"), spec.get("maxReplicas")
    return Autoscaler(
        str(autoscaler.get("metadata", {}).get("name") or ""),
        minimum if isinstance(minimum, int) else None,
        maximum if isinstance(maximum, int) else None,
    )
