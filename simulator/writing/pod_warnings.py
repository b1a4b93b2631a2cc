"""Warnings of pods and pod templates (pkg/api/pod/warnings.go of Kubernetes)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from simulator.quantities import parse_quantity
from simulator.schemas.resources import Object

_OLD_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
}
_OLD_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": (
        'non-functional in v1.16+; use the "priorityClassName" field instead'
    ),
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
_OLD_VOLUMES = {
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}


def pod_warnings(pod: Object, path: str) -> Iterator[str]:
    """`path` is where the pod's metadata and spec are: "" or `spec.template`."""
    at = f"{path}." if path else ""
    spec, annotations = pod.get("spec") or {}, (pod.get("metadata") or {}).get("annotations") or {}
    for key in spec.get("nodeSelector") or {}:
        if key in _OLD_LABELS:
            yield f"{at}spec.nodeSelector[{key}]: {_OLD_LABELS[key]}"
    yield from _spread(spec, f"{at}spec.topologySpreadConstraints")
    for key, why in _OLD_ANNOTATIONS.items():
        if key in annotations:
            yield f"{at}metadata.annotations[{key}]: {why}"
    yield from _volumes(spec, f"{at}spec.volumes")
    yield from _duplicate_warnings(spec, "hostAliases", "ip", f"{at}spec")
    yield from _duplicate_warnings(spec, "imagePullSecrets", "name", f"{at}spec")
    yield from _nameless(spec, f"{at}spec.imagePullSecrets")
    yield from _container_warnings(spec, f"{at}spec")
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        why = "must be >= 0; negative values are invalid and will be treated as 1"
        yield f"{at}spec.terminationGracePeriodSeconds: {why}"


def fraction(resources: Object, kind: str, name: str, path: str) -> Iterator[str]:
    """Half a byte (`kind` is requests or limits)."""
    value = (resources.get(kind) or {}).get(name)
    if value is not None and parse_quantity(value) % 1:
        yield f"{path}.{kind}[{name}]: fractional byte value {json.dumps(value)} is invalid, must be an integer"


def _spread(spec: Object, path: str) -> Iterator[str]:
    for number, one in enumerate(spec.get("topologySpreadConstraints") or ()):
        key = one.get("topologyKey", "")
        if key in _OLD_LABELS:
            yield f"{path}[{number}].topologyKey: {key} is {_OLD_LABELS[key]}"
        if one.get("labelSelector") is None:
            yield f"{path}[{number}].labelSelector: a null labelSelector results in matching no pod"


def _volumes(spec: Object, path: str) -> Iterator[str]:
    for number, volume in enumerate(spec.get("volumes") or ()):
        for kind, why in _OLD_VOLUMES.items():
            if volume.get(kind) is not None:
                yield f"{path}[{number}].{kind}: {why}"


def _nameless(spec: Object, path: str) -> Iterator[str]:
    for number, one in enumerate(spec.get("imagePullSecrets") or ()):
        if not one.get("name"):
            yield f'{path}[{number}].name: invalid empty name ""'


def _duplicate_warnings(spec: Object, field: str, key: str, path: str) -> Iterator[str]:
    seen = set()
    for number, one in enumerate(spec.get(field) or ()):
        value = one.get(key, "")
        if value in seen:
            yield f"{path}.{field}[{number}].{key}: duplicate {key} {json.dumps(value)}"
        seen.add(value)


def _container_warnings(spec: Object, path: str) -> Iterator[str]:
    """Init containers come first."""
    found = [
        (one, f"{path}.{field}[{number}]")
        for field in ("initContainers", "containers", "ephemeralContainers")
        for number, one in enumerate(spec.get(field) or ())
    ]
    for one, where in found:
        resources = one.get("resources") or {}
        for name in ("memory", "ephemeral-storage"):
            for kind in ("limits", "requests"):
                yield from fraction(resources, kind, name, f"{where}.resources")
        yield from _variables(one.get("env") or (), f"{where}.env")
    ports = [
        (port, f"{where}.ports[{number}]")
        for one, where in found
        for number, port in enumerate(one.get("ports") or ())
    ]
    yield from _same_ports(ports)
    yield from _same_names(ports)


def _variables(variables: Any, path: str) -> Iterator[str]:
    seen = set()
    for number, one in enumerate(variables):
        name, value = one["name"], one.get("value", "")
        reference = f"$({name})"
        is_bad = one.get("valueFrom") is not None or value == reference or reference not in value
        if name in seen and is_bad:
            why = f"hides previous definition of {json.dumps(name)}, which may be dropped when using apply"
            yield f"{path}[{number}]: {why}"
        seen.add(name)


def _same_ports(ports: list[tuple[Object, str]]) -> Iterator[str]:
    """The same number and protocol twice."""
    seen: dict[tuple[Any, Any], list[tuple[Object, str]]] = {}
    for port, where in ports:
        others = seen.setdefault((port.get("containerPort"), port.get("protocol")), [])
        for other, there in others:
            how = _clash(port, other)
            if how:
                yield f"{where}: {how} port definition with {there}"
        others.append((port, where))


def _clash(one: Object, other: Object) -> str:
    addresses = one.get("hostIP", ""), other.get("hostIP", "")
    numbers = one.get("hostPort", 0), other.get("hostPort", 0)
    if addresses[0] == addresses[1] and numbers[0] == numbers[1]:
        return "duplicate"
    if not all(numbers):
        return "overlapping"
    is_half_said = bool(addresses[0]) != bool(addresses[1])
    return "dangerously ambiguous" if numbers[0] == numbers[1] and is_half_said else ""


def _same_names(ports: list[tuple[Object, str]]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for port, where in ports:
        name = port.get("name")
        if name in seen:
            first = seen[name]
            why = f"services and probes that select ports by name will use {first}"
            yield f"{where}: duplicate port name {json.dumps(name)} with {first}, {why}"
        elif name:
            seen[name] = where
