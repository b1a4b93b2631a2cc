"""Cluster runtime: reconcilers, controllers and clock alarms, in an event loop or stepped by hand."""

from __future__ import annotations

import asyncio

from simulator.cluster import Cluster
from simulator.controllers.behaviors import Behaviors
from simulator.controllers.controllers import Controllers
from simulator.controllers.plane import Pace
from simulator.reconcilers.runner import ReconcilerRunner
from simulator.runtime.script import Script
from simulator.runtime.sources import Sources

MAX_ALARMS = 200  # that ring in one turn of the loop; the rest follow in the next, after requests


class ClusterRuntime:
    """The runtime of one cluster: `start()` in a running loop and `stop()`, or `step(seconds)` by hand."""

    def __init__(
        self,
        cluster: Cluster,
        *,
        pace: Pace | None = None,
        behaviors: Behaviors | None = None,
        script: Script | None = None,
        sources: Sources | None = None,
    ) -> None:
        self.cluster = cluster
        self.reconcilers = ReconcilerRunner(cluster)
        self.controllers = Controllers(cluster, pace=pace, behaviors=behaviors)
        self.script = script or Script()
        self.script.start(self.controllers.plane)
        if sources is not None:
            sources.install(self.controllers.plane)
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Runs it in the running loop, as fast as the cluster's clock says."""
        if self._loop is not None:
            return
        self._loop = asyncio.get_running_loop()
        self._stop_listening = self.cluster.clock.listen(self._arm_timer)
        self.controllers.start()
        self._arm_timer()

    def stop(self) -> None:
        """Stops it; nothing of it is left in the loop."""
        if self._loop is None:
            return
        self._loop = None
        self._stop_listening()
        self.script.stop()
        self.controllers.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def settle(self) -> None:
        """Do all that is due now, by the cluster's clock."""
        self.reconcilers.settle()
        while not self.controllers.is_quiet():
            self.controllers.work()
            self.reconcilers.settle()

    def step(self, seconds: float) -> None:
        """Run through so many seconds of the cluster at once, each alarm at its own time.

        On a frozen clock the same seed and the same steps give the same names and the same events.
        """
        self.settle()
        self.cluster.clock.advance(seconds, self.settle)

    def _arm_timer(self) -> None:
        """Until the next alarm, which may be another than before."""
        if self._loop is None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        seconds = self.cluster.clock.real_seconds()
        if seconds is not None:
            self._timer = self._loop.call_later(seconds, self._fire_alarms)

    def _fire_alarms(self) -> None:
        self._timer = None
        try:
            self.cluster.clock.ring(MAX_ALARMS)
        finally:
            self._arm_timer()
