"""Shared services of controllers: index, Event recorder, writes as a manager, delayed requeue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.cluster import Cluster
from simulator.controllers.behaviors import Behaviors
from simulator.controllers.index import Index
from simulator.controllers.recorder import Recorder
from simulator.requests.statuses import StatusError
from simulator.schemas.resources import Resource
from simulator.store import Event, Object, Storage
from simulator.writing import registry
from simulator.writing.deletion import DeleteOptions, delete
from simulator.writing.options import WriteOptions

MANAGER = "kube-controller-manager"
Key = tuple[str, str]  # of a controller, and of an object (namespace/name) that it syncs


@dataclass(frozen=True)
class Pace:
    """How long a node takes, in seconds of the cluster's clock: (least, most)."""

    accept: tuple[float, float] = (0.2, 0.8)  # from the binding until the kubelet says ContainerCreating
    pull: tuple[float, float] = (1.0, 6.0)  # an image that the node has not
    start: tuple[float, float] = (0.3, 1.5)  # a container
    probe: tuple[float, float] = (0.5, 3.0)  # from the start until the readiness probe's first success
    stop: tuple[float, float] = (0.5, 3.0)  # a container that gets SIGTERM
    work: tuple[float, float] = (4.0, 15.0)  # what a Job's container does


@dataclass
class Plane:
    """One cluster's control plane."""

    cluster: Cluster
    pace: Pace = field(default_factory=Pace)
    behaviors: Behaviors = field(default_factory=Behaviors)
    enqueue: Callable[[Key], None] = lambda key: None  # puts a key into the queue
    memory: dict[str, Any] = field(default_factory=dict)  # a controller's own, by its name

    def __post_init__(self) -> None:
        self.index = Index(self.cluster.store)
        self.recorder = Recorder(self.cluster)
        self._alarms: dict[Key, Any] = {}

    # --- time

    @property
    def now(self) -> float:
        return self.cluster.clock.seconds()

    def stamp(self) -> str:
        return self.cluster.clock.stamp()

    def random_between(self, minimum: float, maximum: float) -> float:
        """Chance, by the cluster's seed."""
        return self.cluster.random.uniform(minimum, maximum)

    def requeue_after(self, key: Key, seconds: float) -> None:
        """Sync it again after so many seconds, or sooner where that was scheduled before."""
        timestamp = self.now + max(seconds, 0.0)
        there = self._alarms.get(key)
        if there is not None and not there.is_cancelled and there.due_at <= timestamp:
            return
        if there is not None:
            there.cancel()
        self._alarms[key] = self.cluster.clock.call_at(timestamp, lambda: self._enqueue_due(key))

    def _enqueue_due(self, key: Key) -> None:
        self._alarms.pop(key, None)
        self.enqueue(key)

    def cancel_requeues(self) -> None:
        """Cancels all delayed requeues."""
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()

    # --- reading and writing

    def get(self, storage: Storage, namespace: str, name: str) -> Object | None:
        return self.cluster.store.get(storage, namespace, name)

    def resource(self, storage: Storage) -> Resource:
        found = self.cluster.catalog.find_any_version(*storage)
        if found is None:
            raise LookupError(f"No kind is stored as {storage}.")
        return found

    def create(self, storage: Storage, namespace: str, thing: Object, manager: str = MANAGER) -> Object:
        """Raises StatusError."""
        return registry.create(
            self.cluster, self.resource(storage), namespace, thing, WriteOptions(manager=manager)
        )

    def update(
        self,
        storage: Storage,
        thing: Object,
        change: Callable[[Object], Object],
        manager: str = MANAGER,
        part: str = "",
    ) -> Object:
        """`change` is given a copy of what is stored now; raises StatusError."""
        metadata = thing["metadata"]
        options = WriteOptions(manager=manager, subresource=part)
        return registry.update(
            self.cluster,
            self.resource(storage),
            metadata.get("namespace", ""),
            metadata["name"],
            change,
            options,
        )

    def set_status(
        self, storage: Storage, thing: Object, status: dict[str, Any], manager: str = MANAGER
    ) -> Object:
        """Where it is another than it was; fields that are None go."""
        status = {key: value for key, value in status.items() if value is not None}
        if status == (thing.get("status") or {}):
            return thing
        try:
            return self.update(storage, thing, lambda old: old | {"status": status}, manager, "status")
        except StatusError as one:
            if one.code == 404:
                return thing
            raise

    def delete(self, storage: Storage, thing: Object, options: DeleteOptions | None = None) -> None:
        metadata = thing["metadata"]
        try:
            delete(
                self.cluster,
                self.resource(storage),
                metadata.get("namespace", ""),
                metadata["name"],
                options or DeleteOptions(policy="Background"),
            )
        except StatusError as one:
            if one.code != 404:
                raise

    def record_event(self, thing: Object, reason: str, message: str, component: str, **more: Any) -> None:
        self.recorder.record(thing, reason, message, component=component, **more)


EventMapper = Callable[[Plane, Event], Iterable[str]]
Sync = Callable[[Plane, str, str], None]


@dataclass(frozen=True)
class Controller:
    """`watches` maps an event of a storage to the objects (namespace/name) to reconcile; `sync` reconciles one (plane,
    namespace, name). It may raise StatusError: then it is retried with backoff."""

    name: str
    watches: dict[Storage, EventMapper]
    sync: Sync


def map_to_itself(plane: Plane, event: Event) -> Iterable[str]:
    """The object that was changed."""
    return (event.key,)


def map_to_owner(kind: str) -> EventMapper:
    """The controller of what was changed, where it is of that kind."""

    def map_event(plane: Plane, event: Event) -> Iterable[str]:
        for owner in event.object["metadata"].get("ownerReferences") or ():
            if owner.get("controller") and owner["kind"] == kind:
                return (f"{event.object['metadata'].get('namespace', '')}/{owner['name']}",)
        return ()

    return map_event
