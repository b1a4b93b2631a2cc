"""Which fixtures do the tests of attacks share? A recorder before the real API server, and a house that uses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks import house as houses
from tests.attacks.fortress import Fortress, fortress_over
from tests.attacks.house import House
from tests.attacks.upstream import Recorder
from tests.controlplane.controlplane import ControlPlane
from tests.quiet import quiet


@pytest.fixture(scope="session")
def recorder(controlplane: ControlPlane) -> Iterator[Recorder]:
    with Recorder(controlplane) as server:
        yield server


@pytest.fixture(scope="session")
def fortress(
    controlplane: ControlPlane, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fortress]:
    with fortress_over(tmp_path_factory.mktemp("fortress"), controlplane, recorder) as standing:
        yield standing


@pytest.fixture
def house(db: None, controlplane: ControlPlane, recorder: Recorder) -> Iterator[House]:
    """In a transaction that is rolled back: for requests."""
    yield houses.build(controlplane, recorder)
    quiet()


@pytest.fixture
def open_house(transactional_db: None, controlplane: ControlPlane, recorder: Recorder) -> Iterator[House]:
    """Written, so that other threads see it: for sockets."""
    yield houses.build(controlplane, recorder)
    quiet()


@pytest.fixture
def dark_house(db: None) -> Iterator[House]:
    """Where no cluster answers: for what never gets that far."""
    yield houses.build(None, None)
    quiet()


@pytest.fixture
def open_house_without_cluster(transactional_db: None) -> Iterator[House]:
    """Both: written, and no cluster answers."""
    yield houses.build(None, None)
    quiet()
