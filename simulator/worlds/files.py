"""What does a world's file say? Read and checked, with errors that name the file, the place and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simulator.schemas.archive import LATEST


class WorldError(Exception):
    """What is wrong with a world's file: where, and what to do."""


@dataclass(frozen=True)
class PersonPlan:
    name: str
    groups: tuple[str, ...]
    about: str


@dataclass(frozen=True)
class Plan:
    """One file, as it was read."""

    version: str
    people: tuple[PersonPlan, ...]
    objects: list[dict[str, Any]] = field(default_factory=list)


def read_world(path: Path) -> Plan:
    """Raises WorldError."""
    try:
        value = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        known = ", ".join(sorted(one.stem for one in path.parent.glob("*.yaml")))
        raise WorldError(f"There is no world {path.stem}. There are {known}.") from None
    people = tuple(
        PersonPlan(name, tuple(one.get("groups") or ()), one.get("about", ""))
        for name, one in value["people"].items()
    )
    return Plan(value.get("version", LATEST), people, value.get("objects") or [])
