"""Credential page: a credential is stored only after the cluster accepted it; typed values stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from clusters.credentials.store import identity_of
from clusters.models import Cluster, Credential, Share
from people.models import Team
from tests.clusters.credentials.certificates import (
    make_certificate,
    make_encrypted_key,
    make_jwt,
    to_base64,
)
from tests.clusters.credentials.kubeconfigs import build_config, to_yaml
from tests.clusters.credentials.test_kubeconfig import REFUSED_IN_CLUSTER, REFUSED_IN_USER

HOSTILE = "<script>alert('x')</script>\"'&\u202e{{ 7|add:7 }}{% now 'Y' %}"


def read_body(answer) -> str:
    return answer.content.decode()


def post_credential(browser, way: str, slug: str = "lit", **fields):
    return browser.post(f"/clusters/{slug}/credential/", {"way": way, **fields})


def test_it_stores_a_token_that_the_cluster_accepts(reachable_cluster, client_for, simulated_cluster, users):
    before = users["dana"].access_version
    answer = post_credential(
        client_for("dana"), "token", token=f" {simulated_cluster.token('dana')}\n", namespace="shop"
    )
    assert answer.status_code == 302
    stored = Credential.objects.get(user=users["dana"], cluster=reachable_cluster)
    assert (stored.identity, stored.kind, stored.namespace) == ("dana", "token", "shop")
    assert "team-shop" in stored.groups
    assert identity_of(stored).token == simulated_cluster.token("dana")
    assert simulated_cluster.token("dana").encode() not in bytes(stored.sealed)
    users["dana"].refresh_from_db()
    assert users["dana"].access_version == before + 1


def test_it_shows_what_the_cluster_answered_and_never_the_secret(
    reachable_cluster, client_for, simulated_cluster
):
    token = simulated_cluster.service_account_token("shop", "default", 3600)
    browser = client_for("dana")
    assert post_credential(browser, "token", token=token).status_code == 302
    page = read_body(browser.get("/clusters/lit/credential/"))
    assert "system:serviceaccount:shop:default" in page
    assert 'name="namespace" value="shop"' in page
    assert "system:serviceaccounts:shop" in page
    assert "Your credential expires soon" in page
    assert token not in page
    assert Credential.objects.get().namespace == "shop"
    for address in ("/clusters/", "/clusters/credentials/"):
        listed = browser.get(address)
        assert "system:serviceaccount:shop:default" in read_body(listed)
        assert token not in read_body(listed)


def test_it_stores_a_certificate_and_key(reachable_cluster, client_for, simulated_cluster, users):
    cert, key = simulated_cluster.certificate("dana", seconds=3600)
    assert post_credential(client_for("dana"), "certificate", certificate=cert, key=key).status_code == 302
    stored = Credential.objects.get(user=users["dana"])
    assert (stored.identity, stored.kind) == ("dana", "certificate")
    assert stored.expires_at > timezone.now()


def test_it_stores_a_kubeconfig_and_its_namespace(reachable_cluster, client_for, simulated_cluster, users):
    answer = post_credential(
        client_for("rene"), "kubeconfig", kubeconfig=simulated_cluster.kubeconfig("rene").read_text()
    )
    assert answer.status_code == 302
    stored = Credential.objects.get(user=users["rene"])
    assert (stored.identity, stored.namespace) == ("rene", "shop")


def test_it_takes_a_kubeconfig_as_a_file(reachable_cluster, client_for, simulated_cluster, users):
    with simulated_cluster.kubeconfig("rene").open("rb") as file:
        assert post_credential(client_for("rene"), "kubeconfig", file=file).status_code == 302
    assert Credential.objects.get().identity == "rene"


def test_it_renews_in_place(reachable_cluster, client_for, simulated_cluster, users):
    browser = client_for("dana")
    post_credential(browser, "token", token=simulated_cluster.token("dana"))
    first = Credential.objects.get()
    post_credential(browser, "token", token=simulated_cluster.service_account_token("shop", "default", 3600))
    second = Credential.objects.get()
    assert (second.pk, second.identity) == (first.pk, "system:serviceaccount:shop:default")
    assert second.version > first.version
    assert second.expires_at is not None


def test_it_lets_an_auditor_add_an_own_credential(reachable_cluster, client_for, simulated_cluster, users):
    assert (
        post_credential(client_for("aude"), "token", token=simulated_cluster.token("aude")).status_code == 302
    )
    assert Credential.objects.get().user == users["aude"]


def test_it_lets_an_administrator_add_one_for_any_cluster(
    reachable_cluster, client_for, simulated_cluster, users
):
    reachable_cluster.shares.all().delete()
    assert (
        post_credential(client_for("ada"), "token", token=simulated_cluster.token("ada")).status_code == 302
    )
    assert Credential.objects.get().user == users["ada"]


def test_it_goes_on_to_the_page_that_sent_the_person_here(reachable_cluster, client_for, simulated_cluster):
    token = simulated_cluster.token("dana")
    for next_url, leads in (
        ("/c/lit/shop/pods?q=web", "/c/lit/shop/pods?q=web"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
    ):
        answer = client_for("dana").post(
            "/clusters/lit/credential/", {"way": "token", "token": token, "next": next_url}
        )
        assert answer["Location"] == leads


def test_it_keeps_what_was_typed_when_the_cluster_refuses(reachable_cluster, client_for):
    answer = post_credential(client_for("dana"), "token", token="canary-token", namespace="shop")
    assert answer.status_code == 422
    assert "The cluster rejected your credential." in read_body(answer)
    assert "canary-token</textarea>" in read_body(answer)
    assert 'value="shop"' in read_body(answer)
    assert 'autocomplete="off"' in read_body(answer)
    assert "no-store" in answer["Cache-Control"]
    assert not Credential.objects.exists()


def test_it_does_not_lose_the_old_credential_when_a_new_one_is_refused(
    reachable_cluster, client_for, simulated_cluster
):
    browser = client_for("dana")
    post_credential(browser, "token", token=simulated_cluster.token("dana"))
    before = Credential.objects.values().get()
    assert post_credential(browser, "token", token="wrong").status_code == 422
    assert Credential.objects.values().get() == before


def test_it_says_that_a_token_has_expired(reachable_cluster, client_for):
    expired = make_jwt(exp=1_700_000_000, sub="dana")
    page = read_body(post_credential(client_for("dana"), "token", token=expired))
    assert "The credential has expired." in page
    assert "2023-11-14" in page
    assert expired in page


def test_it_says_that_a_certificate_has_expired(reachable_cluster, client_for, simulated_cluster):
    cert, key = simulated_cluster.certificate("dana", seconds=-60)
    page = read_body(post_credential(client_for("dana"), "certificate", certificate=cert, key=key))
    assert "The credential has expired." in page
    assert key.splitlines()[1] in page


def update_cluster(cluster: Cluster, **fields: object) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"server": "https://127.0.0.1:1"}, "Connection refused at the API server"),
        ({"ca": make_certificate("another")[0]}, "is signed by an untrusted authority"),
        ({"tls_server_name": "other.example.com"}, "certificate is for a different host name"),
        ({"server": "https://nothing.invalid:6443"}, "host name cannot be resolved"),
        ({"server": "https://169.254.169.254"}, "does not connect to this address"),
        ({"proxy_url": "http://127.0.0.1:1"}, "HTTP proxy configured for this cluster"),
    ],
)
def test_it_gives_each_fault_its_own_sentence(
    fields, title, reachable_cluster, client_for, simulated_cluster
):
    update_cluster(reachable_cluster, **fields)
    token = simulated_cluster.token("dana")
    answer = post_credential(client_for("dana"), "token", token=token)
    assert answer.status_code == 422
    assert title in read_body(answer).replace("&#x27;", "'")
    assert token in read_body(answer)
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("way", "fields", "sentence"),
    [
        ("token", {"token": ""}, "The token is empty."),
        ("token", {"token": "a b"}, "an invalid character"),
        ("token", {"token": "Bearer abc"}, "the word “Bearer”"),
        ("token", {}, "The token is empty."),
        ("token", {"token": "abc", "namespace": "Not_A_Name"}, "Use lowercase letters"),
        ("certificate", {"certificate": "x", "key": "y"}, "No PEM certificate found."),
        (
            "certificate",
            {"certificate": make_certificate()[0], "key": make_encrypted_key()},
            "protected by a passphrase",
        ),
        (
            "certificate",
            {"certificate": make_certificate()[0], "key": make_certificate()[1]},
            "does not belong",
        ),
        ("kubeconfig", {"kubeconfig": ""}, "The file is empty."),
        ("kubeconfig", {"kubeconfig": "a: [\n"}, "Line 2 is not valid YAML"),
        ("kubeconfig", {"kubeconfig": "x" * 1_100_000}, "larger than 1 MiB"),
        ("kubeconfig", {"kubeconfig": to_yaml(build_config())}, "This context is for a different cluster"),
        (
            "kubeconfig",
            {"kubeconfig": to_yaml(build_config()), "context": "none"},
            "There is no context named",
        ),
    ],
)
def test_it_sends_nothing_that_it_can_refuse_itself(way, fields, sentence, unreachable_cluster, client_for):
    answer = post_credential(client_for("dana"), way, "dark", **fields)
    assert answer.status_code == 422
    assert sentence.lower() in read_body(answer).lower()
    assert "Connection refused" not in read_body(answer)
    for value in fields.values():
        assert not value or value.splitlines()[-1] in read_body(answer)


@pytest.mark.parametrize(
    ("server", "authority", "sentence"),
    [
        ("{server}/k8s/clusters/a", "ca", "for a different cluster"),
        ("https://127.0.0.1:2", "ca", "for a different cluster"),
        ("{server}", "", "another certificate authority"),
        ("{server}", "other", "another certificate authority"),
    ],
)
def test_nothing_of_another_clusters_credential_is_sent_to_this_one(
    server, authority, sentence, reachable_cluster, client_for, simulated_cluster, users
):
    """A token that this cluster would accept, in a context that is not its own."""
    pem = {"ca": simulated_cluster.ca, "other": make_certificate("other")[0], "": ""}[authority]
    cluster = {
        "server": server.format(server=simulated_cluster.server),
        "certificate-authority-data": to_base64(pem),
    }
    value = build_config(user={"token": simulated_cluster.token("dana")}, cluster=cluster)
    answer = post_credential(client_for("dana"), "kubeconfig", kubeconfig=to_yaml(value))
    assert answer.status_code == 422
    assert sentence in read_body(answer)
    assert not Credential.objects.filter(user=users["dana"]).exists()


def test_it_takes_a_file_as_windows_powershell_writes_it(
    reachable_cluster, client_for, simulated_cluster, users
):
    cluster = {
        "server": simulated_cluster.server,
        "certificate-authority-data": to_base64(simulated_cluster.ca),
    }
    value = build_config(user={"token": simulated_cluster.token("dana")}, cluster=cluster)
    file = SimpleUploadedFile("config", to_yaml(value).encode("utf-16"))
    assert post_credential(client_for("dana"), "kubeconfig", file=file).status_code == 302
    assert Credential.objects.get(user=users["dana"]).identity == "dana"


@pytest.mark.parametrize("key", [*REFUSED_IN_USER, *REFUSED_IN_CLUSTER])
def test_it_names_a_refused_field_and_keeps_the_file(key, unreachable_cluster, client_for):
    fields = {key: {**REFUSED_IN_USER, **REFUSED_IN_CLUSTER}[key]}
    value = (
        build_config(user={"token": "canary", **fields})
        if key in REFUSED_IN_USER
        else build_config(cluster=fields)
    )
    answer = post_credential(client_for("dana"), "kubeconfig", "dark", kubeconfig=to_yaml(value))
    where = "users[0].user" if key in REFUSED_IN_USER else "clusters[0].cluster"
    assert answer.status_code == 422
    assert f"<code>{where}.{key}</code>" in read_body(answer)
    assert "current-context: shop" in read_body(answer)


def test_it_says_what_to_do_instead_of_a_program(unreachable_cluster, client_for):
    value = build_config(user={"exec": {"command": "aws", "args": ["eks", "get-token"]}})
    value["contexts"][0]["name"] = value["current-context"] = "arn:aws:eks/prod; rm -rf"
    page = read_body(post_credential(client_for("dana"), "kubeconfig", "dark", kubeconfig=to_yaml(value)))
    assert "Use a ServiceAccount token instead" in page
    context = "kubectl --context &#x27;arn:aws:eks/prod; rm -rf&#x27; -n shop"
    assert f"{context} create serviceaccount quarterdeck-dana" in page
    assert "--clusterrole=edit --serviceaccount=shop:quarterdeck-dana" in page
    assert "create token quarterdeck-dana --duration=720h" in page
    assert "On Dark" in page
    assert "To renew it" in page


def test_it_offers_a_viewer_the_role_view_in_the_requested_namespace(unreachable_cluster, client_for):
    page = read_body(client_for("rene").get("/clusters/dark/credential/?namespace=pay"))
    assert "-n pay create rolebinding quarterdeck-rene-view --clusterrole=view" in page
    hostile = read_body(client_for("rene").get("/clusters/dark/credential/", {"namespace": "x; rm -rf /"}))
    assert "-n default create serviceaccount" in hostile
    assert "rm -rf" not in hostile


def test_it_says_which_cluster_it_is_without_a_credential(unreachable_cluster, client_for):
    page = read_body(client_for("dana").get("/clusters/dark/credential/"))
    assert "You have no credential for Dark (https://127.0.0.1:1) yet." in page


@pytest.mark.parametrize("way", ["token", "certificate", "kubeconfig"])
def test_it_escapes_hostile_text_in_every_field(way, unreachable_cluster, client_for):
    typed = dict.fromkeys(
        ("token", "certificate", "key", "kubeconfig", "namespace", "context", "next"), HOSTILE
    )
    Cluster.objects.filter(pk=unreachable_cluster.pk).update(name=HOSTILE)
    answer = post_credential(client_for("dana"), way, "dark", **typed)
    assert answer.status_code == 422
    assert "<script>alert" not in read_body(answer)
    assert "{{ 7|add:7 }}" in read_body(answer)
    assert "no-store" in answer["Cache-Control"]


def test_it_refuses_a_way_that_is_none(unreachable_cluster, client_for):
    browser = client_for("dana")
    assert post_credential(browser, "oidc", "dark").status_code == 404
    assert browser.get("/clusters/dark/credential/?way=x").status_code == 404


def test_it_warns_seven_days_before_and_says_what_has_expired(
    reachable_cluster, client_for, simulated_cluster
):
    browser = client_for("dana")
    post_credential(browser, "token", token=simulated_cluster.token("dana"))
    for days, word in ((8, ">View credential <span"), (6, "badge warning"), (-1, "badge error")):
        Credential.objects.update(expires_at=timezone.now() + timedelta(days=days))
        page = read_body(browser.get("/clusters/"))
        assert word in page
        assert (">Open <span" in page) == (days > 0)


def test_it_says_when_a_sealed_value_cannot_be_decrypted(
    reachable_cluster, client_for, simulated_cluster, users
):
    browser = client_for("dana")
    post_credential(browser, "token", token=simulated_cluster.token("dana"))
    other = Cluster.objects.create(slug="other", name="Other", server="https://other.example.com")
    Share.objects.create(cluster=other, team=Team.objects.get(slug="shop"))
    Credential.objects.create(
        cluster=other, user=users["dana"], kind="token", sealed=Credential.objects.get().sealed
    )
    assert "Cannot be decrypted: add it again" in read_body(browser.get("/clusters/"))
    assert "cannot be decrypted" in read_body(browser.get("/clusters/other/credential/"))
