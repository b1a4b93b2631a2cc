"""Which fixtures do the tests of attacks share? A recorder before an API server, and a house that uses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks import house as houses
from tests.attacks.fortress import Fortress, fortress_over
from tests.attacks.house import House
from tests.attacks.upstream import Recorder
from tests.simulated import Simulated


@pytest.fixture(scope="session")
def recorder(simulated: Simulated) -> Iterator[Recorder]:
    with Recorder(simulated) as server:
        yield server


@pytest.fixture(scope="session")
def fortress(
    simulated: Simulated, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fortress]:
    with fortress_over(tmp_path_factory.mktemp("fortress"), simulated, recorder) as standing:
        yield standing


@pytest.fixture
def house(db: None, simulated: Simulated, recorder: Recorder, easy_passwords: None) -> House:
    """In a transaction that is rolled back: for requests."""
    return houses.build(simulated, recorder)


@pytest.fixture
def open_house(
    transactional_db: None, simulated: Simulated, recorder: Recorder, easy_passwords: None
) -> House:
    """Written, so that other threads see it: for sockets."""
    return houses.build(simulated, recorder)


@pytest.fixture
def dark_house(db: None, easy_passwords: None) -> House:
    """Where no cluster answers: for what never gets that far."""
    return houses.build(None, None)


@pytest.fixture
def open_house_without_cluster(transactional_db: None, easy_passwords: None) -> House:
    """Both: written, and no cluster answers."""
    return houses.build(None, None)
