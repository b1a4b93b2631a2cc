"""What if an API server lies about one thing? The others get their true answers, so that pages come that far."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.attacks import house as houses
from tests.attacks.house import House
from tests.attacks.upstream import Recorder
from tests.clusters.api.faults import Behaviour, Request, Wire
from tests.simulated import Simulated


class Liar(Recorder):
    """Answers those requests that `when` picks by `lie`; nothing of it where `when` is None."""

    lie: Behaviour | None = None
    when: Callable[[Request], bool] | None = None

    def _forward(self, wire: Wire) -> None:
        if self.when is not None and self.lie is not None and self.when(wire.request):
            self.lie(wire)
        else:
            super()._forward(wire)


def token_of(wire: Wire) -> str:
    """The token that came with the request."""
    return wire.request.headers.get("authorization", "").removeprefix("Bearer ")


@pytest.fixture(scope="module")
def liar(simulated: Simulated) -> Iterator[Liar]:
    with Liar(simulated) as server:
        yield server


@pytest.fixture
def lied_to(transactional_db: None, simulated: Simulated, liar: Liar) -> Iterator[House]:
    """A house whose clusters are the liar's, which is honest at first."""
    liar.when = None
    yield houses.build(simulated, liar)
    liar.when = None
