"""Does a whole kubeconfig become clusters, credentials and requests, and nothing that was not chosen?"""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clusters.models import Cluster, ClusterRequest, Credential, Share
from people.models import Team
from tests.attacks.watched import watched
from tests.clusters.credentials.kubeconfigs import config, text, with_second_context
from tests.clusters.credentials.pki import certificate, packed
from tests.clusters.pages.test_credential import HOSTILE, body


def config_of(simulated, name: str) -> dict:
    """One context `shop` for the simulated cluster."""
    cluster = {"server": simulated.server, "certificate-authority-data": packed(simulated.ca)}
    return config(cluster=cluster, user={"token": simulated.token(name)})


def send(browser, value, *chosen: str, **others):
    posted = {"kubeconfig": value if isinstance(value, str) else text(value), **others}
    if chosen:
        posted |= {"context-chosen": list(chosen), "carry-out": "yes"}
    return browser.post("/clusters/import/", posted)


def test_it_shows_the_contexts_and_stores_nothing_yet(browser_of, cast):
    answer = send(
        browser_of("ada"), with_second_context(config(), user={"exec": {}}, server="https://b.example.com")
    )
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "Add this cluster and save my credential" in body(answer)
    assert "Add this cluster without a credential" in body(answer)
    assert "users[1].user.exec" in body(answer)
    assert "dana-token" in body(answer)
    assert not Cluster.objects.exists()


def test_the_only_context_is_ticked_and_several_are_the_persons_to_choose(browser_of, cast):
    only = body(send(browser_of("ada"), config()))
    assert only.count('name="context-chosen"') == only.count(" checked>") == 1
    several = with_second_context(config(), user={"token": "another"}, server="https://b.example.com")
    both = body(send(browser_of("ada"), several))
    assert both.count('name="context-chosen"') == 2
    assert " checked>" not in both


def test_it_adds_clusters_and_own_credentials_for_an_administrator(browser_of, cast, simulated):
    answer = send(
        browser_of("ada"),
        config_of(simulated, "ada"),
        "0:shop",
        **{"name-0": "Production", "slug-0": "prod-eu", "team": "shop"},
    )
    assert answer.status_code == 302
    made = Cluster.objects.get()
    assert (made.slug, made.name, made.server, made.ca) == (
        "prod-eu",
        "Production",
        simulated.server,
        simulated.ca,
    )
    assert [one.team.slug for one in made.shares.all()] == ["shop"]
    stored = Credential.objects.get()
    assert (stored.user, stored.identity, stored.namespace) == (cast["ada"], "ada", "shop")


def test_it_adds_a_cluster_whose_user_signs_in_by_a_program(browser_of, cast, simulated):
    value = config_of(simulated, "ada")
    value["users"][0]["user"] = {"exec": {"command": "aws"}}
    assert send(browser_of("ada"), value, "0:shop").status_code == 302
    assert Cluster.objects.get().slug == "prod"
    assert not Credential.objects.exists()


def test_it_stores_a_member_s_credential_for_a_cluster_that_matches(browser_of, lit, cast, simulated):
    value = config_of(simulated, "dana")
    value["clusters"][0]["cluster"]["server"] = simulated.server.upper().replace("HTTPS", "https") + "/"
    page = body(send(browser_of("dana"), value))
    assert "Save as my credential for Lit" in page
    assert send(browser_of("dana"), value, "0:shop").status_code == 302
    assert Credential.objects.get().user == cast["dana"]
    assert Cluster.objects.count() == 1


def test_it_turns_a_member_s_other_clusters_into_requests_without_the_credential(browser_of, cast):
    value = config(user={"token": "canary-token"})
    assert "Request this cluster from an administrator" in body(send(browser_of("dana"), value))
    assert send(browser_of("dana"), value, "0:shop").status_code == 302
    asked = ClusterRequest.objects.get()
    assert (asked.user, asked.server, asked.state) == (cast["dana"], "https://api.example.com:6443", "open")
    assert "canary" not in str(ClusterRequest.objects.values().get())
    assert not Cluster.objects.exists()
    assert not Credential.objects.exists()
    send(browser_of("dana"), value, "0:shop")
    assert ClusterRequest.objects.count() == 1
    assert "api.example.com" in body(browser_of("ada").get("/clusters/requests/"))


def test_it_takes_only_twenty_open_requests_of_a_person(browser_of, cast):
    ClusterRequest.objects.bulk_create(
        [ClusterRequest(user=cast["dana"], name="x", server=f"https://{n}.example.com") for n in range(20)]
    )
    answer = send(browser_of("dana"), config(), "0:shop")
    assert "20 open requests" in body(answer)
    assert ClusterRequest.objects.count() == 20


def test_it_tells_a_member_nothing_of_clusters_that_are_not_shared(browser_of, lit, simulated):
    page = body(send(browser_of("dora"), config_of(simulated, "dana")))
    assert "Lit" not in page
    assert "Request this cluster from an administrator" in page


def test_it_does_not_take_another_authority_for_the_same_cluster(browser_of, lit, simulated):
    value = config_of(simulated, "dana")
    value["clusters"][0]["cluster"]["certificate-authority-data"] = packed(certificate("evil")[0])
    page = body(send(browser_of("dana"), value))
    assert "with a different certificate authority" in page
    assert "Save as my credential" not in page


