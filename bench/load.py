"""Load generator: threads that change or create pods at a steady rate through the API."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bench.cluster import Api
from bench.world import World

WRITERS = 4
LABEL = "bench.example.com/made"
Target = tuple[str, str]  # namespace, name


class Pace:
    """Turns at so many a second, shared by threads; a late one is taken at once, so that none is left out."""

    def __init__(self, rate: float) -> None:
        self._step = 1 / rate
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self.started = 0

    def wait(self) -> int:
        """Wait for the next turn; its number from 0."""
        with self._lock:
            number, self.started = self.started, self.started + 1
        time.sleep(max(0.0, self._began + number * self._step - time.monotonic()))
        return number

    def rate(self) -> float:
        return self.started / (time.monotonic() - self._began)


@contextmanager
def changing(world: World, targets: Sequence[Target], rate: float) -> Iterator[Pace]:
    """Change a cell (Restarts) of one of the pods after the other, `rate` times a second."""

    def change(api: Api, number: int) -> None:
        namespace, name = targets[number % len(targets)]
        status = {"name": _container(name), "restartCount": 1 + number // len(targets) + _base, "ready": True}
        status |= {"image": "registry.example/x:1", "imageID": "", "state": {"running": {}}}
        api(
            "PATCH",
            f"/api/v1/namespaces/{namespace}/pods/{name}/status",
            {"status": {"containerStatuses": [status]}},
            **{"Content-Type": "application/strategic-merge-patch+json"},
        )

    _base = int(time.monotonic()) % 100_000
    with _writing(world, change, rate) as pace:
        yield pace


@contextmanager
def creating(world: World, namespace: str, rate: float, maximum: int) -> Iterator[dict[str, float]]:
    """Create pods, `rate` a second, until `most`: what is given fills with name -> when the API server answered.

    Times are seconds since 1970, read by this process once the answer is there. The pods go at the end.
    """
    answered: dict[str, float] = {}

    def create(api: Api, number: int) -> None:
        if number >= maximum:
            return
        name = f"bench-{int(time.time()) % 10_000:04}-{number:05}"
        api("POST", f"/api/v1/namespaces/{namespace}/pods", _pod(name))
        answered[name] = time.time()

    with _writing(world, create, rate):
        yield answered
    world.api()(
        "DELETE", f"/api/v1/namespaces/{namespace}/pods?labelSelector={LABEL}", {"gracePeriodSeconds": 0}
    )


@contextmanager
def _writing(world: World, action: Callable[[Api, int], None], rate: float) -> Iterator[Pace]:
    pace, over, failed = Pace(rate), threading.Event(), list[BaseException]()

    def work() -> None:
        api = world.api()
        try:
            while not over.is_set():
                action(api, pace.wait())
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            api.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield pace
    finally:
        over.set()
        for thread in threads:
            thread.join(30)
    assert not failed, failed


def first_pods(world: World, count: int) -> list[Target]:
    """Those that the list shows first: by namespace and name."""
    found = json.loads(world.api()("GET", f"/api/v1/pods?limit={count}"))["items"]
    return [(one["metadata"]["namespace"], one["metadata"]["name"]) for one in found]


def _container(pod: str) -> str:
    """The container of a Deployment's pod is called like the Deployment."""
    return pod.rsplit("-", 2)[0]


def _pod(name: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {LABEL: "yes"}},
        "spec": {"containers": [{"name": "main", "image": "registry.example/main:1"}]},
    }
