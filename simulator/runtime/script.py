"""Scripted events of a world: recurring rollouts and node downtime by the cluster's clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Alarm
from simulator.controllers.nodes import restart_kubelet, stop_kubelet
from simulator.controllers.plane import Plane
from simulator.controllers.pods import is_going
from simulator.controllers.progress import is_complete
from simulator.requests.statuses import StatusError
from simulator.store import Object

DEPLOYMENTS, NODES = ("apps", "deployments"), ("", "nodes")
DEPLOYER = "argocd-controller"
VERSION, CAUSE = "app.kubernetes.io/version", "kubernetes.io/change-cause"
Span = tuple[float, float]  # seconds of the cluster's clock, (least, most)


@dataclass(frozen=True)
class Rollout:
    """A Deployment gets a new image tag: `tag` with the number that follows the one it has (`1.{n}.0`)."""

    namespace: str
    name: str
    tag: str
    every: Span


@dataclass(frozen=True)
class NodeDowntime:
    """A node's kubelet stops for a while and restarts."""

    node: str
    every: Span
    duration: Span


@dataclass
class Script:
    """The script of one world. `start()` sets its alarms, `stop()` cancels them."""

    rollouts: Sequence[Rollout] = ()
    downtimes: Sequence[NodeDowntime] = ()
    _alarms: dict[int, Alarm] = field(default_factory=dict)

    def start(self, plane: Plane) -> None:
        for number, rollout in enumerate(self.rollouts):
            self._set_alarm(plane, number, rollout.every, self._schedule_rollout(plane, number, rollout))
        for number, downtime in enumerate(self.downtimes, len(self.rollouts)):
            self._set_alarm(plane, number, downtime.every, self._schedule_downtime(plane, number, downtime))

    def stop(self) -> None:
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()

    def _set_alarm(self, plane: Plane, number: int, span: Span, call: Callable[[], None]) -> None:
        self._alarms[number] = plane.cluster.clock.call_after(plane.random_between(*span), call)

    def _schedule_rollout(self, plane: Plane, number: int, rollout: Rollout) -> Callable[[], None]:
        def call() -> None:
            self._set_alarm(plane, number, rollout.every, call)
            roll(plane, rollout)

        return call

    def _schedule_downtime(self, plane: Plane, number: int, downtime: NodeDowntime) -> Callable[[], None]:
        def call() -> None:
            if plane.get(NODES, "", downtime.node) is not None:
                stop_kubelet(plane, downtime.node)
            self._set_alarm(plane, number, downtime.duration, back)

        def back() -> None:
            restart_kubelet(plane, downtime.node)
            self._set_alarm(plane, number, downtime.every, call)

        return call


def roll(plane: Plane, rollout: Rollout) -> None:
    """Sets the next tag, unless the Deployment is paused, scaled to zero or still in progress."""
    own = plane.get(DEPLOYMENTS, rollout.namespace, rollout.name)
    if own is None or is_going(own) or own["spec"].get("paused") or not is_complete(own):
        return
    image = own["spec"]["template"]["spec"]["containers"][0]["image"]
    tag = next_tag(image.rpartition(":")[2], rollout.tag)

    def rolled(old: Object) -> Object:
        template = old["spec"]["template"]
        template["spec"]["containers"][0]["image"] = f"{image.rpartition(':')[0]}:{tag}"
        labels: dict[str, Any] = template["metadata"].setdefault("labels", {})
        if VERSION in labels:
            labels[VERSION] = tag
        old["metadata"].setdefault("annotations", {})[CAUSE] = f"release {tag}"
        return old

    try:
        plane.update(DEPLOYMENTS, own, rolled, DEPLOYER)
    except StatusError:
        return  # it was changed so that the update is invalid; retried the next time


def next_tag(tag: str, pattern: str) -> str:
    """1.{n}.0 after 1.7.3 is 1.8.0; a tag of another form begins with 1."""
    before, _, after = pattern.partition("{n}")
    found = re.match(re.escape(before) + r"(\d+)", tag)
    return f"{before}{int(found[1]) + 1 if found else 1}{after}"