def test_it_keeps_everything_when_a_context_fails(browser_of, lit, simulated, cast):
    value = with_second_context(
        config_of(simulated, "dana"), user={"token": "wrong"}, server="https://b.example.com"
    )
    value["clusters"][1]["cluster"] = dict(value["clusters"][0]["cluster"])
    answer = send(browser_of("dana"), value, "1:other")
    assert answer.status_code == 422
    assert "The cluster rejected your credential." in body(answer)
    assert "token: wrong" in body(answer)
    assert 'value="1:other" id="context-1" checked' in body(answer)
    assert not Credential.objects.exists()


def test_it_uses_a_cluster_for_one_context_only(browser_of, lit, simulated):
    value = with_second_context(
        config_of(simulated, "dana"), user={"token": simulated.token("rene")}, server="https://b.example.com"
    )
    value["clusters"][1]["cluster"] = dict(value["clusters"][0]["cluster"])
    answer = send(browser_of("dana"), value, "0:shop", "1:other")
    assert answer.status_code == 422
    assert "Context shop was already used" in body(answer)
    assert Credential.objects.get().identity == "dana"


def test_it_does_nothing_with_a_tick_that_was_for_another_file(browser_of, lit, simulated):
    answer = send(browser_of("dana"), config_of(simulated, "dana"), "0:other", "9:shop")
    assert answer.status_code == 422
    assert "Select at least one context." in body(answer)
    assert not Credential.objects.exists()


def test_it_does_not_let_a_member_choose_names_or_teams(browser_of, cast):
    send(browser_of("dora"), config(), "0:shop", **{"name-0": "Mine", "slug-0": "mine", "team": "shop"})
    assert not Cluster.objects.exists()
    assert not Share.objects.exists()
    assert ClusterRequest.objects.get().name == "prod"


def test_it_says_so_when_a_short_name_is_taken(browser_of, dark, simulated):
    answer = send(browser_of("ada"), config_of(simulated, "ada"), "0:shop", **{"slug-0": "dark"})
    assert answer.status_code == 422
    assert "already exists" in body(answer)
    assert Cluster.objects.count() == 1
    assert not Credential.objects.exists()


def test_it_adds_no_cluster_that_refuses_the_credential(browser_of, cast, simulated):
    value = config_of(simulated, "ada")
    value["users"][0]["user"]["token"] = "wrong"
    answer = send(browser_of("ada"), value, "0:shop")
    assert "rejected your credential" in body(answer)
    assert not Cluster.objects.exists()


@pytest.mark.parametrize(
    "server",
    ["https://169.254.169.254", "https://127.0.0.1:1", "http://127.0.0.1", "https://nothing.invalid"],
)
def test_it_adds_no_cluster_that_must_not_or_cannot_be_reached(server, browser_of, cast):
    answer = send(browser_of("ada"), config(cluster={"server": server}), "0:shop")
    assert answer.status_code == 422
    assert not Cluster.objects.exists()


@pytest.mark.parametrize("value", ["", "a: [", "a: &a [*a]", "x" * 1_100_000, "[" * 3000, "users:\n\t- a"])
def test_it_keeps_a_text_that_cannot_be_read(value, browser_of, cast):
    answer = send(browser_of("dana"), value, "0:shop")
    assert answer.status_code == 422
    assert value.splitlines()[-1] if value else True
    assert body(answer).count("notice error") == 1


def test_it_escapes_hostile_names(browser_of, cast):
    value = config()
    plain = HOSTILE.replace("\u202e", "")
    for key, inner in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        value[key][0]["name"] = plain
        del inner
    value["contexts"][0]["context"] = {"cluster": plain, "user": plain}
    for who in ("ada", "dana"):
        page = body(send(browser_of(who), value))
        assert "<script>alert" not in page
        assert "{{ 7|add:7 }}" in page


def test_it_reads_a_file(browser_of, simulated, cast):
    with simulated.kubeconfig("dana").open("rb") as file:
        answer = browser_of("dana").post("/clusters/import/", {"kubeconfig": "", "file": file})
    assert answer.status_code == 200
    assert "client-certificate-data" in body(answer)
    assert Team.objects.count() == 2


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("config", content, "application/octet-stream")


def test_it_refuses_a_file_of_ten_megabytes_by_its_size_and_keeps_it_off_the_disk(browser_of, cast):
    with watched() as seen:
        answer = browser_of("dana").post(
            "/clusters/import/", {"kubeconfig": "", "file": upload(b"# x\n" * 2_500_000)}
        )
    written = [one for one in seen.of(("open", "os.")) if "/tmp" in one]
    assert answer.status_code == 422
    assert "larger than 1 MiB" in body(answer)
    assert written == []


def test_it_reads_a_file_that_is_no_text(browser_of, cast):
    for content in (b"\x00\x01\x02", b"\xff\xfe\x00k", b"\x89PNG\r\n\x1a\n", b""):
        answer = browser_of("dana").post("/clusters/import/", {"kubeconfig": "", "file": upload(content)})
        assert answer.status_code == 422


def test_it_takes_no_body_larger_than_three_mebibytes(browser_of, cast):
    answer = browser_of("dana").post("/clusters/import/", {"kubeconfig": "x" * 10_000_000})
    assert answer.status_code in (400, 413)
