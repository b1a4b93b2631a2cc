"""Does a person's own credential come in only when the cluster accepted it, and is everything typed kept?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from clusters.credentials.stored import identity_of
from clusters.models import Cluster, Credential, Share
from people.models import Team
from tests.clusters.credentials.kubeconfigs import config, text
from tests.clusters.credentials.pki import certificate, encrypted_key, jwt
from tests.clusters.credentials.test_kubeconfig import REFUSED_IN_CLUSTER, REFUSED_IN_USER

HOSTILE = "<script>alert('x')</script>\"'&\u202e{{ 7|add:7 }}{% now 'Y' %}"


def body(answer) -> str:
    return answer.content.decode()


def bring(browser, way: str, slug: str = "lit", **fields):
    return browser.post(f"/clusters/{slug}/credential/", {"way": way, **fields})


def test_it_stores_a_token_that_the_cluster_accepts(lit, browser_of, simulated, cast):
    before = cast["dana"].access_version
    answer = bring(browser_of("dana"), "token", token=f" {simulated.token('dana')}\n", namespace="shop")
    assert answer.status_code == 302
    stored = Credential.objects.get(user=cast["dana"], cluster=lit)
    assert (stored.identity, stored.kind, stored.namespace) == ("dana", "token", "shop")
    assert "team-shop" in stored.groups
    assert identity_of(stored).token == simulated.token("dana")
    assert simulated.token("dana").encode() not in bytes(stored.sealed)
    cast["dana"].refresh_from_db()
    assert cast["dana"].access_version == before + 1


def test_it_shows_what_the_cluster_answered_and_never_the_secret(lit, browser_of, simulated):
    token = simulated.service_account_token("shop", "default", 3600)
    browser = browser_of("dana")
    assert bring(browser, "token", token=token).status_code == 302
    page = body(browser.get("/clusters/lit/credential/"))
    assert "system:serviceaccount:shop:default" in page
    assert 'name="namespace" value="shop"' in page
    assert "system:serviceaccounts:shop" in page
    assert "Your credential expires soon" in page
    assert token not in page
    assert Credential.objects.get().namespace == "shop"
    for address in ("/clusters/", "/clusters/credentials/"):
        listed = browser.get(address)
        assert "system:serviceaccount:shop:default" in body(listed)
        assert token not in body(listed)


def test_it_stores_a_certificate_and_key(lit, browser_of, simulated, cast):
    cert, key = simulated.certificate("dana", seconds=3600)
    assert bring(browser_of("dana"), "certificate", certificate=cert, key=key).status_code == 302
    stored = Credential.objects.get(user=cast["dana"])
    assert (stored.identity, stored.kind) == ("dana", "certificate")
    assert stored.expires_at > timezone.now()


def test_it_stores_a_kubeconfig_and_its_namespace(lit, browser_of, simulated, cast):
    answer = bring(browser_of("rene"), "kubeconfig", kubeconfig=simulated.kubeconfig("rene").read_text())
    assert answer.status_code == 302
    stored = Credential.objects.get(user=cast["rene"])
    assert (stored.identity, stored.namespace) == ("rene", "shop")


def test_it_takes_a_kubeconfig_as_a_file(lit, browser_of, simulated, cast):
    with simulated.kubeconfig("rene").open("rb") as file:
        assert bring(browser_of("rene"), "kubeconfig", file=file).status_code == 302
    assert Credential.objects.get().identity == "rene"


def test_it_renews_in_place(lit, browser_of, simulated, cast):
    browser = browser_of("dana")
    bring(browser, "token", token=simulated.token("dana"))
    first = Credential.objects.get()
    bring(browser, "token", token=simulated.service_account_token("shop", "default", 3600))
    second = Credential.objects.get()
    assert (second.pk, second.identity) == (first.pk, "system:serviceaccount:shop:default")
    assert second.version > first.version
    assert second.expires_at is not None


def test_it_lets_an_auditor_bring_an_own_credential(lit, browser_of, simulated, cast):
    assert bring(browser_of("aude"), "token", token=simulated.token("aude")).status_code == 302
    assert Credential.objects.get().user == cast["aude"]


def test_it_lets_an_administrator_bring_one_for_any_cluster(lit, browser_of, simulated, cast):
    lit.shares.all().delete()
    assert bring(browser_of("ada"), "token", token=simulated.token("ada")).status_code == 302
    assert Credential.objects.get().user == cast["ada"]


def test_it_goes_on_to_the_page_that_sent_the_person_here(lit, browser_of, simulated):
    token = simulated.token("dana")
    for onward, leads in (
        ("/c/lit/shop/pods?q=web", "/c/lit/shop/pods?q=web"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
    ):
        answer = browser_of("dana").post(
            "/clusters/lit/credential/", {"way": "token", "token": token, "next": onward}
        )
        assert answer["Location"] == leads


def test_it_keeps_what_was_typed_when_the_cluster_refuses(lit, browser_of):
    answer = bring(browser_of("dana"), "token", token="canary-token", namespace="shop")
    assert answer.status_code == 422
    assert "The cluster rejected your credential." in body(answer)
    assert "canary-token</textarea>" in body(answer)
    assert 'value="shop"' in body(answer)
    assert 'autocomplete="off"' in body(answer)
    assert "no-store" in answer["Cache-Control"]
    assert not Credential.objects.exists()


def test_it_does_not_lose_the_old_credential_when_a_new_one_is_refused(lit, browser_of, simulated):
    browser = browser_of("dana")
    bring(browser, "token", token=simulated.token("dana"))
    before = Credential.objects.values().get()
    assert bring(browser, "token", token="wrong").status_code == 422
    assert Credential.objects.values().get() == before


def test_it_says_that_a_token_has_ended(lit, browser_of):
    ended = jwt(exp=1_700_000_000, sub="dana")
    page = body(bring(browser_of("dana"), "token", token=ended))
    assert "The credential has expired." in page
    assert "2023-11-14" in page
    assert ended in page


def test_it_says_that_a_certificate_has_ended(lit, browser_of, simulated):
    cert, key = simulated.certificate("dana", seconds=-60)
    page = body(bring(browser_of("dana"), "certificate", certificate=cert, key=key))
    assert "The credential has expired." in page
    assert key.splitlines()[1] in page


def change(cluster: Cluster, **fields: object) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"server": "https://127.0.0.1:1"}, "Connection refused at the API server"),
        ({"ca": certificate("another")[0]}, "is signed by an untrusted authority"),
        ({"tls_server_name": "other.example.com"}, "certificate is for a different host name"),
        ({"server": "https://nothing.invalid:6443"}, "host name cannot be resolved"),
        ({"server": "https://169.254.169.254"}, "does not connect to this address"),
        ({"proxy_url": "http://127.0.0.1:1"}, "HTTP proxy configured for this cluster"),
    ],
)
def test_it_gives_each_fault_its_own_sentence(fields, title, lit, browser_of, simulated):
    change(lit, **fields)
    token = simulated.token("dana")
    answer = bring(browser_of("dana"), "token", token=token)
    assert answer.status_code == 422
    assert title in body(answer).replace("&#x27;", "'")
    assert token in body(answer)
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("way", "fields", "sentence"),
    [
        ("token", {"token": ""}, "The token is empty."),
        ("token", {"token": "a b"}, "an invalid character"),
        ("token", {"token": "Bearer abc"}, "the word “Bearer”"),
        ("token", {}, "The token is empty."),
        ("token", {"token": "abc", "namespace": "Not_A_Name"}, "lowercase letters"),
        ("certificate", {"certificate": "x", "key": "y"}, "No PEM certificate found."),
        (
            "certificate",
            {"certificate": certificate()[0], "key": encrypted_key()},
            "protected by a passphrase",
        ),
        ("certificate", {"certificate": certificate()[0], "key": certificate()[1]}, "does not belong"),
        ("kubeconfig", {"kubeconfig": ""}, "The file is empty."),
        ("kubeconfig", {"kubeconfig": "a: [\n"}, "Line 2 is not valid YAML"),
        ("kubeconfig", {"kubeconfig": "x" * 1_100_000}, "larger than 1 MiB"),
        ("kubeconfig", {"kubeconfig": text(config())}, "This context is for a different cluster"),
        (
            "kubeconfig",
            {"kubeconfig": text(config()), "context": "none"},
            "There is no context named",
        ),
    ],
)
def test_it_sends_nothing_that_it_can_refuse_itself(way, fields, sentence, dark, browser_of):
    answer = bring(browser_of("dana"), way, "dark", **fields)
    assert answer.status_code == 422
    assert sentence.lower() in body(answer).lower()
    assert "Connection refused" not in body(answer)
    for value in fields.values():
        assert not value or value.splitlines()[-1] in body(answer)


@pytest.mark.parametrize("key", [*REFUSED_IN_USER, *REFUSED_IN_CLUSTER])
def test_it_names_a_refused_field_and_keeps_the_file(key, dark, browser_of):
    fields = {key: {**REFUSED_IN_USER, **REFUSED_IN_CLUSTER}[key]}
    value = config(user={"token": "canary", **fields}) if key in REFUSED_IN_USER else config(cluster=fields)
    answer = bring(browser_of("dana"), "kubeconfig", "dark", kubeconfig=text(value))
    where = "users[0].user" if key in REFUSED_IN_USER else "clusters[0].cluster"
    assert answer.status_code == 422
    assert f"<code>{where}.{key}</code>" in body(answer)
    assert "current-context: shop" in body(answer)


def test_it_says_what_to_do_instead_of_a_program(dark, browser_of):
    value = config(user={"exec": {"command": "aws", "args": ["eks", "get-token"]}})
    value["contexts"][0]["name"] = value["current-context"] = "arn:aws:eks/prod; rm -rf"
    page = body(bring(browser_of("dana"), "kubeconfig", "dark", kubeconfig=text(value)))
    assert "Use a ServiceAccount token instead" in page
    context = "kubectl --context &#x27;arn:aws:eks/prod; rm -rf&#x27; -n shop"
    assert f"{context} create serviceaccount quarterdeck-dana" in page
    assert "--clusterrole=edit --serviceaccount=shop:quarterdeck-dana" in page
    assert "create token quarterdeck-dana --duration=720h" in page
    assert "On Dark" in page
    assert "To renew it" in page


def test_it_offers_a_reader_the_role_view_in_the_namespace_that_was_asked_for(dark, browser_of):
    page = body(browser_of("rene").get("/clusters/dark/credential/?namespace=pay"))
    assert "-n pay create rolebinding quarterdeck-rene-view --clusterrole=view" in page
    hostile = body(browser_of("rene").get("/clusters/dark/credential/", {"namespace": "x; rm -rf /"}))
    assert "-n default create serviceaccount" in hostile
    assert "rm -rf" not in hostile


def test_it_says_which_cluster_it_is_without_a_credential(dark, browser_of):
    page = body(browser_of("dana").get("/clusters/dark/credential/"))
    assert "You have no credential for Dark (https://127.0.0.1:1) yet." in page


@pytest.mark.parametrize("way", ["token", "certificate", "kubeconfig"])
def test_it_escapes_hostile_text_in_every_field(way, dark, browser_of):
    typed = dict.fromkeys(
        ("token", "certificate", "key", "kubeconfig", "namespace", "context", "next"), HOSTILE
    )
    Cluster.objects.filter(pk=dark.pk).update(name=HOSTILE)
    answer = bring(browser_of("dana"), way, "dark", **typed)
    assert answer.status_code == 422
    assert "<script>alert" not in body(answer)
    assert "{{ 7|add:7 }}" in body(answer)
    assert "no-store" in answer["Cache-Control"]


def test_it_refuses_a_way_that_is_none(dark, browser_of):
    browser = browser_of("dana")
    assert bring(browser, "oidc", "dark").status_code == 404
    assert browser.get("/clusters/dark/credential/?way=x").status_code == 404


def test_it_warns_seven_days_ahead_and_says_what_has_ended(lit, browser_of, simulated):
    browser = browser_of("dana")
    bring(browser, "token", token=simulated.token("dana"))
    for days, word in ((8, ">View credential <span"), (6, "badge warning"), (-1, "badge error")):
        Credential.objects.update(expires_at=timezone.now() + timedelta(days=days))
        page = body(browser.get("/clusters/"))
        assert word in page
        assert (">Open <span" in page) == (days > 0)


def test_it_says_when_a_sealed_value_cannot_be_opened(lit, browser_of, simulated, cast):
    browser = browser_of("dana")
    bring(browser, "token", token=simulated.token("dana"))
    other = Cluster.objects.create(slug="other", name="Other", server="https://other.example.com")
    Share.objects.create(cluster=other, team=Team.objects.get(slug="shop"))
    Credential.objects.create(
        cluster=other, user=cast["dana"], kind="token", sealed=Credential.objects.get().sealed
    )
    assert "Cannot be decrypted: add it again" in body(browser.get("/clusters/"))
    assert "cannot be decrypted" in body(browser.get("/clusters/other/credential/"))
