"""Gateway fixtures: a cluster session of a test user, at a real API server or at a fault server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from clusters.api.connection import Identity
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.gateway.connect import ClusterSession, connect
from people.models import Membership, Team, User
from tests import database_fixtures
from tests.clusters.api.faults import Behaviour, FaultServer
from tests.clusters.hubs import hub, make_hub
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.keys import get_keys
from tests.controlplane.users import USERS

__all__ = ["hub", "make_hub"]
OpenSession = Callable[[str], ClusterSession]


@pytest.fixture
def users(db: None) -> None:
    """The people of the tests, who cannot sign in: hashing their passwords would take longer than all else."""
    team = Team.objects.create(slug="shop", name="Shop")
    for one in USERS:
        user = User.objects.create(
            username=one.name, global_role=one.global_role, password=make_password(None)
        )
        if one.team:
            Membership.objects.create(user=user, team=team, role=one.team_role)


@pytest.fixture
def session_at_controlplane(controlplane: ControlPlane, users: None) -> OpenSession:
    """`session_at_controlplane("dana")`: her session at the shared control plane."""
    database_fixtures.create_cluster("harbour", controlplane.server, controlplane.ca)

    def open_session(name: str) -> ClusterSession:
        database_fixtures.store_credential(
            name, "harbour", database_fixtures.Keys(**get_keys(controlplane, name))
        )
        return connect(User.objects.get(username=name), "harbour")

    return open_session


@pytest.fixture
def session_at_fault_server(users: None) -> Iterator[Callable[..., ClusterSession]]:
    """`session_at_fault_server(behaviour)`: dana's session at an API server that behaves so."""
    running: list[FaultServer] = []

    def open_session(behaviour: Behaviour, name: str = "dana") -> ClusterSession:
        server = FaultServer(behaviour)
        server.__enter__()
        running.append(server)
        made = database_fixtures.create_cluster("faulty", server.url, server.ca)
        who = WhoAmI(name, "", (), {}, None)
        save_credential(
            made, Owner(user=User.objects.get(username=name)), Identity(token="t"), who, read_only=False
        )
        return connect(User.objects.get(username=name), "faulty")

    yield open_session
    for server in running:
        server.__exit__()


def find_audit_events(plane: ControlPlane, name: str) -> list[dict[str, Any]]:
    """What the API server's own audit log says about an object of this name."""
    found = []
    for line in plane.audit_log.read_text().splitlines():
        if name in line:
            found.append(json.loads(line))
    return found
