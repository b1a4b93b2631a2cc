"""Which run of a container is meant, and since when has it run? Read from the pod's status, as a kubelet knows it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from simulator.requests.statuses import Refusal, bad_request
from simulator.schemas.resources import Object

STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
PULLS = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`moment` is seconds since 1970, by the cluster's clock; `text` has no line end."""

    moment: float
    text: str


@dataclass(frozen=True)
class Run:
    """One life of a container; each restart begins another. Moments are seconds since 1970, by the cluster's clock."""

    pod: Object
    container: str
    number: int  # restartCount as it was then: 0 is the first run
    began: float
    ended: float | None = None  # None while it runs
    exit_code: int = 0
    reason: str = ""  # of its end: Completed, Error, OOMKilled

    @property
    def key(self) -> tuple[str, str, int]:
        """The pod's uid, the container, the number."""
        return self.pod["metadata"]["uid"], self.container, self.number


def run_of(pod: Object, container: str, *, previous: bool = False) -> Run:
    """The run whose log is shown; raises the 400 of a kubelet (pkg/kubelet: validateContainerLogStatus)."""
    where = f'container "{container}" in pod "{pod["metadata"]["name"]}"'
    status = container_status(pod, container)
    if status is None:
        raise bad_request(f"{where} is not available")
    state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")
    count = status.get("restartCount") or 0
    waiting = state.get("waiting") or {}
    if previous:
        if last is None:
            raise bad_request(f"previous terminated {where} not found")
        return _over(pod, container, count if waiting else count - 1, last)
    if "running" in state:
        return Run(pod, container, count, moment((state["running"] or {}).get("startedAt")))
    if "terminated" in state:
        return _over(pod, container, count, state["terminated"] or {})
    if last is not None:
        return _over(pod, container, count, last)
    raise _not_started(where, waiting)


def is_running(pod: Object, container: str) -> bool:
    status = container_status(pod, container)
    return status is not None and "running" in (status.get("state") or {})


def container_status(pod: Object, container: str) -> dict[str, Any] | None:
    status = pod.get("status") or {}
    found = (one for key in STATUSES for one in status.get(key) or () if one.get("name") == container)
    return next(found, None)


def moment(stamp: str | None) -> float:
    """Seconds since 1970 of a time as Kubernetes writes it; 0 where there is none."""
    return datetime.datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


def _over(pod: Object, container: str, number: int, end: dict[str, Any]) -> Run:
    began, ended = moment(end.get("startedAt")), moment(end.get("finishedAt"))
    code, reason = end.get("exitCode") or 0, end.get("reason") or ""
    return Run(pod, container, max(number, 0), began, ended, code, reason)


def _not_started(where: str, waiting: dict[str, Any]) -> Refusal:
    if not waiting:
        return bad_request(f"{where} is waiting to start - no logs yet")
    reason = waiting.get("reason") or ""
    return bad_request(f"{where} is waiting to start: {PULLS.get(reason, reason)}")
