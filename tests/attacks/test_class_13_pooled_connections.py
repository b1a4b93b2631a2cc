"""Connection pool: each user's requests keep their own identity (class 13).

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

from clusters.api.client import Client
from clusters.api.concurrency import ConcurrencyLimit
from clusters.api.connection import Connection, Identity
from clusters.api.pools import forget
from clusters.api.streams import Streams
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.gateway.connect import connect
from clusters.models import Cluster
from people.models import User
from tests.attacks.installation import Installation, build_installation, move_clusters
from tests.clusters.api.calls import connect_as
from tests.controlplane.controlplane import ControlPlane
from tests.lanes import short_and_long

WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
NamedConnections = list[tuple[str, Connection]]


@pytest.fixture
def installation_on_controlplane(db: None, controlplane: ControlPlane) -> Installation:
    """The API server itself, without a recorder, which would end the connection that a certificate belongs to."""
    installation = build_installation(controlplane, None)
    move_clusters(server=controlplane.server, ca=controlplane.ca)
    certificate, key = controlplane.certificate("dana")
    _store_credential("dana", Identity(certificate=certificate, key=key))
    _store_credential("rene", Identity(token=controlplane.token("rene")))
    return installation


@pytest.fixture
def named_connections(installation_on_controlplane: Installation) -> Iterator[NamedConnections]:
    """Three as the door lets them in: dana by a certificate, ada and rene by tokens, all at one API server."""
    held = [
        (name, connect(installation_on_controlplane.users[name], "harbour").connection)
        for name in ("dana", "ada", "rene")
    ]
    yield held
    for _name, connection in held:
        forget(connection.fingerprint)


@short_and_long("calls", 250, 1000)
def test_interleaved_calls_each_have_their_own_identity(
    named_connections: NamedConnections, calls: int
) -> None:
    limit = ConcurrencyLimit(per_user=16, total=16, max_wait=60)

    def ask(number: int) -> tuple[str, str]:
        name, connection = named_connections[number % len(named_connections)]
        return name, _read_username(Client(connection).post(WHOAMI, REVIEW, concurrency=limit))

    with ThreadPoolExecutor(max_workers=12) as threads:
        answers = Counter(threads.map(ask, range(calls)))
    assert sum(answers.values()) == calls
    assert all(name == username for name, username in answers)


@short_and_long("calls", 250, 1000)
def test_interleaved_streams_each_have_their_own_identity(
    named_connections: NamedConnections, calls: int
) -> None:
    async def run() -> Counter[tuple[str, str]]:
        streams, places = Streams(), asyncio.Semaphore(12)

        async def ask(number: int) -> tuple[str, str]:
            name, connection = named_connections[number % len(named_connections)]
            async with places:
                body = await streams.post(connection, WHOAMI, REVIEW, timeout=60)
            return name, _read_username(msgspec.json.decode(body))

        try:
            return Counter(await asyncio.gather(*(ask(number) for number in range(calls))))
        finally:
            await streams.close()

    answers = asyncio.run(run())
    assert sum(answers.values()) == calls
    assert all(name == username for name, username in answers)


def test_it_keeps_two_identities_apart_even_under_one_fingerprint(controlplane: ControlPlane) -> None:
    """A fingerprint that somebody computed wrongly must not make one person another."""
    by_certificate = connect_as(controlplane, "dana", by_certificate=True)
    by_token = Connection(
        by_certificate.cluster,
        by_certificate.server,
        Identity(token=controlplane.token("rene")),
        by_certificate.fingerprint,
        by_certificate.person,
    )
    for _ in range(5):
        for name, connection in (("dana", by_certificate), ("rene", by_token)):
            assert _read_username(Client(connection).post(WHOAMI, REVIEW)) == name


def test_a_credential_that_replaces_another_takes_over_no_connection(
    named_connections: NamedConnections, controlplane: ControlPlane
) -> None:
    """Dana's certificate is replaced by a token: the kept connection, which is the certificate's, is used no more."""
    dana = User.objects.get(username="dana")
    before = connect(dana, "harbour")
    assert _read_username(before.client.post(WHOAMI, REVIEW)) == "dana"
    _store_credential("dana", Identity(token=controlplane.token("rene")))
    after = connect(dana, "harbour")
    assert _read_username(after.client.post(WHOAMI, REVIEW)) == "rene"
    assert after.connection.fingerprint != before.connection.fingerprint


def test_alternating_pages_of_two_users_are_each_users_own(
    installation_on_controlplane: Installation, named_connections: NamedConnections
) -> None:
    """What Kubernetes refuses, it refuses by name: dana by certificate and rene by token."""
    browsers = {name: installation_on_controlplane.browser(name) for name in ("dana", "rene")}
    for kind in ("nodes", "persistentvolumes", "namespaces", "storageclasses.storage.k8s.io"):
        for name, browser in browsers.items():
            page = unescape(browser.get(f"/c/harbour/_cluster/{kind}").content.decode())
            assert set(re.findall(r'User "(\w+)" cannot list', page)) == {name}, kind


def _store_credential(name: str, identity: Identity) -> None:
    owner = Owner(user=User.objects.get(username=name))
    save_credential(
        Cluster.objects.get(slug="harbour"), owner, identity, WhoAmI(name, "", (), {}, None), read_only=False
    )


def _read_username(review: dict[str, dict[str, dict[str, str]]]) -> str:
    return review["status"]["userInfo"]["username"]
