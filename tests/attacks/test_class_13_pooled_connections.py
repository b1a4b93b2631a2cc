"""Does each person get the answers of their own identity, whoever else calls through the same pools? (Class 13.)

A client certificate belongs to its TLS connection, and the API server lets it win over a token that comes over it.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import msgspec
import pytest

from clusters.api.client import Client, forget
from clusters.api.connection import Connection, Identity
from clusters.api.streams import Streams
from clusters.api.turns import Lane
from clusters.connect import connect
from clusters.credentials.stored import Owner, keep
from clusters.credentials.trial import WhoAmI
from clusters.models import Cluster
from people.models import User
from tests.attacks import house as houses
from tests.attacks.house import House
from tests.clusters.api.calls import of_cast
from tests.controlplane.controlplane import ControlPlane
from tests.lanes import short_and_long

WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
Held = list[tuple[str, Connection]]


@pytest.fixture
def manned(db: None, controlplane: ControlPlane) -> House:
    """The API server itself, without a recorder, which would end the connection that a certificate belongs to."""
    house = houses.build(controlplane, None)
    Cluster.objects.update(server=controlplane.server, ca=controlplane.ca)
    certificate, key = controlplane.certificate("dana")
    _give("dana", Identity(certificate=certificate, key=key))
    _give("rene", Identity(token=controlplane.token("rene")))
    return house


@pytest.fixture
def people(manned: House) -> Iterator[Held]:
    """Three as the door lets them in: dana by a certificate, ada and rene by tokens, all at one API server."""
    held = [(name, connect(manned.users[name], "harbour").connection) for name in ("dana", "ada", "rene")]
    yield held
    for _name, connection in held:
        forget(connection.fingerprint)


@short_and_long("calls", 250, 1000)
def test_interleaved_calls_each_have_their_own_identity(people: Held, calls: int) -> None:
    lane = Lane(each=16, total=16, patience=60)

    def ask(number: int) -> tuple[str, str]:
        name, connection = people[number % len(people)]
        return name, _told(Client(connection).post(WHOAMI, REVIEW, lane=lane))

    with ThreadPoolExecutor(max_workers=12) as threads:
        answers = Counter(threads.map(ask, range(calls)))
    assert sum(answers.values()) == calls
    assert all(name == username for name, username in answers)


@short_and_long("calls", 250, 1000)
def test_interleaved_streams_each_have_their_own_identity(people: Held, calls: int) -> None:
    async def run() -> Counter[tuple[str, str]]:
        streams, places = Streams(), asyncio.Semaphore(12)

        async def ask(number: int) -> tuple[str, str]:
            name, connection = people[number % len(people)]
            async with places:
                body = await streams.post(connection, WHOAMI, REVIEW, timeout=60)
            return name, _told(msgspec.json.decode(body))

        try:
            return Counter(await asyncio.gather(*(ask(number) for number in range(calls))))
        finally:
            await streams.close()

    answers = asyncio.run(run())
    assert sum(answers.values()) == calls
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
            assert _told(Client(connection).post(WHOAMI, REVIEW)) == name


def test_a_credential_that_takes_anothers_place_takes_over_no_connection(
    people: Held, controlplane: ControlPlane
) -> None:
    """Dana's certificate is replaced by a token: the kept connection, which is the certificate's, is used no more."""
    dana = User.objects.get(username="dana")
    before = connect(dana, "harbour")
    assert _told(before.client.post(WHOAMI, REVIEW)) == "dana"
    _give("dana", Identity(token=controlplane.token("rene")))
    after = connect(dana, "harbour")
    assert _told(after.client.post(WHOAMI, REVIEW)) == "rene"
    assert after.connection.fingerprint != before.connection.fingerprint


def test_pages_of_two_people_by_turns_are_each_ones_own(manned: House, people: Held) -> None:
    """What Kubernetes refuses, it refuses by name: dana by certificate and rene by token."""
    browsers = {name: manned.browser(name) for name in ("dana", "rene")}
    for kind in ("nodes", "persistentvolumes", "namespaces", "storageclasses.storage.k8s.io"):
        for name, browser in browsers.items():
            page = unescape(browser.get(f"/c/harbour/_cluster/{kind}").content.decode())
            assert set(re.findall(r'User "(\w+)" cannot list', page)) == {name}, kind


def _give(name: str, identity: Identity) -> None:
    owner = Owner(user=User.objects.get(username=name))
    keep(
        Cluster.objects.get(slug="harbour"), owner, identity, WhoAmI(name, "", (), {}, None), read_only=False
    )


def _told(review: dict[str, dict[str, dict[str, str]]]) -> str:
    return review["status"]["userInfo"]["username"]
