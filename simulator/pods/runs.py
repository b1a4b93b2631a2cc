"""Container runs: which run a log request means, and its start and finish from the pod's status."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from simulator.requests.statuses import StatusError, bad_request_error
from simulator.schemas.resources import Object

STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
PULLS = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """`timestamp` is in seconds since 1970, by the cluster's clock; `text` has no line end."""

    timestamp: float
    text: str


@dataclass(frozen=True)
class Run:
    """One life of a container; each restart begins another. Times are seconds since 1970, by the cluster's clock."""

    pod: Object
    container: str
    number: int  # restartCount as it was then: 0 is the first run
    started_at: float
    finished_at: float | None = None  # None while it runs
    exit_code: int = 0
    reason: str = ""  # of its end: Completed, Error, OOMKilled

    @property
    def key(self) -> tuple[str, str, int]:
        """The pod's uid, the container, the number."""
        return self.pod["metadata"]["uid"], self.container, self.number


def find_run(pod: Object, container: str, *, previous: bool = False) -> Run:
    """The run whose log is shown; raises the 400 of a kubelet (pkg/kubelet: validateContainerLogStatus)."""
    where = f'container "{container}" in pod "{pod["metadata"]["name"]}"'
    status = container_status(pod, container)
    if status is None:
        raise bad_request_error(f"{where} is not available")
    state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")
    count = status.get("restartCount") or 0
    waiting = state.get("waiting") or {}
    if previous:
        if last is None:
            raise bad_request_error(f"previous terminated {where} not found")
        return _finished_run(pod, container, count if waiting else count - 1, last)
    if "running" in state:
        return Run(pod, container, count, parse_timestamp((state["running"] or {}).get("startedAt")))
    if "terminated" in state:
        return _finished_run(pod, container, count, state["terminated"] or {})
    if last is not None:
        return _finished_run(pod, container, count, last)
    raise _not_started_error(where, waiting)


def is_running(pod: Object, container: str) -> bool:
    status = container_status(pod, container)
    return status is not None and "running" in (status.get("state") or {})


def container_status(pod: Object, container: str) -> dict[str, Any] | None:
    status = pod.get("status") or {}
    found = (one for key in STATUSES for one in status.get(key) or () if one.get("name") == container)
    return next(found, None)


def parse_timestamp(stamp: str | None) -> float:
    """Seconds since 1970 of a time as Kubernetes writes it; 0 where there is none."""
    return datetime.datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


def _finished_run(pod: Object, container: str, number: int, terminated: dict[str, Any]) -> Run:
    started_at, finished_at = (
        parse_timestamp(terminated.get("startedAt")),
        parse_timestamp(terminated.get("finishedAt")),
    )
    code, reason = terminated.get("exitCode") or 0, terminated.get("reason") or ""
    return Run(pod, container, max(number, 0), started_at, finished_at, code, reason)


def _not_started_error(where: str, waiting: dict[str, Any]) -> StatusError:
    if not waiting:
        return bad_request_error(f"{where} is waiting to start - no logs yet")
    reason = waiting.get("reason") or ""
    return bad_request_error(f"{where} is waiting to start: {PULLS.get(reason, reason)}")
