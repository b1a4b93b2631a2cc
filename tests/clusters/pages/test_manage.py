"""Can an administrator add, change, share and delete clusters, and is each mistake told with what was typed?"""

from __future__ import annotations

import pytest

from clusters.api.connection import Identity
from clusters.credentials.stored import Owner, keep
from clusters.credentials.trial import WhoAmI
from clusters.models import Cluster, ClusterRequest, Credential, Share
from people.models import Team
from tests.clusters.credentials.pki import certificate
from tests.clusters.pages.test_credential import HOSTILE, body

WHO = WhoAmI("dana", "", (), {}, None)


def fields(**others: str) -> dict[str, str]:
    return {
        "name": "New",
        "slug": "new",
        "server": "https://127.0.0.1:1",
        "colour": "teal",
        "verify_tls": "on",
        **others,
    }


def test_it_adds_a_cluster_that_answers(browser_of, simulated):
    answer = browser_of("ada").post(
        "/clusters/add/",
        fields(
            server=f"{simulated.server}/",
            ca=f"text\n{simulated.ca}",
            labels="env=production\ntier=a\n\nbare",
        ),
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/clusters/new/teams/"
    made = Cluster.objects.get()
    assert (made.server, made.ca, made.verify_tls) == (simulated.server, simulated.ca, True)
    assert made.labels == {"env": "production", "tier": "a", "bare": ""}
    page = body(browser_of("ada").get("/clusters/new/edit/"))
    assert "env=production\ntier=a\nbare</textarea>" in page


@pytest.mark.parametrize(
    ("others", "title"),
    [
        ({}, "Connection refused at the API server"),
        ({"server": "https://nothing.invalid"}, "host name cannot be resolved"),
    ],
)
def test_it_says_why_a_cluster_cannot_be_reached_and_saves_it_only_when_told_so(others, title, browser_of):
    browser = browser_of("ada")
    answer = browser.post("/clusters/add/", fields(**others))
    assert answer.status_code == 422
    assert title in body(answer).replace("&#x27;", "'")
    assert 'value="new"' in body(answer)
    assert not Cluster.objects.exists()
    assert browser.post("/clusters/add/", fields(**others, save_anyway="yes")).status_code == 302
    assert Cluster.objects.count() == 1


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "[::ffff:169.254.169.254]", "0xA9FEA9FE"])
def test_it_never_saves_an_address_that_nothing_connects_to(host, browser_of):
    browser = browser_of("ada")
    for more in ({}, {"save_anyway": "yes"}):
        answer = browser.post("/clusters/add/", fields(server=f"https://{host}", **more))
        assert answer.status_code == 422
        assert "does not connect to this address" in body(answer)
    assert not Cluster.objects.exists()


def test_it_does_not_take_a_stranger_for_the_cluster(browser_of, simulated):
    answer = browser_of("ada").post("/clusters/add/", fields(server=simulated.server, ca=certificate()[0]))
    assert "is signed by an untrusted authority" in body(answer)
    assert not Cluster.objects.exists()


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "a\u202eb"}, "invisible character"),
        ({"slug": "Not A Slug"}, "valid"),
        ({"slug": "-a"}, "start and end with a letter or digit"),
        ({"slug": "credentials"}, "Choose another one."),
        ({"slug": "import"}, "Choose another one."),
        ({"server": "http://a.example.com"}, "unencrypted"),
        ({"server": "https://u:p@a.example.com"}, "username or password"),
        ({"server": "file:///etc/passwd"}, "https://"),
        ({"ca": "junk"}, "No PEM certificate found"),
        ({"tls_server_name": "a b"}, "not a valid host name"),
        ({"proxy_url": "socks5://a:1"}, "not a valid HTTP proxy address"),
        ({"proxy_url": "http://u:p@a:1"}, "not a valid HTTP proxy address"),
        ({"labels": "a b=c"}, "Not a valid label"),
        ({"labels": "a=1\na=2"}, "Duplicate label"),
        ({"labels": "\n".join(f"k{n}=v" for n in range(60))}, "At most 50"),
        ({"colour": "plaid"}, "valid choice"),
        ({"verify_tls": ""}, "to disable TLS verification"),
        ({"verify_tls": "", "unverified": "yes"}, "to disable TLS verification"),
    ],
)
def test_it_refuses_a_field_by_its_own_sentence(others, sentence, browser_of):
    answer = browser_of("ada").post("/clusters/add/", fields(**others, save_anyway="yes"))
    assert answer.status_code == 422
    assert sentence in body(answer).replace("&#x27;", "'")
    assert not Cluster.objects.exists()


