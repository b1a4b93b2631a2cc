"""Container runs on a node: current state, last state and time of the next change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.controllers.behaviors import HEALTHY, Behavior
from simulator.controllers.pods import parse_timestamp
from simulator.store import Object

# The states of a Run. Waiting: new, pulling, unpulled, pull-back-off, starting, unconfigured, back-off.
NEW, PULLING, UNPULLED, PULL_BACK_OFF = "new", "pulling", "unpulled", "pull-back-off"
STARTING, UNCONFIGURED, RUNNING, TERMINATED, BACK_OFF = (
    "starting",
    "unconfigured",
    "running",
    "terminated",
    "back-off",
)
INIT, SIDECAR, MAIN = "init", "sidecar", "main"


@dataclass
class Run:
    """Times are seconds since 1970; `state_ends_at` is when this state ends by itself."""

    name: str
    image: str
    kind: str = MAIN
    state: str = NEW
    state_ends_at: float | None = None
    wait_message: str = ""  # of a wait, in the kubelet's words
    id: str = ""
    started: float = 0.0
    finished: float = 0.0
    code: int = 0
    reason: str = ""
    message: str = ""
    restarts: int = 0
    last: dict[str, Any] = field(default_factory=dict)  # lastState
    ready: bool = False
    ready_at: float | None = None  # when the readiness probe says something else than now
    back_off: float = 0.0
    pull_back_off: float = 0.0
    behavior: Behavior = HEALTHY

    def next_change_at(self) -> float | None:
        known = [one for one in (self.state_ends_at, self.ready_at) if one is not None]
        return min(known, default=None)

    def is_done(self) -> bool:
        """An init container that has done its part, or a sidecar that runs."""
        if self.kind == SIDECAR:
            return self.state == RUNNING
        return self.state == TERMINATED and self.code == 0

    def terminated_state(self) -> dict[str, Any]:
        found: dict[str, Any] = {"exitCode": self.code, "reason": self.reason}
        if self.message:
            found["message"] = self.message
        found["startedAt"], found["finishedAt"] = (
            Clock.format_timestamp(self.started),
            Clock.format_timestamp(self.finished),
        )
        return found | {"containerID": self.id}


_WAITS = {
    UNPULLED: "ErrImagePull",
    PULL_BACK_OFF: "ImagePullBackOff",
    UNCONFIGURED: "CreateContainerConfigError",
    BACK_OFF: "CrashLoopBackOff",
}


def status_of(run: Run, container: Object, *, is_initialized: bool, is_first: bool) -> dict[str, Any]:
    """One of containerStatuses. While init containers run the others are initializing, as init ones are after the
    first."""
    state: dict[str, Any]
    if run.state == RUNNING:
        state = {"running": {"startedAt": Clock.format_timestamp(run.started)}}
    elif run.state == TERMINATED:
        state = {"terminated": run.terminated_state()}
    elif run.state in _WAITS:
        state = {"waiting": {"reason": _WAITS[run.state], "message": run.wait_message}}
    elif is_initialized or is_first:
        state = {"waiting": {"reason": "ContainerCreating"}}
    else:
        state = {"waiting": {"reason": "PodInitializing"}}
    found: dict[str, Any] = {
        "name": run.name,
        "state": state,
        "lastState": run.last,
        "ready": run.ready,
        "restartCount": run.restarts,
        "image": run.image,
        "imageID": image_id(run.image) if run.id else "",
    }
    if run.id:
        found["containerID"] = run.id
    found["started"] = run.state == RUNNING
    if resources := container.get("resources"):
        found["resources"] = resources
        if resources.get("requests"):
            found["allocatedResources"] = resources["requests"]
    return found


def image_id(image: str) -> str:
    """A digest that depends on the image alone."""
    name = image.partition("@")[0]
    repository = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
    number = 0
    for letter in image.encode():
        number = (number * 1_000_003 + letter + 7) % 2**256
    for _ in range(4):
        number = number * number % (2**256 - 189) + 11
    return f"{repository}@sha256:{number:064x}"


def runs_of(pod: Object) -> list[Run]:
    """Of a pod's status as it is, in the order in which they start."""
    spec, status = pod["spec"], pod.get("status") or {}
    known = {
        one["name"]: one
        for key in ("initContainerStatuses", "containerStatuses")
        for one in status.get(key) or ()
    }
    found = []
    for one in spec.get("initContainers") or ():
        kind = SIDECAR if one.get("restartPolicy") == "Always" else INIT
        found.append(_read_run(one, kind, known.get(one["name"])))
    return found + [_read_run(one, MAIN, known.get(one["name"])) for one in spec.get("containers") or ()]


def containers_of(pod: Object) -> Iterable[Object]:
    """Init containers first."""
    return [*(pod["spec"].get("initContainers") or ()), *(pod["spec"].get("containers") or ())]


def _read_run(container: Object, kind: str, status: dict[str, Any] | None) -> Run:
    run = Run(container["name"], container.get("image", ""), kind)
    if status is None:
        return run
    state = status.get("state") or {}
    run.id, run.restarts = status.get("containerID", ""), status.get("restartCount", 0)
    run.ready, run.last = bool(status.get("ready")), status.get("lastState") or {}
    if "running" in state:
        run.state, run.started = RUNNING, parse_timestamp(state["running"].get("startedAt"))
    elif "terminated" in state:
        _read_terminated(run, state["terminated"])
        run.state = TERMINATED
    elif (state.get("waiting") or {}).get("reason") in (
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "ErrImagePull",
    ):
        is_crash = state["waiting"]["reason"] == "CrashLoopBackOff"
        run.state, run.wait_message = (
            BACK_OFF if is_crash else PULL_BACK_OFF,
            state["waiting"].get("message", ""),
        )
        run.back_off = run.pull_back_off = 300.0
        _read_terminated(run, run.last.get("terminated") or {})
    return run


def _read_terminated(run: Run, state: dict[str, Any]) -> None:
    run.code, run.reason = state.get("exitCode", 0), state.get("reason", "")
    run.message = state.get("message", "")
    run.started, run.finished = (
        parse_timestamp(state.get("startedAt")),
        parse_timestamp(state.get("finishedAt")),
    )
