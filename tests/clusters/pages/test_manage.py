"""Cluster administration: add, change, share and delete; form errors keep what was typed."""

from __future__ import annotations

import pytest

from clusters.api.connection import Identity
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.models import Cluster, ClusterRequest, Credential, Share
from people.models import Team
from tests.clusters.credentials.certificates import make_certificate
from tests.clusters.pages.test_credential import HOSTILE, read_body

WHO = WhoAmI("dana", "", (), {}, None)


def build_fields(**others: str) -> dict[str, str]:
    return {
        "name": "New",
        "slug": "new",
        "server": "https://127.0.0.1:1",
        "color": "teal",
        "verify_tls": "on",
        **others,
    }


def test_it_adds_a_cluster_that_answers(client_for, simulated_cluster):
    answer = client_for("ada").post(
        "/clusters/add/",
        build_fields(
            server=f"{simulated_cluster.server}/",
            ca=f"text\n{simulated_cluster.ca}",
            labels="env=production\ntier=a\n\nbare",
        ),
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/clusters/new/teams/"
    made = Cluster.objects.get()
    assert (made.server, made.ca, made.verify_tls) == (simulated_cluster.server, simulated_cluster.ca, True)
    assert made.labels == {"env": "production", "tier": "a", "bare": ""}
    page = read_body(client_for("ada").get("/clusters/new/edit/"))
    assert "env=production\ntier=a\nbare</textarea>" in page


@pytest.mark.parametrize(
    ("others", "title"),
    [
        ({}, "Connection refused at the API server"),
        ({"server": "https://nothing.invalid"}, "host name cannot be resolved"),
    ],
)
def test_it_says_why_a_cluster_cannot_be_reached_and_saves_it_only_when_confirmed(others, title, client_for):
    browser = client_for("ada")
    answer = browser.post("/clusters/add/", build_fields(**others))
    assert answer.status_code == 422
    assert title in read_body(answer).replace("&#x27;", "'")
    assert 'value="new"' in read_body(answer)
    assert not Cluster.objects.exists()
    assert browser.post("/clusters/add/", build_fields(**others, save_anyway="yes")).status_code == 302
    assert Cluster.objects.count() == 1


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "[::ffff:169.254.169.254]", "0xA9FEA9FE"])
def test_it_never_saves_an_address_that_nothing_connects_to(host, client_for):
    browser = client_for("ada")
    for more in ({}, {"save_anyway": "yes"}):
        answer = browser.post("/clusters/add/", build_fields(server=f"https://{host}", **more))
        assert answer.status_code == 422
        assert "does not connect to this address" in read_body(answer)
    assert not Cluster.objects.exists()


def test_it_does_not_take_a_stranger_for_the_cluster(client_for, simulated_cluster):
    answer = client_for("ada").post(
        "/clusters/add/", build_fields(server=simulated_cluster.server, ca=make_certificate()[0])
    )
    assert "is signed by an untrusted authority" in read_body(answer)
    assert not Cluster.objects.exists()


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "a\u202eb"}, "an invisible character"),
        ({"slug": "Not A Slug"}, "valid"),
        ({"slug": "-a"}, "start and end with a letter or digit"),
        ({"slug": "credentials"}, "Choose another one."),
        ({"slug": "import"}, "Choose another one."),
        ({"server": "http://a.example.com"}, "unencrypted"),
        ({"server": "https://u:p@a.example.com"}, "username or password"),
        ({"server": "file:///etc/passwd"}, "https://"),
        ({"ca": "junk"}, "No PEM certificate found."),
        ({"tls_server_name": "a b"}, "not a valid host name"),
        ({"proxy_url": "socks5://a:1"}, "not a valid HTTP proxy address"),
        ({"proxy_url": "http://u:p@a:1"}, "not a valid HTTP proxy address"),
        ({"labels": "a b=c"}, "Not a valid label"),
        ({"labels": "a=1\na=2"}, "Duplicate label"),
        ({"labels": "\n".join(f"k{n}=v" for n in range(60))}, "At most 50"),
        ({"color": "plaid"}, "valid choice"),
        ({"verify_tls": ""}, "to disable TLS verification"),
        ({"verify_tls": "", "unverified": "yes"}, "to disable TLS verification"),
    ],
)
def test_it_refuses_a_field_by_its_own_sentence(others, sentence, client_for):
    answer = client_for("ada").post("/clusters/add/", build_fields(**others, save_anyway="yes"))
    assert answer.status_code == 422
    assert sentence in read_body(answer).replace("&#x27;", "'")
    assert not Cluster.objects.exists()


