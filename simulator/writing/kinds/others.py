"""Validation of kinds with one or two rules: budgets, autoscalers, ingresses, events, nodes, priorities."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.reading.labels import SUBDOMAIN
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource
from simulator.writing.names import SUBDOMAIN_RULE, bad_value, required_value
from simulator.writing.options import WriteOptions

LARGEST_PRIORITY = 1_000_000_000
NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def budget_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and most is not None:
        shown = {"MinAvailable": least, "Selector": spec.get("selector"), "MaxUnavailable": most}
        shown["UnhealthyPodEvictionPolicy"] = spec.get("unhealthyPodEvictionPolicy")
        why = "minAvailable and maxUnavailable cannot be both set"
        yield bad_value("spec", json.dumps(shown, separators=(",", ":")), why)


def autoscaler_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    target = spec.get("scaleTargetRef") or {}
    most, least = spec.get("maxReplicas", 0), spec.get("minReplicas", 1)
    if most < 1:
        yield required_value("spec.maxReplicas", "must be set and greater than 0")
    if most < least:
        yield bad_value("spec.maxReplicas", str(most), "must be greater than or equal to `minReplicas`")
    for name in ("kind", "name"):
        if not target.get(name):
            yield required_value(f"spec.scaleTargetRef.{name}")
    if "/" not in target.get("apiVersion", ""):
        shown = f'"{target.get("apiVersion", "")}"'
        yield bad_value("spec.scaleTargetRef.apiVersion", shown, "apiVersion must specify API group")


def ingress_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    if not spec.get("rules") and not spec.get("defaultBackend"):
        yield bad_value("spec", "null", "either `defaultBackend` or `rules` must be specified")
    for number, rule in enumerate(spec.get("rules") or ()):
        host = rule.get("host", "")
        if host and not SUBDOMAIN.fullmatch(host.removeprefix("*.")):
            yield bad_value(f"spec.rules[{number}].host", f'"{host}"', SUBDOMAIN_RULE)
        for position, path in enumerate((rule.get("http") or {}).get("paths") or ()):
            if not path.get("pathType"):
                where = f"spec.rules[{number}].http.paths[{position}].pathType"
                yield required_value(where, "pathType must be specified")


def event_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    about = (thing.get("involvedObject") or thing.get("regarding") or {}).get("namespace", "")
    namespace = thing["metadata"].get("namespace", "")
    if about != namespace and (about or namespace != "default"):
        yield bad_value("involvedObject.namespace", f'"{about}"', "does not match event.namespace")


def priority_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    if thing.get("value", 0) > LARGEST_PRIORITY and not thing["metadata"].get("name", "").startswith(
        "system-"
    ):
        why = f"Forbidden: maximum allowed value of a user defined priority is {LARGEST_PRIORITY}"
        yield Cause("FieldValueForbidden", why, "value")


def lease_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    seconds = (thing.get("spec") or {}).get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        yield bad_value("spec.leaseDurationSeconds", str(seconds), "must be greater than 0")


def admit_node(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    """A new Node gets the not-ready taint."""
    if was is not None:
        return
    spec: dict[str, Any] = thing.setdefault("spec", {})
    if not any(one.get("key") == NOT_READY["key"] for one in spec.get("taints") or ()):
        spec["taints"] = [*(spec.get("taints") or ()), dict(NOT_READY)]