def test_it_switches_verification_off_only_when_that_was_typed_and_marks_it(browser_of, simulated, cast):
    answer = browser_of("ada").post(
        "/clusters/add/",
        {**fields(server=simulated.server), "verify_tls": "", "unverified": "do not verify"},
    )
    assert answer.status_code == 302
    made = Cluster.objects.get()
    assert made.verify_tls is False
    Share.objects.create(cluster=made, team=Team.objects.get(slug="shop"))
    dana = browser_of("dana")
    assert "TLS verification off" in body(dana.get("/clusters/"))
    assert "TLS verification off" in body(dana.get("/clusters/new/credential/"))
    edited = browser_of("ada").post(
        "/clusters/new/edit/", {**fields(server=simulated.server), "verify_tls": ""}
    )
    assert edited.status_code == 302  # it is off already, and stays so


def test_it_ends_what_stood_on_the_old_settings(browser_of, dark, cast):
    own = keep(dark, Owner(user=cast["dana"]), Identity(token="t"), WHO)
    cast["dana"].refresh_from_db()
    cast["rene"].refresh_from_db()
    before = (own.version, cast["dana"].access_version, cast["rene"].access_version)
    answer = browser_of("ada").post(
        "/clusters/dark/edit/",
        fields(name="Darker", slug="dark", server="https://127.0.0.1:2", save_anyway="yes"),
    )
    assert answer.status_code == 302
    for one in (own, cast["dana"], cast["rene"]):
        one.refresh_from_db()
    assert own.version > before[0]
    assert cast["dana"].access_version > before[1]
    assert cast["rene"].access_version > before[2]
    assert Cluster.objects.get().name == "Darker"


def test_it_shows_the_stored_name_while_an_edit_is_refused(browser_of, dark):
    answer = browser_of("ada").post(
        "/clusters/dark/edit/", fields(name="Other", slug="dark", server="http://x")
    )
    assert answer.status_code == 422
    assert "<h1>Edit Dark</h1>" in body(answer)
    assert 'value="Other"' in body(answer)


def test_it_deletes_a_cluster_only_after_its_name_was_typed(browser_of, dark, cast):
    keep(dark, Owner(user=cast["dana"]), Identity(token="t"), WHO)
    browser = browser_of("ada")
    assert "1 stored credential" in body(browser.get("/clusters/dark/delete/"))
    assert browser.post("/clusters/dark/delete/", {"slug": "drak"}).status_code == 422
    assert Cluster.objects.exists()
    cast["rene"].refresh_from_db()
    before = cast["rene"].access_version
    assert browser.post("/clusters/dark/delete/", {"slug": "dark"}).status_code == 302
    assert not Credential.objects.exists()
    cast["rene"].refresh_from_db()
    assert cast["rene"].access_version > before


def test_it_escapes_hostile_text_in_every_field(browser_of, dark):
    typed = dict.fromkeys(fields(ca="", labels="", proxy_url="", tls_server_name="", unverified=""), HOSTILE)
    for path in ("/clusters/add/", "/clusters/dark/edit/", "/clusters/dark/delete/"):
        answer = browser_of("ada").post(path, {**typed, "request": HOSTILE})
        assert answer.status_code == 422
        assert "<script>alert" not in body(answer)


def test_it_shares_with_the_chosen_teams_only(browser_of, dark, cast):
    cast["dora"].refresh_from_db()
    dora, dana = cast["dora"].access_version, cast["dana"].access_version
    browser = browser_of("ada")
    assert browser.post("/clusters/dark/teams/", {"team": ["pay"]}).status_code == 302
    assert [one.team.slug for one in dark.shares.all()] == ["pay"]
    assert "127.0.0.1:1" in body(browser_of("dora").get("/clusters/"))
    assert "127.0.0.1:1" not in body(browser_of("dana").get("/clusters/"))
    cast["dora"].refresh_from_db()
    cast["dana"].refresh_from_db()
    assert (cast["dora"].access_version, cast["dana"].access_version) == (dora + 1, dana + 1)
    browser.post("/clusters/dark/teams/", {"team": [HOSTILE, "nothing"]})
    assert not dark.shares.exists()


