"""Permissions of the cluster pages: who can open each page, and who can change what."""

from __future__ import annotations

import pytest
from django.urls import reverse

from clusters.api.connection import Identity
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.models import Cluster, ClusterRequest, Credential
from people.models import Team

MEMBER_PAGES = ("clusters", "import", "requests", "credentials")
ADMINISTRATOR_PAGES = ("add", "edit", "delete", "teams", "team_credential")
POSTS = ("approve", "decline", "withdraw", "remove_credential", "remove_team_credential")
WHO = WhoAmI("dana", "", (), {}, None)


@pytest.fixture
def path_arguments(users, unreachable_cluster):
    """Arguments for every address: dana's credential and request, and team shop's credential."""
    own = save_credential(unreachable_cluster, Owner(user=users["dana"]), Identity(token="t"), WHO)
    shop = Team.objects.get(slug="shop")
    save_credential(unreachable_cluster, Owner(team=shop), Identity(token="t"), WHO)
    cluster_request = ClusterRequest.objects.create(
        user=users["dana"], name="wanted", server="https://wanted.example.com"
    )
    return {
        "edit": ["dark"],
        "delete": ["dark"],
        "teams": ["dark"],
        "credential": ["dark"],
        "team_credential": ["dark", "shop"],
        "remove_team_credential": ["dark", "shop"],
        "remove_credential": [own.pk],
        "decline": [cluster_request.pk],
        "approve": [cluster_request.pk],
        "withdraw": [cluster_request.pk],
    }


def count_objects() -> tuple[int, ...]:
    state = Cluster.objects.values_list("name", "server", "verify_tls")
    return (
        *state,
        Credential.objects.count(),
        ClusterRequest.objects.filter(state="open").count(),
        count_shares(),
    )


def count_shares() -> int:
    return sum(one.shares.count() for one in Cluster.objects.all())


ALL = (*MEMBER_PAGES, *ADMINISTRATOR_PAGES, *POSTS, "credential")


@pytest.mark.parametrize("name", ALL)
def test_it_asks_a_stranger_to_sign_in(name, path_arguments, client_for):
    before = count_objects()
    path = reverse(f"clusters:{name}", args=path_arguments.get(name, []))
    for method in ("get", "post") if name not in POSTS else ("post",):
        answer = getattr(client_for(), method)(path, {"slug": "dark"})
        assert answer.status_code in (302, 405), method
        assert answer.status_code == 405 or answer["Location"].startswith(reverse("accounts:sign_in"))
    assert count_objects() == before


@pytest.mark.parametrize("who", ["dana", "rene", "aude", "stan"])
@pytest.mark.parametrize("name", [*ADMINISTRATOR_PAGES, "approve", "decline", "remove_team_credential"])
def test_it_lets_nobody_but_administrators_manage(name, who, path_arguments, client_for):
    before = count_objects()
    path = reverse(f"clusters:{name}", args=path_arguments.get(name, []))
    posted = {"slug": "dark", "team": "pay", "name": "x", "server": "https://x.example.com", "token": "t"}
    assert client_for(who).post(path, posted).status_code == 403
    if name in ADMINISTRATOR_PAGES:
        assert client_for(who).get(path).status_code == 403
    assert count_objects() == before


@pytest.mark.parametrize("who", ["ada", "dana", "rene", "aude", "stan"])
@pytest.mark.parametrize("name", MEMBER_PAGES)
def test_it_shows_everybody_their_own_pages(name, who, path_arguments, client_for):
    answer = client_for(who).get(reverse(f"clusters:{name}"))
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ADMINISTRATOR_PAGES)
def test_it_shows_administrators_the_pages_to_manage(name, path_arguments, client_for):
    assert (
        client_for("ada").get(reverse(f"clusters:{name}", args=path_arguments.get(name, []))).status_code
        == 200
    )


@pytest.mark.parametrize("name", ALL)
def test_it_wants_a_csrf_token(name, path_arguments, client_for):
    before = count_objects()
    path = reverse(f"clusters:{name}", args=path_arguments.get(name, []))
    answer = client_for("ada", strict=True).post(path, {"slug": "dark", "team": "pay"})
    assert answer.status_code in (403, 405)
    assert count_objects() == before


@pytest.mark.parametrize("name", POSTS)
def test_it_does_not_act_on_a_link(name, path_arguments, client_for):
    before = count_objects()
    assert client_for("ada").get(reverse(f"clusters:{name}", args=path_arguments[name])).status_code == 405
    assert count_objects() == before


def test_it_hides_a_cluster_that_is_not_shared(path_arguments, client_for):
    for who in ("stan", "dora"):
        browser = client_for(who)
        assert browser.get("/clusters/dark/credential/").status_code == 404
        assert browser.post("/clusters/dark/credential/", {"way": "token", "token": "t"}).status_code == 404
        assert browser.get("/clusters/nothing/credential/").status_code == 404
        for page in MEMBER_PAGES:
            assert "127.0.0.1:1" not in browser.get(reverse(f"clusters:{page}")).content.decode()


@pytest.mark.parametrize("who", ["ada", "rene", "aude", "stan", "dora"])
def test_it_removes_nobody_elses_credential(who, path_arguments, client_for):
    before = count_objects()
    path = reverse("clusters:remove_credential", args=path_arguments["remove_credential"])
    assert client_for(who).post(path).status_code == 404
    assert count_objects() == before
    shared = Credential.objects.get(team__isnull=False)
    assert client_for(who).post(reverse("clusters:remove_credential", args=[shared.pk])).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("rene", 404), ("aude", 403), ("stan", 404)])
def test_it_withdraws_nobody_elses_request(who, status, path_arguments, client_for):
    assert (
        client_for(who).post(reverse("clusters:withdraw", args=path_arguments["withdraw"])).status_code
        == status
    )
    assert "wanted.example.com" not in client_for(who).get("/clusters/requests/").content.decode()


def test_it_lets_the_owner_withdraw_and_remove(path_arguments, client_for):
    dana = client_for("dana")
    assert dana.post(reverse("clusters:withdraw", args=path_arguments["withdraw"])).status_code == 302
    assert (
        dana.post(reverse("clusters:remove_credential", args=path_arguments["remove_credential"])).status_code
        == 302
    )
    assert not ClusterRequest.objects.exists()
    assert not Credential.objects.filter(user__username="dana").exists()


def test_it_lets_a_person_remove_the_credential_of_a_cluster_that_is_no_longer_shared(
    path_arguments, client_for
):
    Cluster.objects.get(slug="dark").shares.all().delete()
    page = client_for("dana").get("/clusters/credentials/").content.decode()
    assert "No longer shared with you" in page
    client_for("dana").post(reverse("clusters:remove_credential", args=path_arguments["remove_credential"]))
    assert not Credential.objects.filter(user__username="dana").exists()


def test_it_keeps_an_inactive_person_out(path_arguments, client_for, users):
    browser = client_for("dana")
    users["dana"].is_active = False
    users["dana"].save()
    assert browser.get("/clusters/").status_code == 302
    assert (
        browser.post(
            reverse("clusters:remove_credential", args=path_arguments["remove_credential"])
        ).status_code
        == 302
    )
    assert Credential.objects.filter(user=users["dana"]).exists()
