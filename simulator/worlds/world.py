"""World: builds a cluster from a YAML file, settled and ready to be served."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.controllers.behaviors import Behaviors
from simulator.reconcilers.accounts import create_namespace_defaults
from simulator.runtime.cluster_runtime import ClusterRuntime
from simulator.worlds.activity import build_rules, build_script, build_sources
from simulator.worlds.apps import build_companions, expand_copies
from simulator.worlds.base_objects import build_base_objects
from simulator.worlds.builder import Builder, backdate
from simulator.worlds.bulk_pods import add_nodes, add_rows
from simulator.worlds.checking import WorldError
from simulator.worlds.custom_resources import add_custom_resources
from simulator.worlds.files import Plan, read_world
from simulator.worlds.past_events import record_past_events
from simulator.worlds.workload_history import settle_workload

FOLDER = Path(__file__).parent
DAY = 86_400.0
GENERATED_STORAGES = (
    ("discovery.k8s.io", "endpointslices"),
    ("", "endpoints"),
    ("", "configmaps"),
    ("", "serviceaccounts"),
)


@dataclass(frozen=True, repr=False)
class Person:
    """A user of a world. `about` is a sentence shown to whoever chooses a user."""

    name: str
    groups: tuple[str, ...]
    token: str
    about: str


@dataclass(frozen=True)
class World:
    """A cluster, its people by name, and its runtime, which a Server starts and stops."""

    name: str
    cluster: Cluster
    people: dict[str, Person]
    runtime: ClusterRuntime


def list_names() -> list[str]:
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
    apps = [one for app in plan.apps for one in expand_copies(app)]
    _fill(builder, plan, apps, rows)
    cluster_runtime = ClusterRuntime(
        cluster,
        behaviors=Behaviors(build_rules(plan, apps)),
        script=build_script(plan, apps),
        sources=build_sources(plan, apps),
    )
    cluster_runtime.settle()
    _backdate_generated(builder)
    record_past_events(builder, cluster_runtime.controllers.plane.recorder)
    people = {
        one.name: Person(one.name, one.groups, cluster.add_person(one.name, one.groups), one.about)
        for one in plan.people
    }
    return World(name, cluster, people, cluster_runtime)


def _fill(builder: Builder, plan: Plan, apps: list[dict[str, Any]], rows: int) -> None:
    cluster = builder.cluster
    try:
        cluster.load(build_base_objects(plan, cluster.archive, builder.now, cluster.random))
    except ValueError as error:
        text = f"{plan.file}: objects: {error} Fix it, or put the definition of a custom kind before it."
        raise WorldError(text) from None
    nodes = add_nodes(builder, plan, rows)
    for namespace in plan.namespaces:
        create_namespace_defaults(cluster, namespace)
    for app in apps:
        for thing in build_companions(plan, app):
            builder.put(thing, builder.now - builder.random_between(20 * DAY, 190 * DAY))
    for app in apps:
        settle_workload(builder, plan, app)
    add_custom_resources(builder, plan)
    missing = rows - len(builder.pods)
    if missing > 0:
        add_rows(builder, plan, missing, nodes)
    builder.load_pods()


def _backdate_generated(builder: Builder) -> None:
    """What controllers have made just now has been there for long."""
    store = builder.cluster.store
    for storage in GENERATED_STORAGES:
        store.load(storage, [backdate(one, builder.now - 20 * DAY, 1) for one in store.items(storage)])
    store.compact()
