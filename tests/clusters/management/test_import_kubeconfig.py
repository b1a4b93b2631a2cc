"""Command import_kubeconfig: clusters from a file and from the files that it names."""

from __future__ import annotations

from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError

from clusters.models import Cluster, Credential
from people.models import Team, User
from tests.clusters.credentials.certificates import to_base64
from tests.clusters.credentials.kubeconfigs import add_context, build_config


@pytest.fixture
def ada(db) -> User:
    Team.objects.create(slug="shop", name="Shop")
    return User.objects.create(username="ada", global_role="administrator")


def run(path, *arguments: str) -> tuple[str, str]:
    out, errors = StringIO(), StringIO()
    try:
        call_command("import_kubeconfig", str(path), *arguments, stdout=out, stderr=errors)
    except CommandError as failed:
        errors.write(str(failed))
    return out.getvalue(), errors.getvalue()


def write_config(folder, value):
    path = folder / "config"
    path.write_text(yaml.safe_dump(value))
    return path


def build_config_for(simulated, **user):
    cluster = {"server": simulated.server, "certificate-authority-data": to_base64(simulated.ca)}
    return build_config(cluster=cluster, user=user)


def test_it_adds_the_cluster_shares_it_and_stores_the_credential(ada, simulated_cluster):
    output, errors = run(simulated_cluster.kubeconfig("ada"), "--owner", "ada", "--team", "shop", "--share")
    assert errors == ""
    assert "added cluster" in output
    assert "shared with team shop" in output
    assert "stored the credential of ada: ada" in output
    assert simulated_cluster.token("ada") not in output
    assert Credential.objects.get().user == ada
    again, _errors = run(simulated_cluster.kubeconfig("ada"), "--owner", "ada")
    assert "found cluster" in again
    assert Cluster.objects.count() == 1


def test_it_reads_the_files_that_are_named_relative_to_it(ada, simulated_cluster, tmp_path):
    cert, key = simulated_cluster.certificate("dana", seconds=3600)
    (tmp_path / "pki").mkdir()
    for name, content in (("ca.crt", simulated_cluster.ca), ("dana.crt", cert), ("dana.key", key)):
        (tmp_path / "pki" / name).write_text(content)
    value = build_config_for(
        simulated_cluster,
        **{"client-certificate": "pki/dana.crt", "client-key": str(tmp_path / "pki/dana.key")},
    )
    value["clusters"][0]["cluster"] = {
        "server": simulated_cluster.server,
        "certificate-authority": "pki/ca.crt",
    }
    output, errors = run(write_config(tmp_path, value), "--owner", "ada")
    assert errors == ""
    assert "stored the credential of ada: dana, until" in output
    assert Cluster.objects.get().ca == simulated_cluster.ca


def test_it_reads_a_token_file(ada, simulated_cluster, tmp_path):
    (tmp_path / "token").write_text(simulated_cluster.token("rene") + "\n")
    output, _errors = run(
        write_config(tmp_path, build_config_for(simulated_cluster, tokenFile="token")), "--owner", "ada"
    )
    assert "ada: rene" in output


@pytest.mark.parametrize("key", ["exec", "auth-provider", "as", "username"])
def test_it_runs_no_program_and_takes_no_other_identity(key, ada, simulated_cluster, tmp_path):
    marker = tmp_path / "ran"
    value = {"command": "touch", "args": [str(marker)]} if key in ("exec", "auth-provider") else "admin"
    path = write_config(
        tmp_path, build_config_for(simulated_cluster, **{"token": simulated_cluster.token("ada"), key: value})
    )
    output, errors = run(path, "--owner", "ada")
    assert f"users[0].user.{key}" in errors
    assert "1 context(s) could not be imported" in errors
    assert output == ""
    assert not marker.exists()
    assert not Cluster.objects.exists()


def test_it_adds_the_cluster_alone_without_an_owner(ada, simulated_cluster, tmp_path):
    path = write_config(tmp_path, build_config_for(simulated_cluster, exec={"command": "aws"}))
    output, errors = run(path)
    assert errors == ""
    assert "added cluster prod" in output
    assert not Credential.objects.exists()


def test_it_takes_the_chosen_context_only(ada, simulated_cluster, tmp_path):
    value = add_context(
        build_config_for(simulated_cluster, token=simulated_cluster.token("ada")),
        user={"token": "x"},
        server="https://127.0.0.1:1",
    )
    path = write_config(tmp_path, value)
    output, errors = run(path, "--owner", "ada", "--context", "shop")
    assert (output.count("\n"), errors) == (1, "")
    assert "No context named 'none'" in run(path, "--context", "none")[1]
    output, errors = run(path, "--owner", "ada")
    assert "shop: found cluster prod" in output
    assert "other: Connection refused" in errors
    assert Cluster.objects.count() == 1


def test_it_stores_one_credential_a_cluster(ada, simulated_cluster, tmp_path):
    value = add_context(
        build_config_for(simulated_cluster, token=simulated_cluster.token("ada")),
        user={"token": simulated_cluster.token("dana")},
        server=simulated_cluster.server,
    )
    value["clusters"][1]["cluster"] = dict(value["clusters"][0]["cluster"])
    output, errors = run(write_config(tmp_path, value), "--owner", "ada")
    assert "shop: added" in output
    assert "Context shop was already used for this cluster" in errors
    assert Credential.objects.get().identity == "ada"


def test_it_accepts_insecure_tls_only_with_the_option(ada, simulated_cluster, tmp_path):
    value = build_config_for(simulated_cluster, token=simulated_cluster.token("ada"))
    value["clusters"][0]["cluster"] = {"server": simulated_cluster.server, "insecure-skip-tls-verify": True}
    path = write_config(tmp_path, value)
    assert "insecure-skip-tls-verify" in run(path)[1]
    assert run(path, "--allow-insecure")[1] == ""
    assert Cluster.objects.get().verify_tls is False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--owner", "nobody"], "no active user"),
        (["--team", "shop"], "must be used together"),
        (["--share"], "must be used together"),
        (["--team", "none", "--share"], "no team 'none'"),
    ],
)
def test_it_says_what_is_wrong_with_its_arguments(arguments, sentence, ada, tmp_path):
    assert sentence in run(write_config(tmp_path, build_config()), *arguments)[1]


def test_it_says_why_a_file_cannot_be_read(ada, tmp_path):
    assert "No such file" in run(tmp_path / "none")[1]
    assert "Is a directory" in run(tmp_path)[1]
    assert "larger than 1 MiB" in run("/dev/zero")[1]
    assert (
        "users[0].user.tokenFile"
        in run(write_config(tmp_path, build_config(user={"tokenFile": "gone"})), "--owner", "ada")[1]
    )
