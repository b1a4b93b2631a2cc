"""Version conversion of stored objects: Events of both groups, HorizontalPodAutoscalers v1 and v2.

Objects lie in the version that they were written in; events of both groups lie as core Events, HPAs as
autoscaling/v2.
"""

from __future__ import annotations

from typing import Any

from simulator.schemas.resources import EVENTS, Object, Resource

# events.k8s.io -> core: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
_EVENT_FIELDS = {
    "note": "message",
    "regarding": "involvedObject",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
_EVENT_BACK = {new: old for old, new in _EVENT_FIELDS.items()}
HPA = ("autoscaling", "horizontalpodautoscalers")


def to_served_version(thing: Object, resource: Resource) -> Object:
    """A copy of the outermost dictionary, with kind and apiVersion first."""
    body = {key: value for key, value in thing.items() if key not in ("kind", "apiVersion")}
    if (resource.group, resource.plural) == EVENTS:
        body = {_EVENT_BACK.get(key, key): value for key, value in body.items()}
    elif (resource.group, resource.plural) == HPA and resource.version == "v1":
        body = _hpa_v1(body)
    if resource.definition is not None:
        return {"apiVersion": resource.api_version, "kind": resource.kind} | body
    return {"kind": resource.kind, "apiVersion": resource.api_version} | body


def to_stored_version(thing: Object, resource: Resource) -> Object:
    """As it is stored: of a written object whose kind and apiVersion are right."""
    if (resource.group, resource.plural) == EVENTS:
        body = {_EVENT_FIELDS.get(key, key): value for key, value in thing.items()}
        return body | {"apiVersion": "v1"}
    if (resource.group, resource.plural) == HPA and resource.version == "v1":
        return _hpa_v2(thing) | {"apiVersion": "autoscaling/v2"}
    return thing


def _hpa_v1(body: Object) -> Object:
    spec = dict(body.get("spec") or {})
    status = dict(body.get("status") or {})
    for metric in spec.pop("metrics", ()):
        if (target := _cpu(metric)) is not None:
            spec["targetCPUUtilizationPercentage"] = target.get("averageUtilization")
    spec.pop("behavior", None)
    for metric in status.pop("currentMetrics", None) or ():
        current = (metric.get("resource") or {}).get("current") or {}
        if "averageUtilization" in current:
            status["currentCPUUtilizationPercentage"] = current["averageUtilization"]
    status.pop("conditions", None)
    return body | {"spec": spec, "status": status}


def _hpa_v2(thing: Object) -> Object:
    spec = dict(thing.get("spec") or {})
    percentage = spec.pop("targetCPUUtilizationPercentage", None)
    if percentage is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    status = dict(thing.get("status") or {})
    status.pop("currentCPUUtilizationPercentage", None)
    return thing | {"spec": spec, "status": status}


def _cpu(metric: Any) -> dict[str, Any] | None:
    resource = metric.get("resource") or {}
    return resource.get("target") if resource.get("name") == "cpu" else None