def test_it_switches_verification_off_only_when_that_was_typed_and_marks_it(
    client_for, simulated_cluster, users
):
    answer = client_for("ada").post(
        "/clusters/add/",
        {**build_fields(server=simulated_cluster.server), "verify_tls": "", "unverified": "do not verify"},
    )
    assert answer.status_code == 302
    made = Cluster.objects.get()
    assert made.verify_tls is False
    Share.objects.create(cluster=made, team=Team.objects.get(slug="shop"))
    dana = client_for("dana")
    assert "TLS verification off" in read_body(dana.get("/clusters/"))
    assert "TLS verification off" in read_body(dana.get("/clusters/new/credential/"))
    edited = client_for("ada").post(
        "/clusters/new/edit/", {**build_fields(server=simulated_cluster.server), "verify_tls": ""}
    )
    assert edited.status_code == 302  # it is off already, and stays so


def test_it_ends_what_stood_on_the_old_settings(client_for, unreachable_cluster, users):
    own = save_credential(unreachable_cluster, Owner(user=users["dana"]), Identity(token="t"), WHO)
    users["dana"].refresh_from_db()
    users["rene"].refresh_from_db()
    before = (own.version, users["dana"].access_version, users["rene"].access_version)
    answer = client_for("ada").post(
        "/clusters/dark/edit/",
        build_fields(name="Darker", slug="dark", server="https://127.0.0.1:2", save_anyway="yes"),
    )
    assert answer.status_code == 302
    for one in (own, users["dana"], users["rene"]):
        one.refresh_from_db()
    assert own.version > before[0]
    assert users["dana"].access_version > before[1]
    assert users["rene"].access_version > before[2]
    assert Cluster.objects.get().name == "Darker"


def test_it_shows_the_stored_name_while_an_edit_is_refused(client_for, unreachable_cluster):
    answer = client_for("ada").post(
        "/clusters/dark/edit/", build_fields(name="Other", slug="dark", server="http://x")
    )
    assert answer.status_code == 422
    assert "<h1>Edit Dark</h1>" in read_body(answer)
    assert 'value="Other"' in read_body(answer)


def test_it_deletes_a_cluster_only_after_its_name_was_typed(client_for, unreachable_cluster, users):
    save_credential(unreachable_cluster, Owner(user=users["dana"]), Identity(token="t"), WHO)
    browser = client_for("ada")
    assert "1 stored credential" in read_body(browser.get("/clusters/dark/delete/"))
    assert browser.post("/clusters/dark/delete/", {"slug": "drak"}).status_code == 422
    assert Cluster.objects.exists()
    users["rene"].refresh_from_db()
    before = users["rene"].access_version
    assert browser.post("/clusters/dark/delete/", {"slug": "dark"}).status_code == 302
    assert not Credential.objects.exists()
    users["rene"].refresh_from_db()
    assert users["rene"].access_version > before


def test_it_escapes_hostile_text_in_every_field(client_for, unreachable_cluster):
    typed = dict.fromkeys(
        build_fields(ca="", labels="", proxy_url="", tls_server_name="", unverified=""), HOSTILE
    )
    for path in ("/clusters/add/", "/clusters/dark/edit/", "/clusters/dark/delete/"):
        answer = client_for("ada").post(path, {**typed, "request": HOSTILE})
        assert answer.status_code == 422
        assert "<script>alert" not in read_body(answer)


def test_it_shares_with_the_chosen_teams_only(client_for, unreachable_cluster, users):
    users["dora"].refresh_from_db()
    dora, dana = users["dora"].access_version, users["dana"].access_version
    browser = client_for("ada")
    assert browser.post("/clusters/dark/teams/", {"team": ["pay"]}).status_code == 302
    assert [one.team.slug for one in unreachable_cluster.shares.all()] == ["pay"]
    assert "127.0.0.1:1" in read_body(client_for("dora").get("/clusters/"))
    assert "127.0.0.1:1" not in read_body(client_for("dana").get("/clusters/"))
    users["dora"].refresh_from_db()
    users["dana"].refresh_from_db()
    assert (users["dora"].access_version, users["dana"].access_version) == (dora + 1, dana + 1)
    browser.post("/clusters/dark/teams/", {"team": [HOSTILE, "nothing"]})
    assert not unreachable_cluster.shares.exists()


