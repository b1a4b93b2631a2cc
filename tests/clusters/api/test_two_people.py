"""Does each person get the answers of their own identity, whoever else is calling?"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from clusters.api.client import Client, forget
from clusters.api.connection import Connection, Identity
from clusters.api.streams import Streams
from clusters.api.turns import Lane
from tests.clusters.api.calls import of_cast
from tests.controlplane.controlplane import ControlPlane

WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
ROUNDS = 1000


@pytest.fixture
def people(controlplane: ControlPlane) -> Iterator[list[tuple[str, Connection]]]:
    """A client certificate (which the API server lets win over a token) and two tokens, on one cluster."""
    held = [
        ("dana", of_cast(controlplane, "dana", by_certificate=True)),
        ("rene", of_cast(controlplane, "rene")),
        ("stan", of_cast(controlplane, "stan")),
    ]
    yield held
    for _name, connection in held:
        forget(connection.fingerprint)


def test_a_thousand_interleaved_calls_each_have_their_own_identity(
    people: list[tuple[str, Connection]],
) -> None:
    lane = Lane(each=16, total=16, patience=60)

    def ask(number: int) -> tuple[str, str]:
        name, connection = people[number % len(people)]
        found = Client(connection).post(WHOAMI, REVIEW, lane=lane)
        return name, found["status"]["userInfo"]["username"]

    with ThreadPoolExecutor(max_workers=12) as threads:
        answers = Counter(threads.map(ask, range(ROUNDS)))
    assert sum(answers.values()) == ROUNDS
    assert all(name == username for name, username in answers)


def test_a_thousand_interleaved_streams_each_have_their_own_identity(
    people: list[tuple[str, Connection]],
) -> None:
    async def run() -> Counter[tuple[str, str]]:
        streams, places = Streams(), asyncio.Semaphore(12)

        async def ask(number: int) -> tuple[str, str]:
            name, connection = people[number % len(people)]
            async with places:
                body = await streams.post(connection, WHOAMI, REVIEW, timeout=60)
            return name, msgspec.json.decode(body)["status"]["userInfo"]["username"]

        try:
            return Counter(await asyncio.gather(*(ask(number) for number in range(ROUNDS))))
        finally:
            await streams.close()

    answers = asyncio.run(run())
    assert sum(answers.values()) == ROUNDS
    assert all(name == username for name, username in answers)


def test_it_keeps_two_identities_apart_even_under_one_fingerprint(controlplane: ControlPlane) -> None:
    """A fingerprint that somebody computed wrongly must not make one person another."""
    by_certificate = of_cast(controlplane, "dana", by_certificate=True)
    by_token = Connection(
        by_certificate.cluster,
        by_certificate.server,
        Identity(token=controlplane.token("rene")),
        by_certificate.fingerprint,
        by_certificate.person,
    )
    for _ in range(5):
        for name, connection in (("dana", by_certificate), ("rene", by_token)):
            found = Client(connection).post(WHOAMI, REVIEW)
            assert found["status"]["userInfo"]["username"] == name
