"""What has been told of a world's troubles before it began? Events of pods that crash or cannot be pulled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.keeping.controllers.index import PODS
from simulator.keeping.controllers.pods import moment
from simulator.keeping.controllers.recorder import Recorder
from simulator.store import Object
from simulator.worlds.builder import Builder

KUBELET = "kubelet"
MOST = 100  # pods; a world of 100,000 rows has many
EVERY = {
    "CrashLoopBackOff": 320.0,
    "ImagePullBackOff": 300.0,
}  # seconds from one try to the next, at the longest


@dataclass(frozen=True)
class Told:
    """`often`: how many times in one try."""

    reason: str
    message: str
    is_warning: bool = False
    often: int = 1


def tell(builder: Builder, recorder: Recorder) -> None:
    """They count on when the pod tries again."""
    troubled = [found for pod in builder.cluster.store.items(PODS) if (found := _trouble(pod))]
    for pod, name, why in troubled[:MOST]:
        began = moment(pod["metadata"]["creationTimestamp"])
        tries = max(1, int((builder.now - began) / EVERY[why]))
        last = builder.now - builder.between(15.0, 240.0)
        for one in _events(pod, name, why):
            recorder.tell(
                pod,
                one.reason,
                one.message,
                component=KUBELET,
                warning=one.is_warning,
                path=f"spec.containers{{{name}}}",
                host=pod["spec"]["nodeName"],
                since=(began, last, tries * one.often),
            )


def _trouble(pod: Object) -> tuple[Object, str, str] | None:
    for one in pod["status"].get("containerStatuses") or ():
        why = (one["state"].get("waiting") or {}).get("reason", "")
        if why in EVERY:
            return pod, one["name"], why
    return None


def _events(pod: Object, name: str, why: str) -> Iterator[Told]:
    """In the kubelet's words."""
    metadata = pod["metadata"]
    container = next(one for one in pod["spec"]["containers"] if one["name"] == name)
    image = container["image"]
    if why == "CrashLoopBackOff":
        whole = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        yield Told(
            "Pulled", f'Container image "{image}" already present on machine and can be accessed by the pod'
        )
        yield Told("Created", "Container created")
        yield Told("Started", "Container started")
        yield Told("BackOff", f"Back-off restarting failed container {name} in pod {whole}", True, 5)
        return
    status = next(one for one in pod["status"]["containerStatuses"] if one["name"] == name)
    text = status["state"]["waiting"].get("message", "")
    yield Told("Pulling", f'Pulling image "{image}"')
    yield Told("Failed", f'Failed to pull image "{image}": {text.partition("ErrImagePull: ")[2]}', True)
    yield Told("Failed", "Error: ErrImagePull", True)
    yield Told("BackOff", f'Back-off pulling image "{image}"', False, 4)
    yield Told("Failed", "Error: ImagePullBackOff", True, 4)
