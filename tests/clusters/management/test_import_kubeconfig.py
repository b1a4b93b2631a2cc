"""Can the operator bring clusters in from a file and the files that it names?"""

from __future__ import annotations

from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError

from clusters.models import Cluster, Credential
from people.models import Team, User
from tests.clusters.credentials.kubeconfigs import config, with_second_context
from tests.clusters.credentials.pki import packed


@pytest.fixture
def ada(db) -> User:
    Team.objects.create(slug="shop", name="Shop")
    return User.objects.create(username="ada", standing="administrator")


def run(path, *arguments: str) -> tuple[str, str]:
    out, errors = StringIO(), StringIO()
    try:
        call_command("import_kubeconfig", str(path), *arguments, stdout=out, stderr=errors)
    except CommandError as failed:
        errors.write(str(failed))
    return out.getvalue(), errors.getvalue()


def written(folder, value):
    path = folder / "config"
    path.write_text(yaml.safe_dump(value))
    return path


def config_of(simulated, **user):
    cluster = {"server": simulated.server, "certificate-authority-data": packed(simulated.ca)}
    return config(cluster=cluster, user=user)


def test_it_adds_the_cluster_shares_it_and_stores_the_credential(ada, simulated):
    told, errors = run(simulated.kubeconfig("ada"), "--owner", "ada", "--team", "shop", "--share")
    assert errors == ""
    assert "added cluster" in told
    assert "shared with team shop" in told
    assert "stored the credential of ada: ada" in told
    assert simulated.token("ada") not in told
    assert Credential.objects.get().user == ada
    again, _errors = run(simulated.kubeconfig("ada"), "--owner", "ada")
    assert "found cluster" in again
    assert Cluster.objects.count() == 1


def test_it_reads_the_files_that_are_named_relative_to_it(ada, simulated, tmp_path):
    cert, key = simulated.certificate("dana", seconds=3600)
    (tmp_path / "pki").mkdir()
    for name, content in (("ca.crt", simulated.ca), ("dana.crt", cert), ("dana.key", key)):
        (tmp_path / "pki" / name).write_text(content)
    value = config_of(
        simulated, **{"client-certificate": "pki/dana.crt", "client-key": str(tmp_path / "pki/dana.key")}
    )
    value["clusters"][0]["cluster"] = {"server": simulated.server, "certificate-authority": "pki/ca.crt"}
    told, errors = run(written(tmp_path, value), "--owner", "ada")
    assert errors == ""
    assert "stored the credential of ada: dana, until" in told
    assert Cluster.objects.get().ca == simulated.ca


def test_it_reads_a_token_file(ada, simulated, tmp_path):
    (tmp_path / "token").write_text(simulated.token("rene") + "\n")
    told, _errors = run(written(tmp_path, config_of(simulated, tokenFile="token")), "--owner", "ada")
    assert "ada: rene" in told


@pytest.mark.parametrize("key", ["exec", "auth-provider", "as", "username"])
def test_it_runs_no_program_and_takes_no_other_identity(key, ada, simulated, tmp_path):
    marker = tmp_path / "ran"
    value = {"command": "touch", "args": [str(marker)]} if key in ("exec", "auth-provider") else "admin"
    path = written(tmp_path, config_of(simulated, **{"token": simulated.token("ada"), key: value}))
    told, errors = run(path, "--owner", "ada")
    assert f"users[0].user.{key}" in errors
    assert "1 context(s) could not be imported" in errors
    assert told == ""
    assert not marker.exists()
    assert not Cluster.objects.exists()


def test_it_adds_the_cluster_alone_without_an_owner(ada, simulated, tmp_path):
    path = written(tmp_path, config_of(simulated, exec={"command": "aws"}))
    told, errors = run(path)
    assert errors == ""
    assert "added cluster prod" in told
    assert not Credential.objects.exists()


def test_it_takes_the_chosen_context_only(ada, simulated, tmp_path):
    value = with_second_context(
        config_of(simulated, token=simulated.token("ada")), user={"token": "x"}, server="https://127.0.0.1:1"
    )
    path = written(tmp_path, value)
    told, errors = run(path, "--owner", "ada", "--context", "shop")
    assert (told.count("\n"), errors) == (1, "")
    assert "No context named 'none'" in run(path, "--context", "none")[1]
    told, errors = run(path, "--owner", "ada")
    assert "shop: found cluster prod" in told
    assert "other: Connection refused" in errors
    assert Cluster.objects.count() == 1


def test_it_stores_one_credential_a_cluster(ada, simulated, tmp_path):
    value = with_second_context(
        config_of(simulated, token=simulated.token("ada")),
        user={"token": simulated.token("dana")},
        server=simulated.server,
    )
    value["clusters"][1]["cluster"] = dict(value["clusters"][0]["cluster"])
    told, errors = run(written(tmp_path, value), "--owner", "ada")
    assert "shop: added" in told
    assert "context shop gave it" in errors
    assert Credential.objects.get().identity == "ada"


def test_it_takes_over_insecure_tls_only_when_told_so(ada, simulated, tmp_path):
    value = config_of(simulated, token=simulated.token("ada"))
    value["clusters"][0]["cluster"] = {"server": simulated.server, "insecure-skip-tls-verify": True}
    path = written(tmp_path, value)
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
    assert sentence in run(written(tmp_path, config()), *arguments)[1]


def test_it_says_why_a_file_cannot_be_read(ada, tmp_path):
    assert "No such file" in run(tmp_path / "none")[1]
    assert "Is a directory" in run(tmp_path)[1]
    assert "larger than 1 MiB" in run("/dev/zero")[1]
    assert (
        "users[0].user.tokenFile"
        in run(written(tmp_path, config(user={"tokenFile": "gone"})), "--owner", "ada")[1]
    )
