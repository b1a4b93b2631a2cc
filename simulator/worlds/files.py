"""World file reader: YAML with included parts, validated into a Plan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from simulator.schemas.archive import LATEST
from simulator.worlds.checking import Fields, WorldError, check
from simulator.worlds.fields import PART, WORLD

PARTS = Path(__file__).parent / "parts"
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhd])")

__all__ = ["PersonPlan", "Plan", "WorldError", "parse_seconds", "parse_span", "read_world"]


@dataclass(frozen=True)
class PersonPlan:
    name: str
    groups: tuple[str, ...]
    about: str


@dataclass(frozen=True)
class Plan:
    """One file with its parts, checked. The lists and mappings are as simulator/worlds/fields.py says."""

    file: str
    version: str
    region: str
    domain: str
    registry: str
    people: tuple[PersonPlan, ...]
    namespaces: dict[str, dict[str, Any]]
    nodes: list[dict[str, Any]]
    apps: list[dict[str, Any]]
    custom_resources: list[dict[str, Any]]
    objects: list[dict[str, Any]]
    downtimes: list[dict[str, Any]]


def read_world(path: Path) -> Plan:
    """Raises WorldError."""
    if not path.exists():
        known = ", ".join(sorted(one.stem for one in path.parent.glob("*.yaml")))
        raise WorldError(f"There is no world {path.stem}. There are {known}.")
    world = _read_yaml(path, WORLD)
    parts = [_part(name, path) for name in world.get("include") or ()]
    everything = [*parts, world]

    def listed(key: str) -> list[dict[str, Any]]:
        return [one for part in everything for one in part.get(key) or ()]

    namespaces: dict[str, dict[str, Any]] = {}
    for part in everything:
        for name, value in (part.get("namespaces") or {}).items():
            namespaces[name] = namespaces.get(name, {}) | (value or {})
    plan = Plan(
        path.name,
        world.get("version", LATEST),
        world.get("region", "eu-central-1"),
        world.get("domain", "example.com"),
        world.get("registry", "registry.example"),
        tuple(PersonPlan(name, tuple(one["groups"]), one["about"]) for name, one in world["people"].items()),
        namespaces,
        *(listed(key) for key in ("nodes", "apps", "custom_resources", "objects", "downtimes")),
    )
    _check_together(plan)
    return plan


def parse_seconds(text: str, path: str) -> float:
    """Of 90s, 20m, 3h, 12d, 1h30m."""
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise WorldError(f"{path}: {text!r} is no duration. Write it like 90s, 20m, 3h, 12d or 1h30m.")
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def parse_span(value: Any, path: str) -> tuple[float, float]:
    """Of a duration, or of [least, most]."""
    if isinstance(value, list):
        if len(value) != 2:
            raise WorldError(f"{path}: has {len(value)} parts. Write a duration, or [least, most].")
        least, most = (parse_seconds(str(one), path) for one in value)
        return least, most
    length = parse_seconds(value, path)
    return length, length


def _part(name: str, path: Path) -> dict[str, Any]:
    found = PARTS / f"{name}.yaml"
    if not found.exists():
        known = ", ".join(sorted(one.stem for one in PARTS.glob("*.yaml")))
        raise WorldError(f"{path.name}: include: there is no part {name!r}. There are {known}.")
    return _read_yaml(found, PART)


def _read_yaml(path: Path, fields: Fields) -> dict[str, Any]:
    try:
        value = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise WorldError(f"{path.name}: is no YAML: {' '.join(str(error).split())}. Fix that line.") from None
    check(value, fields, path.name)
    found: dict[str, Any] = value
    return found


def _check_together(plan: Plan) -> None:
    """What one part says of another."""
    pools = {one["pool"] for one in plan.nodes}
    for app in plan.apps:
        app_path = f"{plan.file}: apps ({app['name']})"
        if app["namespace"] not in plan.namespaces:
            known = ", ".join(sorted(plan.namespaces))
            raise WorldError(
                f"{app_path}: there is no namespace {app['namespace']!r}. Add it to namespaces, or use one of {known}."
            )
        if app.get("pool") and app["pool"] not in pools:
            raise WorldError(
                f"{app_path}: there is no pool {app['pool']!r}. There are {', '.join(sorted(pools))}."
            )
        if app.get("kind") == "CronJob" and not app.get("schedule"):
            raise WorldError(f"{app_path}: a CronJob lacks its schedule. Add one, like '*/10 * * * *'.")
    for number, thing in enumerate(plan.objects):
        lacking = [key for key in ("apiVersion", "kind", "metadata") if key not in thing]
        if lacking or "name" not in thing["metadata"]:
            missing = lacking[0] if lacking else "metadata.name"
            raise WorldError(
                f"{plan.file}: objects[{number}]: lacks {missing!r}. Write the object as kubectl reads it."
            )
    for one in plan.downtimes:
        if one["pool"] not in pools:
            raise WorldError(f"{plan.file}: downtimes: there is no pool {one['pool']!r}.")
