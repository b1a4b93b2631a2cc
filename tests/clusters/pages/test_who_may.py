"""Who may enter which page of this room, and change what?"""

from __future__ import annotations

import pytest
from django.urls import reverse

from clusters.api.connection import Identity
from clusters.credentials.stored import Owner, keep
from clusters.credentials.trial import WhoAmI
from clusters.models import Cluster, ClusterRequest, Credential
from people.models import Team

EVERYBODY = ("clusters", "import", "requests", "credentials")
ADMINISTRATORS = ("add", "edit", "delete", "teams", "team_credential")
POSTS = ("approve", "decline", "withdraw", "remove_credential", "remove_team_credential")
WHO = WhoAmI("dana", "", (), {}, None)


@pytest.fixture
def there(cast, dark):
    """Arguments for every address: dana's credential and request, and team shop's credential."""
    own = keep(dark, Owner(user=cast["dana"]), Identity(token="t"), WHO)
    shop = Team.objects.get(slug="shop")
    keep(dark, Owner(team=shop), Identity(token="t"), WHO)
    asked = ClusterRequest.objects.create(
        user=cast["dana"], name="wanted", server="https://wanted.example.com"
    )
    return {
        "edit": ["dark"],
        "delete": ["dark"],
        "teams": ["dark"],
        "credential": ["dark"],
        "team_credential": ["dark", "shop"],
        "remove_team_credential": ["dark", "shop"],
        "remove_credential": [own.pk],
        "decline": [asked.pk],
        "approve": [asked.pk],
        "withdraw": [asked.pk],
    }


def counts() -> tuple[int, ...]:
    state = Cluster.objects.values_list("name", "server", "verify_tls")
    return (*state, Credential.objects.count(), ClusterRequest.objects.filter(state="open").count(), shares())


def shares() -> int:
    return sum(one.shares.count() for one in Cluster.objects.all())


ALL = (*EVERYBODY, *ADMINISTRATORS, *POSTS, "credential")


@pytest.mark.parametrize("name", ALL)
def test_it_asks_a_stranger_to_sign_in(name, there, browser_of):
    before = counts()
    path = reverse(f"clusters:{name}", args=there.get(name, []))
    for method in ("get", "post") if name not in POSTS else ("post",):
        answer = getattr(browser_of(), method)(path, {"slug": "dark"})
        assert answer.status_code in (302, 405), method
        assert answer.status_code == 405 or answer["Location"].startswith(reverse("people:sign_in"))
    assert counts() == before


@pytest.mark.parametrize("who", ["dana", "rene", "aude", "stan"])
@pytest.mark.parametrize("name", [*ADMINISTRATORS, "approve", "decline", "remove_team_credential"])
def test_it_lets_nobody_but_administrators_manage(name, who, there, browser_of):
    before = counts()
    path = reverse(f"clusters:{name}", args=there.get(name, []))
    posted = {"slug": "dark", "team": "pay", "name": "x", "server": "https://x.example.com", "token": "t"}
    assert browser_of(who).post(path, posted).status_code == 403
    if name in ADMINISTRATORS:
        assert browser_of(who).get(path).status_code == 403
    assert counts() == before


@pytest.mark.parametrize("who", ["ada", "dana", "rene", "aude", "stan"])
@pytest.mark.parametrize("name", EVERYBODY)
def test_it_shows_everybody_their_own_pages(name, who, there, browser_of):
    answer = browser_of(who).get(reverse(f"clusters:{name}"))
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ADMINISTRATORS)
def test_it_shows_administrators_the_pages_to_manage(name, there, browser_of):
    assert browser_of("ada").get(reverse(f"clusters:{name}", args=there.get(name, []))).status_code == 200


@pytest.mark.parametrize("name", ALL)
def test_it_wants_a_csrf_token(name, there, browser_of):
    before = counts()
    path = reverse(f"clusters:{name}", args=there.get(name, []))
    answer = browser_of("ada", strict=True).post(path, {"slug": "dark", "team": "pay"})
    assert answer.status_code in (403, 405)
    assert counts() == before


@pytest.mark.parametrize("name", POSTS)
def test_it_does_not_act_on_a_link(name, there, browser_of):
    before = counts()
    assert browser_of("ada").get(reverse(f"clusters:{name}", args=there[name])).status_code == 405
    assert counts() == before


def test_it_hides_a_cluster_that_is_not_shared(there, browser_of):
    for who in ("stan", "dora"):
        browser = browser_of(who)
        assert browser.get("/clusters/dark/credential/").status_code == 404
        assert browser.post("/clusters/dark/credential/", {"way": "token", "token": "t"}).status_code == 404
        assert browser.get("/clusters/nothing/credential/").status_code == 404
        for page in EVERYBODY:
            assert "127.0.0.1:1" not in browser.get(reverse(f"clusters:{page}")).content.decode()


@pytest.mark.parametrize("who", ["ada", "rene", "aude", "stan", "dora"])
def test_it_removes_nobody_elses_credential(who, there, browser_of):
    before = counts()
    path = reverse("clusters:remove_credential", args=there["remove_credential"])
    assert browser_of(who).post(path).status_code == 404
    assert counts() == before
    shared = Credential.objects.get(team__isnull=False)
    assert browser_of(who).post(reverse("clusters:remove_credential", args=[shared.pk])).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("rene", 404), ("aude", 403), ("stan", 404)])
def test_it_withdraws_nobody_elses_request(who, status, there, browser_of):
    assert browser_of(who).post(reverse("clusters:withdraw", args=there["withdraw"])).status_code == status
    assert "wanted.example.com" not in browser_of(who).get("/clusters/requests/").content.decode()


def test_it_lets_the_owner_withdraw_and_remove(there, browser_of):
    dana = browser_of("dana")
    assert dana.post(reverse("clusters:withdraw", args=there["withdraw"])).status_code == 302
    assert (
        dana.post(reverse("clusters:remove_credential", args=there["remove_credential"])).status_code == 302
    )
    assert not ClusterRequest.objects.exists()
    assert not Credential.objects.filter(user__username="dana").exists()


def test_it_lets_a_person_remove_the_credential_of_a_cluster_that_is_no_longer_shared(there, browser_of):
    Cluster.objects.get(slug="dark").shares.all().delete()
    page = browser_of("dana").get("/clusters/credentials/").content.decode()
    assert "No longer shared with you" in page
    browser_of("dana").post(reverse("clusters:remove_credential", args=there["remove_credential"]))
    assert not Credential.objects.filter(user__username="dana").exists()


def test_it_keeps_an_inactive_person_out(there, browser_of, cast):
    browser = browser_of("dana")
    cast["dana"].is_active = False
    cast["dana"].save()
    assert browser.get("/clusters/").status_code == 302
    assert (
        browser.post(reverse("clusters:remove_credential", args=there["remove_credential"])).status_code
        == 302
    )
    assert Credential.objects.filter(user=cast["dana"]).exists()
