"""How do tests share one control plane, and what happens where none can be had?

Loaded by tests/conftest.py. What a fixture gives is started once for the whole run, for the first that asks.
"""

import os
from collections.abc import Callable, Generator, Iterator

import pytest

from tests.controlplane.binaries import ControlPlaneUnavailable
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.world import fill, fill_small, wait_for_pods

_MISSING = "no control plane: "
_reason = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def controlplane(pytestconfig: pytest.Config) -> Iterator[ControlPlane]:
    """The real Kubernetes that all tests share, filled with the whole world; leave it as you found it."""
    with _started(pytestconfig) as plane:
        fill(plane)
        wait_for_pods(plane)
        yield plane


@pytest.fixture(scope="session")
def second_controlplane(pytestconfig: pytest.Config) -> Iterator[ControlPlane]:
    """Another cluster, for pages over several: the same cast, a small world, its own CA and tokens."""
    with _started(pytestconfig) as plane:
        fill_small(plane)
        wait_for_pods(plane)
        yield plane


def _started(config: pytest.Config) -> ControlPlane:
    try:
        return ControlPlane(progress=_aloud(config)).start()
    except ControlPlaneUnavailable as failure:
        config.stash[_reason] = str(failure)
        pytest.skip(_MISSING + str(failure).splitlines()[0])


def _aloud(config: pytest.Config) -> Callable[[str], None]:
    """A build takes minutes: its progress is shown although pytest holds back what tests print."""
    capture = config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        if capture is None:
            print(line, flush=True)
        else:
            with capture.global_and_fixture_disabled():
                print(line, flush=True)

    return say


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """The last lines of the run say what was skipped; in CI that is a failure."""
    yield
    reason = session.config.stash.get(_reason, None)
    terminal = session.config.pluginmanager.getplugin("terminalreporter")
    if reason is None or terminal is None:
        return
    skipped = [report for report in terminal.stats.get("skipped", []) if _MISSING in str(report.longrepr)]
    terminal.write_line(f"{len(skipped)} tests were skipped: they need a control plane. {reason}", red=True)
    if os.environ.get("CI", "").lower() in ("true", "1"):
        terminal.write_line("In CI this is a failure.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
