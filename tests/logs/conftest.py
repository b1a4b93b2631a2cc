"""Fixtures of log page tests: pods of the real control plane whose logs a test writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.live.pages import make_pod, open_as, remove_pod

__all__ = ["open_as"]
_numbers = count(1)


class PodLog:
    """A pod in `shop`, and the file in which kwok finds the log of every container."""

    def __init__(self, plane: ControlPlane, name: str) -> None:
        self.plane = plane
        self.name = name
        self.url = f"/c/harbour/shop/pods/{name}/logs"

    def write(self, *texts: str) -> None:
        """Lines of now, as a container runtime writes them."""
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"
        with self.plane.pod_log.open("a") as file:
            file.write("".join(f"{now} stdout F {text}\n" for text in texts))


@pytest.fixture
def pod_log(controlplane: ControlPlane) -> Iterator[PodLog]:
    """A new pod that runs; the log of all pods is empty again afterwards."""
    before = controlplane.pod_log.read_text()
    controlplane.pod_log.write_text("")
    name = f"logger-{next(_numbers)}"
    make_pod(controlplane, name)
    controlplane.kubectl("wait", "--for=condition=Ready", f"pod/{name}", "-n", "shop", "--timeout=30s")
    yield PodLog(controlplane, name)
    remove_pod(controlplane, name)
    controlplane.pod_log.write_text(before)
