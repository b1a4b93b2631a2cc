"""Import page: a kubeconfig becomes clusters, credentials and requests, as chosen."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clusters.models import Cluster, ClusterRequest, Credential, Share
from people.models import Team
from tests.attacks.audit_hook import record_events
from tests.clusters.credentials.certificates import make_certificate, to_base64
from tests.clusters.credentials.kubeconfigs import add_context, build_config, to_yaml
from tests.clusters.pages.test_credential import HOSTILE, read_body


def build_config_for(simulated, name: str) -> dict:
    """One context `shop` for the simulated cluster."""
    cluster = {"server": simulated.server, "certificate-authority-data": to_base64(simulated.ca)}
    return build_config(cluster=cluster, user={"token": simulated.token(name)})


def send(browser, value, *chosen: str, **others):
    posted = {"kubeconfig": value if isinstance(value, str) else to_yaml(value), **others}
    if chosen:
        posted |= {"context-chosen": list(chosen), "carry-out": "yes"}
    return browser.post("/clusters/import/", posted)


def test_it_shows_the_contexts_and_stores_nothing_yet(client_for, users):
    answer = send(
        client_for("ada"), add_context(build_config(), user={"exec": {}}, server="https://b.example.com")
    )
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "Add this cluster and save my credential" in read_body(answer)
    assert "Add this cluster without a credential" in read_body(answer)
    assert "users[1].user.exec" in read_body(answer)
    assert "dana-token" in read_body(answer)
    assert not Cluster.objects.exists()


def test_the_only_context_is_ticked_and_several_are_the_persons_to_choose(client_for, users):
    only = read_body(send(client_for("ada"), build_config()))
    assert only.count('name="context-chosen"') == only.count(" checked>") == 1
    several = add_context(build_config(), user={"token": "another"}, server="https://b.example.com")
    both = read_body(send(client_for("ada"), several))
    assert both.count('name="context-chosen"') == 2
    assert " checked>" not in both


def test_it_adds_clusters_and_own_credentials_for_an_administrator(client_for, users, simulated_cluster):
    answer = send(
        client_for("ada"),
        build_config_for(simulated_cluster, "ada"),
        "0:shop",
        **{"name-0": "Production", "slug-0": "prod-eu", "team": "shop"},
    )
    assert answer.status_code == 302
    made = Cluster.objects.get()
    assert (made.slug, made.name, made.server, made.ca) == (
        "prod-eu",
        "Production",
        simulated_cluster.server,
        simulated_cluster.ca,
    )
    assert [one.team.slug for one in made.shares.all()] == ["shop"]
    stored = Credential.objects.get()
    assert (stored.user, stored.identity, stored.namespace) == (users["ada"], "ada", "shop")


def test_it_adds_a_cluster_whose_user_signs_in_by_a_program(client_for, users, simulated_cluster):
    value = build_config_for(simulated_cluster, "ada")
    value["users"][0]["user"] = {"exec": {"command": "aws"}}
    assert send(client_for("ada"), value, "0:shop").status_code == 302
    assert Cluster.objects.get().slug == "prod"
    assert not Credential.objects.exists()


def test_it_stores_a_member_s_credential_for_a_cluster_that_matches(
    client_for, reachable_cluster, users, simulated_cluster
):
    value = build_config_for(simulated_cluster, "dana")
    value["clusters"][0]["cluster"]["server"] = (
        simulated_cluster.server.upper().replace("HTTPS", "https") + "/"
    )
    page = read_body(send(client_for("dana"), value))
    assert "Save as my credential for Lit" in page
    assert send(client_for("dana"), value, "0:shop").status_code == 302
    assert Credential.objects.get().user == users["dana"]
    assert Cluster.objects.count() == 1


def test_it_turns_a_member_s_other_clusters_into_requests_without_the_credential(client_for, users):
    value = build_config(user={"token": "canary-token"})
    assert "Request this cluster from an administrator" in read_body(send(client_for("dana"), value))
    assert send(client_for("dana"), value, "0:shop").status_code == 302
    cluster_request = ClusterRequest.objects.get()
    assert (cluster_request.user, cluster_request.server, cluster_request.state) == (
        users["dana"],
        "https://api.example.com:6443",
        "open",
    )
    assert "canary" not in str(ClusterRequest.objects.values().get())
    assert not Cluster.objects.exists()
    assert not Credential.objects.exists()
    send(client_for("dana"), value, "0:shop")
    assert ClusterRequest.objects.count() == 1
    assert "api.example.com" in read_body(client_for("ada").get("/clusters/requests/"))


def test_it_takes_only_twenty_open_requests_of_a_person(client_for, users):
    ClusterRequest.objects.bulk_create(
        [ClusterRequest(user=users["dana"], name="x", server=f"https://{n}.example.com") for n in range(20)]
    )
    answer = send(client_for("dana"), build_config(), "0:shop")
    assert "20 open requests" in read_body(answer)
    assert ClusterRequest.objects.count() == 20


def test_it_reveals_to_a_member_nothing_of_clusters_that_are_not_shared(
    client_for, reachable_cluster, simulated_cluster
):
    page = read_body(send(client_for("dora"), build_config_for(simulated_cluster, "dana")))
    assert "Lit" not in page
    assert "Request this cluster from an administrator" in page


def test_it_does_not_take_another_authority_for_the_same_cluster(
    client_for, reachable_cluster, simulated_cluster
):
    value = build_config_for(simulated_cluster, "dana")
    value["clusters"][0]["cluster"]["certificate-authority-data"] = to_base64(make_certificate("evil")[0])
    page = read_body(send(client_for("dana"), value))
    assert "with a different certificate authority" in page
    assert "Save as my credential" not in page


def test_it_keeps_everything_when_a_context_fails(client_for, reachable_cluster, simulated_cluster, users):
    value = add_context(
        build_config_for(simulated_cluster, "dana"), user={"token": "wrong"}, server="https://b.example.com"
    )
    value["clusters"][1]["cluster"] = dict(value["clusters"][0]["cluster"])
    answer = send(client_for("dana"), value, "1:other")
    assert answer.status_code == 422
    assert "The cluster rejected your credential." in read_body(answer)
    assert "token: wrong" in read_body(answer)
    assert 'value="1:other" id="context-1" checked' in read_body(answer)
    assert not Credential.objects.exists()


def test_it_uses_a_cluster_for_one_context_only(client_for, reachable_cluster, simulated_cluster):
    value = add_context(
        build_config_for(simulated_cluster, "dana"),
        user={"token": simulated_cluster.token("rene")},
        server="https://b.example.com",
    )
    value["clusters"][1]["cluster"] = dict(value["clusters"][0]["cluster"])
    answer = send(client_for("dana"), value, "0:shop", "1:other")
    assert answer.status_code == 422
    assert "Context shop was already used" in read_body(answer)
    assert Credential.objects.get().identity == "dana"


def test_it_does_nothing_with_a_tick_that_was_for_another_file(
    client_for, reachable_cluster, simulated_cluster
):
    answer = send(client_for("dana"), build_config_for(simulated_cluster, "dana"), "0:other", "9:shop")
    assert answer.status_code == 422
    assert "Select at least one context." in read_body(answer)
    assert not Credential.objects.exists()


def test_it_does_not_let_a_member_choose_names_or_teams(client_for, users):
    send(client_for("dora"), build_config(), "0:shop", **{"name-0": "Mine", "slug-0": "mine", "team": "shop"})
    assert not Cluster.objects.exists()
    assert not Share.objects.exists()
    assert ClusterRequest.objects.get().name == "prod"


def test_it_says_so_when_a_short_name_is_taken(client_for, unreachable_cluster, simulated_cluster):
    answer = send(
        client_for("ada"), build_config_for(simulated_cluster, "ada"), "0:shop", **{"slug-0": "dark"}
    )
    assert answer.status_code == 422
    assert "already exists" in read_body(answer)
    assert Cluster.objects.count() == 1
    assert not Credential.objects.exists()


def test_it_adds_no_cluster_that_refuses_the_credential(client_for, users, simulated_cluster):
    value = build_config_for(simulated_cluster, "ada")
    value["users"][0]["user"]["token"] = "wrong"
    answer = send(client_for("ada"), value, "0:shop")
    assert "The cluster rejected your credential." in read_body(answer)
    assert not Cluster.objects.exists()


@pytest.mark.parametrize(
    "server",
    ["https://169.254.169.254", "https://127.0.0.1:1", "http://127.0.0.1", "https://nothing.invalid"],
)
def test_it_adds_no_cluster_that_must_not_or_cannot_be_reached(server, client_for, users):
    answer = send(client_for("ada"), build_config(cluster={"server": server}), "0:shop")
    assert answer.status_code == 422
    assert not Cluster.objects.exists()


@pytest.mark.parametrize("value", ["", "a: [", "a: &a [*a]", "x" * 1_100_000, "[" * 3000, "users:\n\t- a"])
def test_it_keeps_a_text_that_cannot_be_read(value, client_for, users):
    answer = send(client_for("dana"), value, "0:shop")
    assert answer.status_code == 422
    assert value.splitlines()[-1] if value else True
    assert read_body(answer).count("notice error") == 1


def test_it_escapes_hostile_names(client_for, users):
    value = build_config()
    plain = HOSTILE.replace("\u202e", "")
    for key, inner in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        value[key][0]["name"] = plain
        del inner
    value["contexts"][0]["context"] = {"cluster": plain, "user": plain}
    for who in ("ada", "dana"):
        page = read_body(send(client_for(who), value))
        assert "<script>alert" not in page
        assert "{{ 7|add:7 }}" in page


def test_it_reads_a_file(client_for, simulated_cluster, users):
    with simulated_cluster.kubeconfig("dana").open("rb") as file:
        answer = client_for("dana").post("/clusters/import/", {"kubeconfig": "", "file": file})
    assert answer.status_code == 200
    assert "client-certificate-data" in read_body(answer)
    assert Team.objects.count() == 2


def build_upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("config", content, "application/octet-stream")


def test_it_refuses_a_file_of_ten_megabytes_by_its_size_and_keeps_it_off_the_disk(client_for, users):
    with record_events() as seen:
        answer = client_for("dana").post(
            "/clusters/import/", {"kubeconfig": "", "file": build_upload(b"# x\n" * 2_500_000)}
        )
    written = [one for one in seen.select(("open", "os.")) if "/tmp" in one]
    assert answer.status_code == 422
    assert "larger than 1 MiB" in read_body(answer)
    assert written == []


def test_it_reads_a_file_that_is_no_text(client_for, users):
    for content in (b"\x00\x01\x02", b"\xff\xfe\x00k", b"\x89PNG\r\n\x1a\n", b""):
        answer = client_for("dana").post(
            "/clusters/import/", {"kubeconfig": "", "file": build_upload(content)}
        )
        assert answer.status_code == 422


def test_it_takes_no_body_larger_than_three_mebibytes(client_for, users):
    answer = client_for("dana").post("/clusters/import/", {"kubeconfig": "x" * 10_000_000})
    assert answer.status_code in (400, 413)
