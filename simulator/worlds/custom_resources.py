"""Custom resources of a world, with the status that their operators report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.clock import Clock
from simulator.store import Object
from simulator.worlds.builder import Builder
from simulator.worlds.files import Plan

DAY = 86_400.0


def add_custom_resources(builder: Builder, plan: Plan) -> None:
    for thing, says in _iterate_custom_resources(plan):
        since = builder.now - builder.random_between(20 * DAY, 150 * DAY)
        made = builder.put(thing, since)
        status = _STATUS[made["kind"]](made, says, builder.now) if made["kind"] in _STATUS else {}
        if status:
            builder.cluster.store.put(builder.resource(made).storage, made | {"status": status})


def _iterate_custom_resources(plan: Plan) -> Iterator[tuple[Object, dict[str, Any]]]:
    for group in plan.custom_resources:
        for key, item in group["items"].items():
            namespace, _, name = key.rpartition("/")
            if namespace and namespace not in plan.namespaces:
                continue
            metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
            spec = _fill_domain(item.get("spec") or {}, plan.domain)
            yield (
                {
                    "apiVersion": group["apiVersion"],
                    "kind": group["kind"],
                    "metadata": metadata,
                    "spec": spec,
                },
                item,
            )


def _fill_domain(value: Any, domain: str) -> Any:
    if isinstance(value, str):
        return value.replace("{domain}", domain)
    if isinstance(value, list):
        return [_fill_domain(one, domain) for one in value]
    if isinstance(value, dict):
        return {key: _fill_domain(one, domain) for key, one in value.items()}
    return value


def _certificate(thing: Object, item: dict[str, Any], now: float) -> dict[str, Any]:
    broken = item.get("broken", "")
    ready = {
        "type": "Ready",
        "status": "False" if broken else "True",
        "reason": "Failed" if broken else "Ready",
        "message": broken or "Certificate is up to date and has not expired",
        "lastTransitionTime": Clock.format_timestamp(now - 12 * DAY),
        "observedGeneration": 1,
    }
    if broken:
        return {"conditions": [ready]}
    ends = {"notBefore": -30 * DAY, "notAfter": 60 * DAY, "renewalTime": 30 * DAY}
    return {"conditions": [ready], "revision": 3} | {
        key: Clock.format_timestamp(now + days) for key, days in ends.items()
    }


def _database(thing: Object, item: dict[str, Any], now: float) -> dict[str, Any]:
    count = thing["spec"]["instances"]
    return {
        "instances": count,
        "readyInstances": count,
        "phase": "Cluster in healthy state",
        "currentPrimary": f"{thing['metadata']['name']}-0",
    }


_STATUS = {"Certificate": _certificate, "Cluster": _database}