def test_it_stores_a_team_s_credential_for_reading_only_unless_said(browser_of, lit, simulated):
    browser = browser_of("ada")
    path = "/clusters/lit/teams/shop/credential/"
    token = simulated.service_account_token("shop", "default", 3600)
    assert browser.post(path, {"way": "token", "token": "canary-token"}).status_code == 422
    assert browser.post(path, {"way": "token", "token": token}).status_code == 302
    stored = Credential.objects.get()
    assert (stored.team.slug, stored.user, stored.read_only) == ("shop", None, True)
    assert browser.post(path, {"way": "token", "token": token, "may_write": "yes"}).status_code == 302
    stored.refresh_from_db()
    assert stored.read_only is False
    page = body(browser_of("dana").get("/clusters/"))
    assert "Shared by team Shop" in page
    assert "system:serviceaccount:shop:default" in page
    assert token not in page


def test_it_takes_a_team_s_credential_away_with_the_share(browser_of, dark, cast):
    keep(dark, Owner(team=Team.objects.get(slug="shop")), Identity(token="t"), WHO)
    own = keep(dark, Owner(user=cast["dana"]), Identity(token="t"), WHO)
    browser_of("ada").post("/clusters/dark/teams/", {"team": ["pay"]})
    assert [one.pk for one in Credential.objects.all()] == [own.pk]


def test_it_removes_a_team_s_credential(browser_of, dark):
    keep(dark, Owner(team=Team.objects.get(slug="shop")), Identity(token="t"), WHO)
    assert browser_of("ada").post("/clusters/dark/teams/shop/credential/remove/").status_code == 302
    assert not Credential.objects.exists()


def test_it_has_no_team_credential_where_nothing_is_shared(browser_of, dark):
    answer = browser_of("ada").post("/clusters/dark/teams/pay/credential/", {"way": "token", "token": "t"})
    assert answer.status_code == 404


def test_it_approves_a_request_by_adding_its_cluster(browser_of, cast, simulated):
    asked = ClusterRequest.objects.create(
        user=cast["dana"], name="Wanted", server=simulated.server, ca=simulated.ca
    )
    browser = browser_of("ada")
    page = body(browser.get(f"/clusters/add/?request={asked.pk}"))
    assert 'value="Wanted"' in page
    assert simulated.server in page
    answer = browser.post(
        "/clusters/add/",
        fields(name="Wanted", server=simulated.server, ca=simulated.ca, request=str(asked.pk)),
    )
    assert answer.status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.cluster.slug, asked.decided_by) == ("approved", "new", cast["ada"])
    assert "Approved" in body(browser_of("dana").get("/clusters/requests/"))


def test_it_declines_a_request_once(browser_of, cast):
    asked = ClusterRequest.objects.create(
        user=cast["dana"], name=HOSTILE[:100], server="https://wanted.example.com"
    )
    browser = browser_of("ada")
    assert "<script>alert" not in body(browser.get("/clusters/requests/"))
    assert browser.post(f"/clusters/requests/{asked.pk}/decline/").status_code == 302
    assert browser.post(f"/clusters/requests/{asked.pk}/decline/").status_code == 404
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("declined", cast["ada"])
    assert browser_of("dana").post(f"/clusters/requests/{asked.pk}/withdraw/").status_code == 404


def test_it_approves_a_request_with_a_cluster_that_is_here(browser_of, cast, dark):
    asked = ClusterRequest.objects.create(user=cast["dora"], name="Wanted", server=dark.server)
    browser = browser_of("ada")
    assert "Approve using existing cluster Dark" in body(browser.get(f"/clusters/add/?request={asked.pk}"))
    assert browser.post(f"/clusters/requests/{asked.pk}/approve/", {"cluster": "none"}).status_code == 404
    answer = browser.post(f"/clusters/requests/{asked.pk}/approve/", {"cluster": "dark"})
    assert answer["Location"] == "/clusters/dark/teams/"
    asked.refresh_from_db()
    assert (asked.state, asked.cluster, asked.decided_by) == ("approved", dark, cast["ada"])
    assert Cluster.objects.count() == 1
