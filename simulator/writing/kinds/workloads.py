"""Validation of Deployments, ReplicaSets, StatefulSets and DaemonSets: selector, template, counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.reading.labels import matches, parse_selector
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object
from simulator.writing.kinds.pod_specs import percent_or_number_causes, template_causes
from simulator.writing.names import bad_value, required_value

STATEFUL_CHANGES = (
    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are "
    "forbidden"
)
_STATEFUL_CHANGEABLE = {
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
}  # fmt: skip


def deployment_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    yield from count_causes(spec, ("replicas",))
    yield from template_and_selector(spec)
    yield from _strategy_causes(spec.get("strategy") or {}, "spec.strategy")
    yield from count_causes(spec, ("minReadySeconds", "revisionHistoryLimit"))
    yield from _selector_causes(spec, was)


def replica_set_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    yield from count_causes(spec, ("replicas", "minReadySeconds"))
    yield from template_and_selector(spec)
    yield from _selector_causes(spec, was)


def daemon_set_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    yield from _selector_causes(spec, was)
    yield from template_and_selector(spec)
    yield from count_causes(spec, ("minReadySeconds", "revisionHistoryLimit"))


def stateful_set_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    yield from count_causes(spec, ("replicas", "minReadySeconds"))
    yield from template_and_selector(_add_claim_volumes(spec))
    if was is not None:
        old, new = (
            {k: v for k, v in one.items() if k not in _STATEFUL_CHANGEABLE} for one in (was["spec"], spec)
        )
        if old != new:
            yield Cause("FieldValueForbidden", STATEFUL_CHANGES, "spec")


def _add_claim_volumes(spec: dict[str, Any]) -> dict[str, Any]:
    """Its containers may mount what the claim templates are named."""
    claims = [one.get("metadata", {}).get("name") for one in spec.get("volumeClaimTemplates") or ()]
    template = spec.get("template") or {}
    inner = template.get("spec") or {}
    volumes = [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in claims if one]
    others = [one for one in inner.get("volumes") or () if one.get("name") not in claims]
    return (
        spec | {"template": template | {"spec": inner | {"volumes": [*others, *volumes]}}}
        if volumes
        else spec
    )


def count_causes(spec: dict[str, Any], names: tuple[str, ...]) -> Iterator[Cause]:
    for name in names:
        value = spec.get(name)
        if isinstance(value, int) and value < 0:
            yield bad_value(f"spec.{name}", str(value), "must be greater than or equal to 0")


def template_and_selector(spec: dict[str, Any]) -> Iterator[Cause]:
    """The selector chooses the template's pods, and they are always restarted."""
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    selector = spec.get("selector")
    if not selector:
        yield required_value("spec.selector")
    requirements = parse_selector(selector) or []
    if not requirements and selector:
        yield bad_value("spec.selector", json.dumps(selector), "empty selector is invalid for deployment")
    if not requirements or not matches(requirements, labels):
        shown = json.dumps(labels, separators=(",", ":"), sort_keys=True)
        yield bad_value("spec.template.metadata.labels", shown, "`selector` does not match template `labels`")
    yield from template_causes(template, "spec.template")
    policy = (template.get("spec") or {}).get("restartPolicy")
    if policy in ("OnFailure", "Never"):
        message = f'Unsupported value: "{policy}": supported values: "Always"'
        yield Cause("FieldValueNotSupported", message, "spec.template.spec.restartPolicy")


def _selector_causes(spec: dict[str, Any], was: Object | None) -> Iterator[Cause]:
    if was is not None and was["spec"].get("selector") != spec.get("selector"):
        shown = json.dumps(spec.get("selector"), separators=(",", ":"), sort_keys=True)
        yield bad_value("spec.selector", shown, "field is immutable")


def _strategy_causes(strategy: dict[str, Any], path: str) -> Iterator[Cause]:
    rolling, kind = strategy.get("rollingUpdate"), strategy.get("type")
    if kind not in ("Recreate", "RollingUpdate"):
        shown = json.dumps({"Type": kind, "RollingUpdate": rolling}, separators=(",", ":"))
        known = '"Recreate", "RollingUpdate"'
        yield Cause("FieldValueNotSupported", f"Unsupported value: {shown}: supported values: {known}", path)
        return
    if strategy.get("type") == "Recreate" and rolling is not None:
        why = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        yield Cause("FieldValueForbidden", why, f"{path}.rollingUpdate")
        return
    for name in ("maxUnavailable", "maxSurge"):
        yield from percent_or_number_causes((rolling or {}).get(name), f"{path}.rollingUpdate.{name}")
    if rolling and all(rolling.get(name) in (0, "0%") for name in ("maxUnavailable", "maxSurge")):
        yield bad_value(f"{path}.rollingUpdate.maxUnavailable", "0", "may not be 0 when `maxSurge` is 0")
