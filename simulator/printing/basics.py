"""Table printers of nodes, namespaces, events, leases, ConfigMaps and Secrets."""

from __future__ import annotations

import datetime
from typing import Any

from simulator.printing.ages import UNKNOWN, age
from simulator.printing.parts import NONE, age_of, name, spec, status
from simulator.schemas.resources import Object

ROLE, OLD_ROLE = "node-role.kubernetes.io/", "kubernetes.io/role"


def node(thing: Object, now: datetime.datetime) -> list[Any]:
    about = status(thing).get("nodeInfo") or {}
    kernel = about.get("kernelVersion") or UNKNOWN
    if about.get("architecture"):
        kernel += f" ({about['architecture']})"
    return [
        name(thing),
        _node_status(thing),
        ",".join(_roles(thing["metadata"].get("labels") or {})) or NONE,
        age_of(thing, now),
        about.get("kubeletVersion", ""),
        _address(thing, "InternalIP"),
        _address(thing, "ExternalIP"),
        about.get("osImage") or UNKNOWN,
        kernel,
        about.get("containerRuntimeVersion") or UNKNOWN,
    ]


def namespace(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), status(thing).get("phase", ""), age_of(thing, now)]


def event(thing: Object, now: datetime.datetime) -> list[Any]:
    """Of a core Event, as those of both groups lie in the store."""
    about, source = thing.get("involvedObject") or {}, thing.get("source") or {}
    first = age(thing.get("firstTimestamp") or thing.get("eventTime"), now)
    last = age(thing["lastTimestamp"], now) if thing.get("lastTimestamp") else first
    count, series = thing.get("count") or 1, thing.get("series")
    if series is not None:
        last, count = age(series.get("lastObservedTime"), now), series.get("count", 0)
    component = source.get("component") or thing.get("reportingComponent") or ""
    instance = source.get("host") or thing.get("reportingInstance") or ""
    kind = about.get("kind", "").lower()
    return [
        last,
        thing.get("type", ""),
        thing.get("reason", ""),
        f"{kind}/{about['name']}" if about.get("name") else kind,
        about.get("fieldPath", ""),
        f"{component}, {instance}" if instance else component,
        thing.get("message", "").strip(),
        first,
        count,
        name(thing),
    ]


def lease(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), spec(thing).get("holderIdentity", ""), age_of(thing, now)]


def config_map(thing: Object, now: datetime.datetime) -> list[Any]:
    count = len(thing.get("data") or {}) + len(thing.get("binaryData") or {})
    return [name(thing), count, age_of(thing, now)]


def secret(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), thing.get("type", ""), len(thing.get("data") or {}), age_of(thing, now)]


def runtime_class(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), thing.get("handler", ""), age_of(thing, now)]


def component_status(thing: Object, _now: datetime.datetime) -> list[Any]:
    for one in thing.get("conditions") or ():
        if one.get("type") == "Healthy":
            text = "Healthy" if one.get("status") == "True" else "Unhealthy"
            return [name(thing), text, one.get("message", ""), one.get("error", "")]
    return [name(thing), "Unknown", "", ""]


def _node_status(thing: Object) -> str:
    ready = [one for one in status(thing).get("conditions") or () if one.get("type") == "Ready"]
    text = "Unknown" if not ready else "Ready" if ready[-1].get("status") == "True" else "NotReady"
    return f"{text},SchedulingDisabled" if spec(thing).get("unschedulable") else text


def _roles(labels: dict[str, str]) -> list[str]:
    """node-role.kubernetes.io/<role>, and the value of kubernetes.io/role."""
    named = {key.removeprefix(ROLE) for key in labels if key.startswith(ROLE)}
    return sorted(one for one in named | {labels.get(OLD_ROLE, "")} if one)


def _address(thing: Object, kind: str) -> str:
    addresses = status(thing).get("addresses") or ()
    return next((one.get("address", "") for one in addresses if one.get("type") == kind), NONE)
