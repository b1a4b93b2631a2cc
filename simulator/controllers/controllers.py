"""Controller runner: one work queue of keys for all controllers, worked off in time slices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from simulator.cluster import Cluster
from simulator.controllers import (
    autoscalers,
    budgets,
    cronjobs,
    daemonsets,
    deployments,
    endpoints,
    jobs,
    kubelet,
    nodes,
    quotas,
    replicasets,
    scheduler,
    statefulsets,
    volumes,
)
from simulator.controllers.behaviors import HEALTHY, Behaviors
from simulator.controllers.containers import containers_of
from simulator.controllers.index import PODS
from simulator.controllers.plane import Controller, Key, Pace, Plane
from simulator.controllers.pods import is_bound, is_going, is_over, is_ready
from simulator.controllers.recorder import SWEEP_SECONDS
from simulator.controllers.starts import workload_of
from simulator.requests.statuses import StatusError
from simulator.store import Event, Object, Storage

# In this order where several wait for the same change.
CONTROLLERS: tuple[Controller, ...] = (
    nodes.CONTROLLER,
    deployments.CONTROLLER,
    replicasets.CONTROLLER,
    statefulsets.CONTROLLER,
    daemonsets.CONTROLLER,
    jobs.CONTROLLER,
    cronjobs.CONTROLLER,
    volumes.CONTROLLER,
    scheduler.CONTROLLER,
    kubelet.CONTROLLER,
    endpoints.CONTROLLER,
    budgets.CONTROLLER,
    autoscalers.CONTROLLER,
    quotas.CONTROLLER,
)
POD_CONTROLLERS = (
    scheduler.NAME,
    kubelet.NAME,
)  # of the pods that are there, these look at those in motion alone
SLICE_SECONDS = 0.01  # real ones, that are worked before requests have their turn
FIRST_RETRY, LAST_RETRY = 0.5, 300.0  # seconds of the cluster, after an error


class Controllers:
    """The controllers of one cluster. They sync all objects once, then those that change."""

    def __init__(
        self, cluster: Cluster, *, pace: Pace | None = None, behaviors: Behaviors | None = None
    ) -> None:
        self.plane = Plane(cluster, pace or Pace(), behaviors or Behaviors(), self._enqueue)
        self._syncs = {one.name: one.sync for one in CONTROLLERS}
        self._watchers: dict[Storage, list[Controller]] = {}
        for one in CONTROLLERS:
            for storage in one.watches:
                self._watchers.setdefault(storage, []).append(one)
        self._queue: dict[Key, None] = {}  # each key once, in the order of coming: bounded by what there is
        self._retry_delays: dict[Key, float] = {}  # the last delay
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_scheduled = False
        self._stop_listening = cluster.store.listen(self._receive)
        self._enqueue_all()
        self._sweep()

    def start(self) -> None:
        """From now on in turns of the running loop."""
        self._loop = asyncio.get_running_loop()
        self._schedule()

    def stop(self) -> None:
        """They receive no events and do nothing more."""
        self._loop = None
        self._stop_listening()
        self._queue.clear()
        self.plane.cancel_requeues()
        self._sweeping.cancel()

    def is_quiet(self) -> bool:
        """Nothing is to be done at this moment of the clock."""
        return not self._queue

    def work(self, seconds: float | None = None) -> None:
        """Off the queue, for so many real seconds at most."""
        end = None if seconds is None else time.monotonic() + seconds
        while self._queue and (end is None or time.monotonic() < end):
            key = next(iter(self._queue))
            del self._queue[key]
            self._sync(key)

    def _sync(self, key: Key) -> None:
        controller, _, (namespace, _, name) = key[0], None, key[1].partition("/")
        try:
            self._syncs[controller](self.plane, namespace, name)
            self._retry_delays.pop(key, None)
        except StatusError as one:
            if one.code == 404:
                return  # its namespace is gone
            delay = min(self._retry_delays.get(key, FIRST_RETRY / 2) * 2, LAST_RETRY)
            self._retry_delays[key] = delay
            self.plane.requeue_after(key, delay)

    def _receive(self, event: Event) -> None:
        self.plane.index.update(event)
        for one in self._watchers.get(event.storage, ()):
            for key in one.watches[event.storage](self.plane, event):
                self._queue.setdefault((one.name, key))
        if self._queue:
            self._schedule()

    def _enqueue(self, key: Key) -> None:
        self._queue.setdefault(key)
        self._schedule()

    def _schedule(self) -> None:
        if self._loop is not None and not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._run_scheduled)

    def _run_scheduled(self) -> None:
        self._is_scheduled = False
        if self._loop is None:
            return
        try:
            self.work(SLICE_SECONDS)
        finally:
            if self._queue:
                self._schedule()

    def _enqueue_all(self) -> None:
        """What was there before anybody listened."""
        store = self.plane.cluster.store
        for one in CONTROLLERS:
            own = next(iter(one.watches))
            if one.name not in POD_CONTROLLERS:
                for thing in store.items(own):
                    metadata = thing["metadata"]
                    self._queue.setdefault((one.name, f"{metadata.get('namespace', '')}/{metadata['name']}"))
        for pod in store.items(PODS):
            for name in self._changing_pod_controllers(pod):
                self._queue.setdefault((name, f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"))

    def _changing_pod_controllers(self, pod: Object) -> Iterable[str]:
        if not is_bound(pod):
            return (scheduler.NAME,)
        if is_going(pod) or (not is_over(pod) and (not is_ready(pod) or self._will_change(pod))):
            return (kubelet.NAME,)
        return ()

    def _will_change(self, pod: Object) -> bool:
        """By a rule of the world, or because it is a Job's: one that runs and is well would stay so."""
        owners = pod["metadata"].get("ownerReferences") or ()
        if any(one["kind"] == "Job" for one in owners):
            return True
        behaviors = self.plane.behaviors
        if not behaviors.rules:
            return False
        workload, namespace = workload_of(self.plane, pod), pod["metadata"]["namespace"]
        return any(behaviors.resolve(namespace, workload, one) is not HEALTHY for one in containers_of(pod))

    def _sweep(self) -> None:
        self.plane.recorder.sweep()
        self._sweeping = self.plane.cluster.clock.call_after(SWEEP_SECONDS, self._sweep)
