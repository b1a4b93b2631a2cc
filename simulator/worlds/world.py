"""How does a cluster full of life come into being? `build(name)` of a YAML file, settled and ready to be served."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.lives.lives import Lives
from simulator.worlds.files import read_world

FOLDER = Path(__file__).parent


@dataclass(frozen=True, repr=False)
class Person:
    """Somebody of a world. `about` is a sentence for who may choose to be them."""

    name: str
    groups: tuple[str, ...]
    token: str
    about: str


@dataclass(frozen=True)
class World:
    """A cluster, its people by name, and its life, which a Server starts and stops."""

    name: str
    cluster: Cluster
    people: dict[str, Person]
    lives: Lives


def names() -> list[str]:
    """Of the worlds that come with it."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def build(
    name: str,
    *,
    seed: int | None = None,
    speed: float = 1.0,
    rows: int = 0,
    start: datetime.datetime | None = None,
    folder: Path = FOLDER,
) -> World:
    """Settled: what it holds is hours and days old. Raises WorldError, which says what to do.

    `seed` makes names repeatable (tokens never are), `speed` is in seconds of the cluster in a real one (0: frozen),
    `start` what its clock shows at first (None: the real time); with `rows` there are as many pods at least.
    """
    plan = read_world(folder / f"{name}.yaml")
    cluster = Cluster(name, version=plan.version, clock=Clock(speed=speed, start=start), seed=seed)
    cluster.load(plan.objects)
    people = {
        one.name: Person(one.name, one.groups, cluster.add_person(one.name, one.groups), one.about)
        for one in plan.people
    }
    return World(name, cluster, people, Lives(cluster))
