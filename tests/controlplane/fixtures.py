"""Fixtures `controlplane`, `second_controlplane` and `kubelet`: shared by the whole run, the last by one module.

Loaded by tests/conftest.py. What a fixture gives is started once for the whole run, for the first that asks.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.controlplane.binaries import ControlPlaneUnavailable
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.kubelet import Kubelet
from tests.controlplane.world import fill, fill_small, wait_for_pods
from tests.missing import missing


@pytest.fixture(scope="session")
def controlplane(pytestconfig: pytest.Config) -> Iterator[ControlPlane]:
    """The real Kubernetes that all tests share, filled with the whole world; leave it as you found it.

    metrics.k8s.io is served from the start and knows something after a minute: world.wait_for_metrics().
    """
    with _start(pytestconfig, metrics=True) as plane:
        fill(plane)
        wait_for_pods(plane)
        yield plane


@pytest.fixture(scope="session")
def second_controlplane(pytestconfig: pytest.Config) -> Iterator[ControlPlane]:
    """Another cluster, for pages over several: the same users, a small world, its own CA and tokens."""
    with _start(pytestconfig) as plane:
        fill_small(plane)
        wait_for_pods(plane)
        yield plane


@pytest.fixture(scope="module")
def kubelet(controlplane: ControlPlane) -> Iterator[Kubelet]:
    """A node of the shared control plane whose containers are real processes, for one module's tests."""
    with Kubelet(controlplane) as kubelet:
        yield kubelet


def _start(config: pytest.Config, *, metrics: bool = False) -> ControlPlane:
    try:
        return ControlPlane(metrics=metrics, progress=_print_uncaptured(config)).start()
    except ControlPlaneUnavailable as failure:
        missing(config, "a control plane", str(failure))


def _print_uncaptured(config: pytest.Config) -> Callable[[str], None]:
    """A build takes minutes: its progress is shown although pytest holds back what tests print."""
    capture = config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        if capture is None:
            print(line, flush=True)
        else:
            with capture.global_and_fixture_disabled():
                print(line, flush=True)

    return say
