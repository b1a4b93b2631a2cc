"""Validation of pod specs, in Pods and in templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from simulator.quantities import parse_quantity
from simulator.reading.labels import key_complaints
from simulator.requests.statuses import Cause
from simulator.writing.names import DNS_LABEL, LABEL_RULE, bad_value, label_causes, required_value

PORT_RULE = "must be between 1 and 65535, inclusive"
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_LARGEST = 2147483647


def pod_spec_causes(spec: dict[str, Any], path: str) -> Iterator[Cause]:
    """In the API server's order: volumes, containers, the rest."""
    names: set[str] = set()
    for number, volume in enumerate(spec.get("volumes") or ()):
        yield from _volume_causes(volume, f"{path}.volumes[{number}]", names)
    containers = spec.get("containers") or []
    if not containers:
        yield required_value(f"{path}.containers")
    seen: set[str] = set()
    for kind in ("containers", "initContainers"):
        for number, one in enumerate(spec.get(kind) or ()):
            yield from _container_causes(one, f"{path}.{kind}[{number}]", names, seen)
    yield from _choice(spec, "restartPolicy", ("Always", "OnFailure", "Never"), path)
    dns = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
    yield from _choice(spec, "dnsPolicy", dns, path)
    for key in spec.get("nodeSelector") or {}:
        for complaint in key_complaints(key):
            yield bad_value(f"{path}.nodeSelector", f'"{key}"', complaint)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _LARGEST:
        yield bad_value(
            f"{path}.activeDeadlineSeconds", str(deadline), f"must be between 1 and {_LARGEST}, inclusive"
        )
    if spec.get("hostname") and not DNS_LABEL.fullmatch(spec["hostname"]):
        yield bad_value(f"{path}.hostname", f'"{spec["hostname"]}"', LABEL_RULE)


def template_causes(template: dict[str, Any], path: str) -> Iterator[Cause]:
    yield from label_causes((template.get("metadata") or {}).get("labels"), f"{path}.labels")
    yield from pod_spec_causes(template.get("spec") or {}, f"{path}.spec")


def port_causes(value: Any, path: str) -> Iterator[Cause]:
    if isinstance(value, int) and not 1 <= value <= 65535:
        yield bad_value(path, str(value), PORT_RULE)


def _volume_causes(volume: dict[str, Any], path: str, names: set[str]) -> Iterator[Cause]:
    name = volume.get("name", "")
    sources = [key for key in volume if key != "name"]
    for extra in sorted(sources)[1:]:
        yield Cause(
            "FieldValueForbidden", "Forbidden: may not specify more than 1 volume type", f"{path}.{extra}"
        )
    if not name:
        yield required_value(f"{path}.name")
    elif not DNS_LABEL.fullmatch(name):
        yield bad_value(f"{path}.name", f'"{name}"', LABEL_RULE)
    elif name in names:
        yield Cause("FieldValueDuplicate", f'Duplicate value: "{name}"', f"{path}.name")
    names.add(name)


def _container_causes(one: dict[str, Any], path: str, volumes: set[str], seen: set[str]) -> Iterator[Cause]:
    name, image = one.get("name", ""), one.get("image", "")
    yield from _name_causes(name, f"{path}.name")
    if not image:
        yield required_value(f"{path}.image")
    elif image != image.strip():
        yield bad_value(f"{path}.image", f'"{image}"', "must not have leading or trailing whitespace")
    for number, port in enumerate(one.get("ports") or ()):
        yield from _port_causes(port, f"{path}.ports[{number}]")
    for number, variable in enumerate(one.get("env") or ()):
        if not variable.get("name"):
            yield required_value(f"{path}.env[{number}].name")
    yield from _mount_causes(one, path, volumes)
    yield from _choice(one, "imagePullPolicy", ("Always", "IfNotPresent", "Never"), path)
    yield from _resource_causes(one.get("resources") or {}, f"{path}.resources")
    for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
        if one.get(kind) is not None and not any(one[kind].get(handler) is not None for handler in HANDLERS):
            yield required_value(f"{path}.{kind}", "must specify a handler type")
    if name in seen:
        yield Cause("FieldValueDuplicate", f'Duplicate value: "{name}"', f"{path}.name")
    seen.add(name)


def _name_causes(name: str, path: str) -> Iterator[Cause]:
    if not name:
        yield required_value(path)
    elif not DNS_LABEL.fullmatch(name):
        yield bad_value(path, f'"{name}"', LABEL_RULE)


def _port_causes(port: dict[str, Any], path: str) -> Iterator[Cause]:
    if not port.get("containerPort"):
        yield required_value(f"{path}.containerPort")
    yield from port_causes(port.get("containerPort") or 1, f"{path}.containerPort")
    yield from _choice(port, "protocol", ("SCTP", "TCP", "UDP"), path)


def _mount_causes(one: dict[str, Any], path: str, volumes: set[str]) -> Iterator[Cause]:
    paths: set[str] = set()
    for number, mount in enumerate(one.get("volumeMounts") or ()):
        where = f"{path}.volumeMounts[{number}]"
        if mount.get("name") not in volumes:
            yield Cause("FieldValueNotFound", f'Not found: "{mount.get("name", "")}"', f"{where}.name")
        at = mount.get("mountPath", "")
        if not at:
            yield required_value(f"{where}.mountPath")
        elif at in paths:
            yield bad_value(f"{where}.mountPath", f'"{at}"', "must be unique")
        paths.add(at)


def _resource_causes(resources: dict[str, Any], path: str) -> Iterator[Cause]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name in sorted(requests):
        limit = limits.get(name)
        if parse_quantity(requests[name]) < 0:
            yield bad_value(
                f"{path}.requests[{name}]", f'"{requests[name]}"', "must be greater than or equal to 0"
            )
        elif limit is not None and parse_quantity(requests[name]) > parse_quantity(limit):
            why = f"must be less than or equal to {name} limit of {limit}"
            yield bad_value(f"{path}.requests", f'"{requests[name]}"', why)


def _choice(holder: dict[str, Any], name: str, choices: tuple[str, ...], path: str) -> Iterator[Cause]:
    value = holder.get(name)
    if value and value not in choices:
        known = ", ".join(f'"{one}"' for one in choices)
        message = f'Unsupported value: "{value}": supported values: {known}'
        yield Cause("FieldValueNotSupported", message, f"{path}.{name}")


def percent_or_number_causes(value: Any, path: str) -> Iterator[Cause]:
    """Of maxSurge and the like."""
    if isinstance(value, int) and value < 0:
        yield bad_value(path, str(value), "must be greater than or equal to 0")
    elif isinstance(value, str) and not re.fullmatch(r"[0-9]+%", value):
        why = (
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex "
            "used for validation is '[0-9]+%')"
        )
        yield bad_value(path, f'"{value}"', why)