def test_it_stores_a_team_s_credential_for_reading_only_unless_said(
    client_for, reachable_cluster, simulated_cluster
):
    browser = client_for("ada")
    path = "/clusters/lit/teams/shop/credential/"
    token = simulated_cluster.service_account_token("shop", "default", 3600)
    assert browser.post(path, {"way": "token", "token": "canary-token"}).status_code == 422
    assert browser.post(path, {"way": "token", "token": token}).status_code == 302
    stored = Credential.objects.get()
    assert (stored.team.slug, stored.user, stored.read_only) == ("shop", None, True)
    assert browser.post(path, {"way": "token", "token": token, "can_write": "yes"}).status_code == 302
    stored.refresh_from_db()
    assert stored.read_only is False
    page = read_body(client_for("dana").get("/clusters/"))
    assert "Shared by team Shop" in page
    assert "system:serviceaccount:shop:default" in page
    assert token not in page


def test_it_takes_a_team_s_credential_away_with_the_share(client_for, unreachable_cluster, users):
    save_credential(unreachable_cluster, Owner(team=Team.objects.get(slug="shop")), Identity(token="t"), WHO)
    own = save_credential(unreachable_cluster, Owner(user=users["dana"]), Identity(token="t"), WHO)
    client_for("ada").post("/clusters/dark/teams/", {"team": ["pay"]})
    assert [one.pk for one in Credential.objects.all()] == [own.pk]


def test_it_removes_a_team_s_credential(client_for, unreachable_cluster):
    save_credential(unreachable_cluster, Owner(team=Team.objects.get(slug="shop")), Identity(token="t"), WHO)
    assert client_for("ada").post("/clusters/dark/teams/shop/credential/remove/").status_code == 302
    assert not Credential.objects.exists()


def test_it_has_no_team_credential_where_nothing_is_shared(client_for, unreachable_cluster):
    answer = client_for("ada").post("/clusters/dark/teams/pay/credential/", {"way": "token", "token": "t"})
    assert answer.status_code == 404


def test_it_approves_a_request_by_adding_its_cluster(client_for, users, simulated_cluster):
    cluster_request = ClusterRequest.objects.create(
        user=users["dana"], name="Wanted", server=simulated_cluster.server, ca=simulated_cluster.ca
    )
    browser = client_for("ada")
    page = read_body(browser.get(f"/clusters/add/?request={cluster_request.pk}"))
    assert 'value="Wanted"' in page
    assert simulated_cluster.server in page
    answer = browser.post(
        "/clusters/add/",
        build_fields(
            name="Wanted",
            server=simulated_cluster.server,
            ca=simulated_cluster.ca,
            request=str(cluster_request.pk),
        ),
    )
    assert answer.status_code == 302
    cluster_request.refresh_from_db()
    assert (cluster_request.state, cluster_request.cluster.slug, cluster_request.decided_by) == (
        "approved",
        "new",
        users["ada"],
    )
    assert "Approved" in read_body(client_for("dana").get("/clusters/requests/"))


def test_it_declines_a_request_once(client_for, users):
    cluster_request = ClusterRequest.objects.create(
        user=users["dana"], name=HOSTILE[:100], server="https://wanted.example.com"
    )
    browser = client_for("ada")
    assert "<script>alert" not in read_body(browser.get("/clusters/requests/"))
    assert browser.post(f"/clusters/requests/{cluster_request.pk}/decline/").status_code == 302
    assert browser.post(f"/clusters/requests/{cluster_request.pk}/decline/").status_code == 404
    cluster_request.refresh_from_db()
    assert (cluster_request.state, cluster_request.decided_by) == ("declined", users["ada"])
    assert client_for("dana").post(f"/clusters/requests/{cluster_request.pk}/withdraw/").status_code == 404


def test_it_approves_a_request_with_a_cluster_that_is_here(client_for, users, unreachable_cluster):
    cluster_request = ClusterRequest.objects.create(
        user=users["dora"], name="Wanted", server=unreachable_cluster.server
    )
    browser = client_for("ada")
    assert "Approve using existing cluster Dark" in read_body(
        browser.get(f"/clusters/add/?request={cluster_request.pk}")
    )
    assert (
        browser.post(f"/clusters/requests/{cluster_request.pk}/approve/", {"cluster": "none"}).status_code
        == 404
    )
    answer = browser.post(f"/clusters/requests/{cluster_request.pk}/approve/", {"cluster": "dark"})
    assert answer["Location"] == "/clusters/dark/teams/"
    cluster_request.refresh_from_db()
    assert (cluster_request.state, cluster_request.cluster, cluster_request.decided_by) == (
        "approved",
        unreachable_cluster,
        users["ada"],
    )
    assert Cluster.objects.count() == 1
