"""Redirected credentials: whoever changes where a cluster is, or whose a row is, gets no secret (class 35)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from channels.db import database_sync_to_async

from clusters.api.connection import Identity
from clusters.credentials.sealing import SealBroken
from clusters.credentials.store import Owner, identity_of, save_credential
from clusters.credentials.suspension import CredentialSuspended
from clusters.credentials.verification import WhoAmI
from clusters.gateway.connect import ClusterSession, connect
from clusters.models import Cluster, Credential
from dashboard.overview.board import open_board
from dashboard.overview.rows import row_of
from people.models import Team
from tests.attacks.cluster_requests import list_visits
from tests.attacks.confirming import CONFIRM, FORM, TEAM_CONFIRM, confirm, digest
from tests.attacks.installation import Installation
from tests.attacks.recorder import RecordingServer
from tests.attacks.routes import list_routes
from tests.attacks.sockets import handshake, knock, list_socket_paths
from tests.audit_trail import AuditTrail
from tests.cleanup import stop_background_work
from tests.clusters.api.faults import respond_with
from tests.clusters.pages.conftest import users

__all__ = ["users"]


@pytest.fixture
def evil() -> Iterator[RecordingServer]:
    """An address of the attacker's, which answers anything and writes down what it was sent."""
    with RecordingServer(respond_with(200, b"{}")) as server:
        yield server


def redirect_cluster(installation: Installation, server: RecordingServer) -> None:
    """An administrator's own form, with an authority that vouches for the new address."""
    form = {**FORM, "server": server.url, "ca": server.ca}
    assert installation.browser("ada").post("/clusters/harbour/edit/", form).status_code == 302


# --- an administrator who changes the address


def test_no_page_sends_a_credential_to_an_address_that_its_owner_has_not_seen(
    offline_installation: Installation, evil: RecordingServer
) -> None:
    visits = [one for one in list_visits(offline_installation) if one.route.name != "clusters:edit"]
    redirect_cluster(offline_installation, evil)
    with evil.record() as seen:
        for who in ("dana", "rene", "aude"):
            for visit in visits:
                assert (
                    visit.answer(offline_installation, who, "key=password&namespace=shop").status_code < 500
                ), visit
        stop_background_work()
    tokens = [one for one in seen.requests if "token-of-" in one.headers.get("authorization", "")]
    assert not tokens, seen


async def test_no_socket_does(committed_offline_installation: Installation, evil: RecordingServer) -> None:
    installation = committed_offline_installation
    await database_sync_to_async(redirect_cluster)(installation, evil)
    with evil.record() as seen:
        for path in list_socket_paths():
            for page in (
                "/",
                "/c/harbour/shop/pods",
                "/c/harbour/shop/pods/web",
                "/c/harbour,island/_all/pods",
            ):
                await handshake(knock(path, session=installation.sessions["dana"], page=page))
    await asyncio.to_thread(stop_background_work)
    assert not seen.requests, seen


def test_each_page_says_why_and_leads_to_the_comparison(
    offline_installation: Installation, evil: RecordingServer
) -> None:
    installation, dana = offline_installation, offline_installation.browser("dana")
    installation.users["dana"].memberships.create(team=Team.objects.get(slug="pay"), role="editor")
    redirect_cluster(installation, evil)
    for path in (
        "/c/harbour/",
        "/c/harbour/shop/pods",
        "/c/harbour/shop/pods/web",
        "/c/harbour/shop/secrets/web/yaml",
    ):
        answer = dana.get(path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, CONFIRM), path
    page = dana.get("/c/harbour,island/_all/pods").content.decode()
    assert "Your credential is suspended." in page
    assert CONFIRM in page
    for path in ("/clusters/", "/clusters/credentials/", "/clusters/harbour/credential/", "/"):
        page = dana.get(path).content.decode()
        assert "uspended" in page, path
        assert CONFIRM in page, path
    board = open_board(installation.users["dana"])
    row = next(row_of(board, one) for one in board.clusters if one.slug == "harbour")
    board.close()
    assert (row.word, row.level, row.has_numbers) == ("Credential suspended", "warning", False)
    stop_background_work()


def test_the_page_shows_old_and_new_and_only_the_owners_yes_counts(
    offline_installation: Installation, evil: RecordingServer, audit_trail: AuditTrail
) -> None:
    installation = offline_installation
    redirect_cluster(installation, evil)
    page = installation.browser("dana").get(CONFIRM).content.decode()
    assert "https://127.0.0.1:9" in page
    assert evil.url in page
    assert "by ada" in page
    for who in ("rene", "aude", "ada"):
        assert confirm(installation.browser(who)) == 302  # theirs
    with pytest.raises(CredentialSuspended):
        connect(installation.users["dana"], "harbour")
    assert confirm(installation.browser("dana")) == 302
    assert isinstance(connect(installation.users["dana"], "harbour"), ClusterSession)
    row = audit_trail.get_last(verb="credential-confirm", person="dana")
    assert row.detail["server"] == ["https://127.0.0.1:9", evil.url]


def test_who_edited_the_settings_is_said_after_the_cluster_got_another_id(
    offline_installation: Installation, evil: RecordingServer
) -> None:
    redirect_cluster(offline_installation, evil)
    form = {**FORM, "slug": "haven", "server": evil.url, "ca": evil.ca}
    assert offline_installation.browser("ada").post("/clusters/harbour/edit/", form).status_code == 302
    page = offline_installation.browser("dana").get(CONFIRM.replace("harbour", "haven")).content.decode()
    assert "by ada" in page


