"""Past Events of a world: pods that crash or whose images cannot be pulled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.controllers.index import PODS
from simulator.controllers.pods import parse_timestamp
from simulator.controllers.recorder import Recorder
from simulator.store import Object
from simulator.worlds.builder import Builder

KUBELET = "kubelet"
MAX_PODS = 100  # pods; a world of 100,000 rows has many
RETRY_SECONDS = {
    "CrashLoopBackOff": 320.0,
    "ImagePullBackOff": 300.0,
}  # seconds from one try to the next, at the longest


@dataclass(frozen=True)
class PastEvent:
    """`often`: how many times in one try."""

    reason: str
    message: str
    is_warning: bool = False
    count: int = 1


def record_past_events(builder: Builder, recorder: Recorder) -> None:
    """They count on when the pod tries again."""
    troubled = [found for pod in builder.cluster.store.items(PODS) if (found := _find_waiting_container(pod))]
    for pod, name, why in troubled[:MAX_PODS]:
        started_at = parse_timestamp(pod["metadata"]["creationTimestamp"])
        tries = max(1, int((builder.now - started_at) / RETRY_SECONDS[why]))
        last = builder.now - builder.random_between(15.0, 240.0)
        for one in _events(pod, name, why):
            recorder.record(
                pod,
                one.reason,
                one.message,
                component=KUBELET,
                warning=one.is_warning,
                path=f"spec.containers{{{name}}}",
                host=pod["spec"]["nodeName"],
                since=(started_at, last, tries * one.count),
            )


def _find_waiting_container(pod: Object) -> tuple[Object, str, str] | None:
    for one in pod["status"].get("containerStatuses") or ():
        why = (one["state"].get("waiting") or {}).get("reason", "")
        if why in RETRY_SECONDS:
            return pod, one["name"], why
    return None


def _events(pod: Object, name: str, why: str) -> Iterator[PastEvent]:
    """In the kubelet's words."""
    metadata = pod["metadata"]
    container = next(one for one in pod["spec"]["containers"] if one["name"] == name)
    image = container["image"]
    if why == "CrashLoopBackOff":
        whole = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        yield PastEvent(
            "Pulled", f'Container image "{image}" already present on machine and can be accessed by the pod'
        )
        yield PastEvent("Created", "Container created")
        yield PastEvent("Started", "Container started")
        yield PastEvent("BackOff", f"Back-off restarting failed container {name} in pod {whole}", True, 5)
        return
    status = next(one for one in pod["status"]["containerStatuses"] if one["name"] == name)
    text = status["state"]["waiting"].get("message", "")
    yield PastEvent("Pulling", f'Pulling image "{image}"')
    yield PastEvent("Failed", f'Failed to pull image "{image}": {text.partition("ErrImagePull: ")[2]}', True)
    yield PastEvent("Failed", "Error: ErrImagePull", True)
    yield PastEvent("BackOff", f'Back-off pulling image "{image}"', False, 4)
    yield PastEvent("Failed", "Error: ImagePullBackOff", True, 4)
