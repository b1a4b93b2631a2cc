"""Fixtures of the cluster pages: users, two clusters, and signed-in clients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from clusters.models import Cluster, Share
from people.models import Membership, Team, User
from tests.clusters.credentials.certificates import make_certificate
from tests.controlplane.users import USERS
from tests.simulated_cluster import SimulatedCluster

ClientFor = Callable[..., Client]
UNREACHABLE = "https://127.0.0.1:1"


@pytest.fixture
def users(db: None) -> dict[str, User]:
    """The test users with their global role, team and team role; and `dora`, an editor in team pay alone."""
    people = {one.name: User.objects.create(username=one.name, global_role=one.global_role) for one in USERS}
    for one in USERS:
        if one.team:
            team, _made = Team.objects.get_or_create(slug=one.team, defaults={"name": one.team.title()})
            Membership.objects.create(user=people[one.name], team=team, role=one.team_role)
    people["dora"] = User.objects.create(username="dora")
    pay = Team.objects.create(slug="pay", name="Pay")
    Membership.objects.create(user=people["dora"], team=pay, role="editor")
    return people


@pytest.fixture
def client_for(users: dict[str, User]) -> ClientFor:
    """A browser of its own for each call, signed in as one of the users, or as nobody."""

    def browser(name: str = "", *, strict: bool = False) -> Client:
        client = Client(enforce_csrf_checks=strict)
        if name:
            client.force_login(users[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser


@pytest.fixture
def unreachable_cluster(users: dict[str, User]) -> Cluster:
    """A cluster that team shop sees, and that nothing responds for."""
    made = Cluster.objects.create(
        slug="dark", name="Dark", server=UNREACHABLE, ca=make_certificate("dark")[0]
    )
    Share.objects.create(cluster=made, team=Team.objects.get(slug="shop"))
    return made


@pytest.fixture
def reachable_cluster(users: dict[str, User], simulated_cluster: SimulatedCluster) -> Cluster:
    """A cluster that answers, and that team shop sees."""
    made = Cluster.objects.create(
        slug="lit", name="Lit", server=simulated_cluster.server, ca=simulated_cluster.ca
    )
    Share.objects.create(cluster=made, team=Team.objects.get(slug="shop"))
    return made
