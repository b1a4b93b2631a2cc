"""How does a cluster full of life come into being? `build(name)` of a YAML file, settled and ready to be served."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.keeping.accounts import furnish
from simulator.keeping.controllers.behaviours import Behaviours
from simulator.lives.lives import Lives
from simulator.worlds.apps import around, copies
from simulator.worlds.builder import Builder, dated
from simulator.worlds.checking import WorldError
from simulator.worlds.customs import settle_customs
from simulator.worlds.files import Plan, read_world
from simulator.worlds.grounds import grounds
from simulator.worlds.living import rules, script, sources
from simulator.worlds.rows import add_nodes, add_rows
from simulator.worlds.settled import settle
from simulator.worlds.told import tell

FOLDER = Path(__file__).parent
DAY = 86_400.0
MADE = (
    ("discovery.k8s.io", "endpointslices"),
    ("", "endpoints"),
    ("", "configmaps"),
    ("", "serviceaccounts"),
)


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
    builder = Builder(cluster, plan.file, cluster.clock.seconds())
    apps = [one for app in plan.apps for one in copies(app)]
    _fill(builder, plan, apps, rows)
    lives = Lives(
        cluster,
        behaviours=Behaviours(rules(plan, apps)),
        script=script(plan, apps),
        sources=sources(plan, apps),
    )
    lives.settle()
    _age(builder)
    tell(builder, lives.controllers.plane.recorder)
    people = {
        one.name: Person(one.name, one.groups, cluster.add_person(one.name, one.groups), one.about)
        for one in plan.people
    }
    return World(name, cluster, people, lives)


def _fill(builder: Builder, plan: Plan, apps: list[dict[str, Any]], rows: int) -> None:
    cluster = builder.cluster
    try:
        cluster.load(grounds(plan, cluster.archive, builder.now, cluster.random))
    except ValueError as error:
        text = f"{plan.file}: objects: {error} Mend it, or put the definition of a custom kind before it."
        raise WorldError(text) from None
    nodes = add_nodes(builder, plan, rows)
    for namespace in plan.namespaces:
        furnish(cluster, namespace)
    for app in apps:
        for thing in around(plan, app):
            builder.put(thing, builder.now - builder.between(20 * DAY, 190 * DAY))
    for app in apps:
        settle(builder, plan, app)
    settle_customs(builder, plan)
    missing = rows - len(builder.pods)
    if missing > 0:
        add_rows(builder, plan, missing, nodes)
    builder.load_pods()


def _age(builder: Builder) -> None:
    """What controllers have made just now has been there for long."""
    store = builder.cluster.store
    for storage in MADE:
        store.load(storage, [dated(one, builder.now - 20 * DAY, 1) for one in store.items(storage)])
    store.compact()
