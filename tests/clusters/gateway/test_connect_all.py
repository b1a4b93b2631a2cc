"""Sessions of many clusters: connect_all gives what connect gives for each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clusters.api.connection import Identity
from clusters.credentials.sealing import SealBroken
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.gateway.connect import ClusterSession, NoCredential, NotShared, connect, connect_all
from clusters.models import Cluster, Credential, Share
from people.models import Team, User
from tests.clusters.pages.conftest import users

__all__ = ["users"]

WHO = WhoAmI("somebody", "", (), {}, timezone.now() + timedelta(days=1))


@pytest.fixture
def cluster_slugs(users: dict[str, User]) -> list[str]:
    """Own, shared (for reading and not), both, none, unreadable, and another team's."""
    teams = {team.slug: team for team in Team.objects.all()}
    for slug in ("own", "shared", "writable", "both", "none", "broken", "theirs"):
        made = Cluster.objects.create(slug=slug, name=slug, server="https://127.0.0.1:1")
        Share.objects.create(cluster=made, team=teams["pay" if slug == "theirs" else "shop"])
        if slug in ("own", "both", "broken", "theirs"):
            for user in users.values():
                save_credential(made, Owner(user=user), Identity(token=user.username), WHO)
        if slug in ("shared", "writable", "both"):
            save_credential(
                made, Owner(team=teams["shop"]), Identity(token="t"), WHO, read_only=slug != "writable"
            )
    Credential.objects.filter(cluster__slug="broken").update(sealed=b"nothing of ours")
    return [*Cluster.objects.values_list("slug", flat=True), "not-there"]


def connect_each(user: User, slugs: list[str]) -> dict[str, ClusterSession | Exception]:
    found: dict[str, ClusterSession | Exception] = {}
    for slug in slugs:
        try:
            found[slug] = connect(user, slug)
        except (NotShared, NoCredential, SealBroken) as error:
            found[slug] = error
    return found


def test_it_gives_what_each_session_gives(users: dict[str, User], cluster_slugs: list[str]) -> None:
    found = connect_all(users["dana"], cluster_slugs)
    sessions = {slug for slug, one in found.items() if isinstance(one, ClusterSession)}
    assert sessions == {"own", "shared", "writable", "both"}
    for user in users.values():
        together, single = connect_all(user, cluster_slugs), connect_each(user, cluster_slugs)
        assert list(together) == cluster_slugs
        assert {slug: summarize(one) for slug, one in together.items()} == {
            slug: summarize(one) for slug, one in single.items()
        }


def test_it_distinguishes_failures(users: dict[str, User], cluster_slugs: list[str]) -> None:
    found = connect_all(users["dana"], cluster_slugs)
    assert type(found["none"]) is NoCredential
    assert type(found["broken"]) is SealBroken
    assert type(found["theirs"]) is NotShared
    assert type(found["not-there"]) is NotShared


def summarize(session: ClusterSession | Exception) -> tuple[object, ...]:
    """Who is where, with what, as what, by which connection; or the kind of the error."""
    if isinstance(session, Exception):
        return (type(session), str(session))
    return (session.user, session.cluster, session.credential, session.role, session.connection)


def test_an_inactive_person_has_no_way(users: dict[str, User], cluster_slugs: list[str]) -> None:
    users["dana"].is_active = False
    for found in (connect_all(users["dana"], cluster_slugs), connect_each(users["dana"], cluster_slugs)):
        assert {type(one) for one in found.values()} == {NotShared}


def test_it_asks_the_database_no_more_for_many(users: dict[str, User], cluster_slugs: list[str]) -> None:
    with CaptureQueriesContext(connection) as few:
        connect_all(users["dana"], ["own"])
    with CaptureQueriesContext(connection) as many:
        connect_all(users["dana"], cluster_slugs)
    assert len(many) == len(few) <= 6