def test_what_changed_again_since_the_page_was_opened_is_not_confirmed(
    offline_installation: Installation, evil: RecordingServer
) -> None:
    dana = offline_installation.browser("dana")
    redirect_cluster(offline_installation, evil)
    shown = digest()
    Cluster.objects.filter(slug="harbour").update(tls_server_name="elsewhere.example")
    for wrong in (shown, "", "x" * 5000, "\x00"):
        answer = dana.post(CONFIRM, {"shown": wrong})
        assert answer.status_code == 422
        assert "changed again" in answer.content.decode()
    with pytest.raises(CredentialSuspended):
        connect(offline_installation.users["dana"], "harbour")


def test_a_cluster_that_comes_back_to_its_old_settings_needs_no_yes(
    offline_installation: Installation, evil: RecordingServer
) -> None:
    redirect_cluster(offline_installation, evil)
    form = {**FORM, "server": "HTTPS://127.0.0.1:9/"}
    offline_installation.browser("ada").post("/clusters/harbour/edit/", form)
    assert isinstance(connect(offline_installation.users["dana"], "harbour"), ClusterSession)


@pytest.mark.parametrize(
    "change",
    [
        {"server": "https://10.0.0.1:6443"},
        {"server": "https://127.0.0.1:9/prefix"},
        {"ca": "another"},
        {"system_cas": True},
        {"tls_server_name": "evil.example"},
        {"verify_tls": False},
        {"proxy_url": "http://10.0.0.1:3128"},
    ],
    ids=str,
)
def test_whatever_decides_where_it_goes_suspends_it_also_when_changed_by_sql(
    offline_installation: Installation, change: dict[str, object]
) -> None:
    Cluster.objects.filter(slug="harbour").update(**change)
    dana = offline_installation.users["dana"]
    with pytest.raises(CredentialSuspended):
        connect(dana, "harbour")
    assert "audit trail has no edit" in offline_installation.browser("dana").get(CONFIRM).content.decode()
    binding = Credential.objects.get(user=dana).binding
    forged = {**binding, "destination": {**binding["destination"], **change}}
    Credential.objects.filter(user=dana).update(binding=forged)
    with pytest.raises(SealBroken, match="altered") as broken:
        connect(dana, "harbour")
    assert not isinstance(broken.value, CredentialSuspended)


# --- a team's


def test_a_teams_credential_is_confirmed_by_who_added_it_alone(
    offline_installation: Installation, evil: RecordingServer
) -> None:
    installation = offline_installation
    ada, demi = installation.browser("ada"), installation.browser("demi")
    shop, harbour = Team.objects.get(slug="shop"), Cluster.objects.get(slug="harbour")
    save_credential(
        harbour,
        Owner(team=shop),
        Identity(token="t"),
        WhoAmI("t", "", (), {}, None),
        actor=installation.users["ada"],
    )
    redirect_cluster(installation, evil)
    assert "Only the administrator who added" in demi.get(TEAM_CONFIRM).content.decode()
    assert confirm(demi, TEAM_CONFIRM) == 422
    with pytest.raises(CredentialSuspended):
        identity_of(Credential.objects.get(team=shop))
    assert confirm(ada, TEAM_CONFIRM) == 302
    assert identity_of(Credential.objects.get(team=shop)).token == "t"


def test_one_of_before_the_upgrade_belongs_to_nobody_and_is_added_again(
    offline_installation: Installation, evil: RecordingServer
) -> None:
    redirect_cluster(offline_installation, evil)  # the fixture's credential has nobody who added it
    assert confirm(offline_installation.browser("ada"), TEAM_CONFIRM) == 422


# --- the pages themselves


@pytest.mark.parametrize("path", [CONFIRM, TEAM_CONFIRM])
def test_who_may_not_does_nothing_there(
    offline_installation: Installation, evil: RecordingServer, path: str
) -> None:
    installation = offline_installation
    redirect_cluster(installation, evil)
    before = list(Credential.objects.order_by("pk").values_list("pk", "version", "suspended_at"))
    nobody = installation.browser()
    assert "/sign-in/" in nobody.get(path)["Location"]
    assert confirm(nobody, path) == 302
    for who in ("dora", "stan"):
        assert confirm(installation.browser(who), path) in (403, 404)
        assert installation.browser(who).get(path).status_code in (403, 404)
    if path == TEAM_CONFIRM:
        for who in ("dana", "rene", "aude"):
            assert confirm(installation.browser(who), path) == 403
    strict = installation.browser("ada", strict=True)
    assert confirm(strict, path) == 403  # no token
    token = strict.get(CONFIRM).context["csrf_token"]
    form = {"shown": digest(), "csrfmiddlewaretoken": str(token)}
    assert strict.post(path, form, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert list(Credential.objects.order_by("pk").values_list("pk", "version", "suspended_at")) == before


def test_the_way_on_is_never_to_another_site(
    offline_installation: Installation, evil: RecordingServer
) -> None:
    redirect_cluster(offline_installation, evil)
    answer = offline_installation.browser("dana").post(
        CONFIRM, {"shown": digest(), "next": "https://evil.example/"}
    )
    assert answer["Location"] == "/"


def test_every_route_is_here_that_confirms() -> None:
    names = {
        route.name
        for route in list_routes()
        if "confirm" in route.name and route.name.startswith("clusters:")
    }
    assert names == {"clusters:confirm_credential", "clusters:confirm_team_credential"}
