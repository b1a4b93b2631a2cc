"""Roles by credential: what one team grants is not done with another team's credential (class 37)."""

from __future__ import annotations

import pytest

from clusters.api.connection import Identity
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.gateway.connect import DeniedByRole, connect
from clusters.gateway.secret_reads import SECRETS
from clusters.models import Cluster, Credential, Share
from dashboard.clusters.credential_states import list_cluster_access
from people.models import Membership, Team, TeamRole, User
from tests.attacks.installation import Installation

WHO = WhoAmI("cluster-admin", "", (), {}, None)


@pytest.fixture
def stan(offline_installation: Installation) -> User:
    """A viewer in team shop, whose shared credential may write, and an editor in team pay, which shares none."""
    harbour, user = Cluster.objects.get(slug="harbour"), offline_installation.users["stan"]
    pay = Team.objects.get(slug="pay")
    Share.objects.create(cluster=harbour, team=pay)
    Membership.objects.create(user=user, team=Team.objects.get(slug="shop"), role=TeamRole.VIEWER)
    Membership.objects.create(user=user, team=pay, role=TeamRole.EDITOR)
    return user


def share_credential(team: str, *, read_only: bool) -> None:
    owner = Owner(team=Team.objects.get(slug=team))
    harbour = Cluster.objects.get(slug="harbour")
    save_credential(harbour, owner, Identity(token=f"of-{team}"), WHO, read_only=read_only)


def test_a_viewer_of_the_team_whose_credential_it_is_stays_one(
    offline_installation: Installation, stan: User
) -> None:
    session = connect(stan, "harbour")
    assert (session.team, session.role) == ("Shop", TeamRole.VIEWER)
    with pytest.raises(DeniedByRole):
        session.reveal("shop", "web", "password")
    with pytest.raises(DeniedByRole, match="In team Shop, whose credential you use here, you are a Viewer"):
        session.write(SECRETS.attributes("delete", "shop", "web"))
    answer = offline_installation.browser("stan").post(
        "/c/harbour/shop/secrets/web/value", {"key": "password"}
    )
    assert answer.status_code in (403, 404)
    rows = {one.cluster.slug: one.role for one in list_cluster_access(stan)}
    assert rows["harbour"] == TeamRole.VIEWER


def test_of_two_teams_credentials_the_one_is_used_with_which_more_may_be_done(stan: User) -> None:
    share_credential("pay", read_only=True)
    assert (connect(stan, "harbour").team, connect(stan, "harbour").role) == ("Shop", TeamRole.VIEWER)
    share_credential("pay", read_only=False)
    session = connect(stan, "harbour")
    assert (session.team, session.role) == ("Pay", TeamRole.EDITOR)
    assert session.connection.identity == Identity(token="of-pay")


def test_with_a_credential_of_ones_own_the_strongest_role_holds(stan: User) -> None:
    harbour = Cluster.objects.get(slug="harbour")
    save_credential(harbour, Owner(user=stan), Identity(token="own"), WHO, read_only=False, actor=stan)
    assert connect(stan, "harbour").role == TeamRole.EDITOR
    Membership.objects.filter(user=stan, team__slug="pay").delete()
    assert connect(stan, "harbour").role == TeamRole.VIEWER


def test_an_auditor_and_an_administrator_are_no_exception(
    offline_installation: Installation, stan: User
) -> None:
    Membership.objects.filter(user=stan, team__slug="shop").update(role=TeamRole.EDITOR)
    User.objects.filter(pk=stan.pk).update(global_role="auditor")
    assert connect(User.objects.get(pk=stan.pk), "harbour").role == TeamRole.VIEWER
    ada = offline_installation.users["ada"]
    Credential.objects.filter(user=ada).delete()
    Membership.objects.filter(user=ada).update(role=TeamRole.VIEWER)
    assert connect(ada, "harbour").role == TeamRole.VIEWER
