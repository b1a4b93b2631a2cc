"""Moved credentials: writing to the database without a key makes them unreadable, no more (class 35)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from clusters.credentials.sealing import SealBroken
from clusters.credentials.store import read_identity
from clusters.credentials.unreadable import note_unreadable
from clusters.gateway.connect import connect, connect_all
from clusters.models import Cluster, Credential, Share
from dashboard.clusters.credential_states import list_cluster_access
from people.models import Team
from tests.attacks.confirming import CONFIRM, confirm
from tests.attacks.installation import Installation
from tests.audit_trail import AuditTrail
from tests.cleanup import stop_background_work
from tests.dashboard_server import wait_for

pytestmark = pytest.mark.usefixtures("fresh_rate_limits")
HOSTILE = "<img src=x onerror=alert(1)>"
Theft = Callable[[Installation, Credential, Credential], None]


def set_columns(pk: int, **columns: object) -> None:
    """As SQL does it: no code of ours takes part."""
    names = ", ".join(f"{name} = %s" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE clusters_credential SET {names} WHERE id = %s", [*columns.values(), pk])


def steal_by_user(installation: Installation, own: Credential, victim: Credential) -> None:
    own.delete()
    set_columns(victim.pk, user_id=installation.users["rene"].pk)


def steal_by_value(_installation: Installation, own: Credential, victim: Credential) -> None:
    set_columns(own.pk, sealed=bytes(victim.sealed))


def steal_by_value_and_binding(_installation: Installation, own: Credential, victim: Credential) -> None:
    Credential.objects.filter(pk=own.pk).update(sealed=victim.sealed, binding=victim.binding)


def steal_by_forged_binding(_installation: Installation, own: Credential, victim: Credential) -> None:
    forged = {**victim.binding, "user": own.user_id, "credential": own.pk}
    Credential.objects.filter(pk=own.pk).update(sealed=victim.sealed, binding=forged)


def steal_by_team(installation: Installation, own: Credential, victim: Credential) -> None:
    own.delete()
    Credential.objects.exclude(team=None).delete()
    set_columns(victim.pk, user_id=None, team_id=Team.objects.get(slug="shop").pk)


def steal_by_old_format(_installation: Installation, own: Credential, victim: Credential) -> None:
    set_columns(own.pk, sealed=b"\x01" + bytes(victim.sealed)[1:])


def steal_by_junk(_installation: Installation, own: Credential, _victim: Credential) -> None:
    Credential.objects.filter(pk=own.pk).update(binding={"destination": [HOSTILE], "cluster": HOSTILE})


@pytest.mark.parametrize(
    "steal",
    [steal_by_user, steal_by_value, steal_by_value_and_binding, steal_by_forged_binding, steal_by_team,
     steal_by_old_format, steal_by_junk],
)  # fmt: skip
def test_a_credential_that_was_moved_is_unreadable_and_recorded(
    offline_installation: Installation, audit_trail: AuditTrail, steal: Theft
) -> None:
    rene, client = offline_installation.users["rene"], offline_installation.browser("rene")
    own, victim = Credential.objects.get(user=rene), Credential.objects.get(user__username="dana")
    steal(offline_installation, own, victim)
    found = connect_all(rene, ["harbour"])["harbour"]
    assert type(found) is SealBroken
    for path in ("/", "/clusters/", "/clusters/harbour/credential/", CONFIRM, "/c/harbour/shop/secrets"):
        assert client.get(path).status_code in (200, 302), path
    states = {one.cluster.slug: one.active_credential.word for one in list_cluster_access(rene)}
    assert states["harbour"] == "unreadable"
    stop_background_work()
    wait_for(lambda: audit_trail.list_rows(verb="credential-unreadable").exists())
    row = audit_trail.get_last(verb="credential-unreadable")
    assert (row.result, row.cluster) == ("failed", "harbour")


def test_a_teams_is_recorded_under_the_program(
    offline_installation: Installation, audit_trail: AuditTrail
) -> None:
    """Nobody ran a command on the machine."""
    own, shop = Credential.objects.get(user__username="dana"), Team.objects.get(slug="shop")
    Credential.objects.filter(team=shop).delete()
    set_columns(own.pk, user_id=None, team_id=shop.pk)
    with pytest.raises(SealBroken) as broken:
        read_identity(Credential.objects.get(pk=own.pk))
    note_unreadable(Credential.objects.get(pk=own.pk), broken.value)
    assert audit_trail.get_last(verb="credential-unreadable").person == "program quarterdeck"


def test_one_that_was_moved_to_another_cluster_is_unreadable(offline_installation: Installation) -> None:
    """The thief's own cluster, which says that it is where the other one is."""
    dana, harbour = offline_installation.users["dana"], Cluster.objects.get(slug="harbour")
    mine = Cluster.objects.create(slug="mine", name="Mine", server=harbour.server, ca=harbour.ca)
    Share.objects.create(cluster=mine, team=Team.objects.get(slug="shop"))
    set_columns(Credential.objects.get(user=dana).pk, cluster_id=mine.pk)
    with pytest.raises(SealBroken, match="belongs to another row"):
        connect(dana, "mine")


def test_what_a_thief_wrote_into_the_binding_is_no_markup(offline_installation: Installation) -> None:
    dana = offline_installation.users["dana"]
    binding = Credential.objects.get(user=dana).binding
    hostile = {
        **binding["destination"],
        "server": HOSTILE,
        "ca": HOSTILE,
        "proxy_url": HOSTILE,
        "tls_server_name": HOSTILE,
    }
    Credential.objects.filter(user=dana).update(binding={**binding, "destination": hostile})
    answer = offline_installation.browser("dana").get(CONFIRM, {"next": HOSTILE})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "onerror" in page
    assert "<img src=x" not in page
    assert confirm(offline_installation.browser("dana"), next="https://evil.example/") == 302
    with pytest.raises(SealBroken):
        read_identity(Credential.objects.get(user=dana))
