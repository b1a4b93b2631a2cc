"""How do tests of the door stand at it? As one of the cast, at a real API server or at one that misbehaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from clusters.api.connection import Identity
from clusters.connect import Desk, connect
from clusters.credentials.stored import Owner, keep
from clusters.credentials.trial import WhoAmI
from people.models import Membership, Team, User
from tests import stage
from tests.clusters.api.faults import Behaviour, FaultServer
from tests.controlplane.cast import CAST
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.keys import keys_of

At = Callable[[str], Desk]


@pytest.fixture
def cast(db: None) -> None:
    """The people of the tests, who cannot sign in: hashing their passwords would take longer than all else."""
    team = Team.objects.create(slug="shop", name="Shop")
    for one in CAST:
        user = User.objects.create(username=one.name, standing=one.standing, password=make_password(None))
        if one.team:
            Membership.objects.create(user=user, team=team, role=one.role)


@pytest.fixture
def at(controlplane: ControlPlane, cast: None) -> At:
    """`at("dana")`: her desk at the shared control plane."""
    stage.cluster("harbour", controlplane.server, controlplane.ca)

    def desk(name: str) -> Desk:
        stage.credential(name, "harbour", stage.Keys(**keys_of(controlplane, name)))
        return connect(User.objects.get(username=name), "harbour")

    return desk


@pytest.fixture
def before(cast: None) -> Iterator[Callable[..., Desk]]:
    """`before(behaviour)`: dana's desk at an API server that behaves so."""
    running: list[FaultServer] = []

    def desk(behaviour: Behaviour, name: str = "dana") -> Desk:
        server = FaultServer(behaviour)
        server.__enter__()
        running.append(server)
        made = stage.cluster("faulty", server.url, server.ca)
        who = WhoAmI(name, "", (), {}, None)
        keep(made, Owner(user=User.objects.get(username=name)), Identity(token="t"), who, read_only=False)
        return connect(User.objects.get(username=name), "faulty")

    yield desk
    for server in running:
        server.__exit__()


def seen_by(plane: ControlPlane, name: str) -> list[dict[str, Any]]:
    """What the API server's own audit log says about an object of this name."""
    found = []
    for line in plane.audit_log.read_text().splitlines():
        if name in line:
            found.append(json.loads(line))
    return found
