"""Kubeconfig parser: parsed as kubectl does, and each unsafe field refused by name."""

from __future__ import annotations

import json

import pytest
import yaml

from clusters.credentials.errors import BadCredential, KubeconfigError
from clusters.credentials.kubeconfig import ImportOptions, one_context, read_kubeconfig
from tests.clusters.credentials.certificates import make_certificate, make_encrypted_key, to_base64
from tests.clusters.credentials.kubeconfigs import AUTHORITY, add_context, build_config, to_yaml


def list_errors(value) -> list[BadCredential]:
    return list(read_kubeconfig(to_yaml(value)).contexts[0].errors)


def test_it_reads_a_token():
    read = read_kubeconfig(to_yaml(build_config()))
    context = one_context(read)
    assert read.current == "shop"
    assert (context.name, context.cluster, context.user, context.namespace) == (
        "shop",
        "prod",
        "dana",
        "shop",
    )
    assert context.server == "https://api.example.com:6443"
    assert context.ca == AUTHORITY
    assert context.identity.token == "dana-token"


def test_it_reads_a_certificate_and_its_key():
    cert, key = make_certificate()
    user = {"client-certificate-data": to_base64(cert), "client-key-data": to_base64(key)}
    identity = one_context(read_kubeconfig(to_yaml(build_config(user=user)))).identity
    assert (identity.certificate, identity.key, identity.token) == (cert, key, "")


def test_it_reads_a_token_and_a_certificate_together():
    cert, key = make_certificate()
    user = {"token": "t", "client-certificate-data": to_base64(cert), "client-key-data": to_base64(key)}
    identity = one_context(read_kubeconfig(to_yaml(build_config(user=user)))).identity
    assert (identity.certificate, identity.key, identity.token) == (cert, key, "t")


def test_it_names_what_was_printed_without_raw_and_how_to_print_it():
    (error,) = list_errors(build_config(cluster={"certificate-authority-data": "DATA+OMITTED"}))
    assert error.field == "clusters[0].cluster.certificate-authority-data"
    assert "--raw" in error.message
    assert "kubectl config view --raw --flatten --minify" in error.advice


def test_it_passes_over_a_block_of_a_bundle_that_is_no_certificate():
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    for bundle in (AUTHORITY + broken, broken + AUTHORITY, broken + AUTHORITY + broken):
        value = build_config(cluster={"certificate-authority-data": to_base64(bundle)})
        assert one_context(read_kubeconfig(to_yaml(value))).ca == AUTHORITY
    (error,) = list_errors(build_config(cluster={"certificate-authority-data": to_base64(broken * 2)}))
    assert "Certificate 2 of 2 cannot be parsed." in error.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_it_reads_what_powershell_writes(encoding):
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    source = (mark + to_yaml(build_config())).encode(encoding)
    assert one_context(read_kubeconfig(source)).name == "shop"


def test_it_reads_anchors_and_aliases():
    value = build_config()
    value["users"][0]["user"] = "ANCHOR"
    source = to_yaml(value).replace("user: ANCHOR", "user: &me\n    token: dana-token")
    source += "- &more\n  name: other\n  context: {cluster: prod, user: second}\n"
    source = source.replace("users:\n", "users:\n- name: second\n  user: {token: &t abc}\n").replace(
        "preferences: {}\n", ""
    )
    read = read_kubeconfig(source)
    assert [one.identity.token for one in read.contexts] == ["dana-token", "abc"]
    aliased = source.replace("user: &me\n    token: dana-token", "user: {token: *t}")
    assert [one.identity.token for one in read_kubeconfig(aliased).contexts] == ["abc", "abc"]


def test_one_bad_part_costs_its_own_context_alone():
    source = """
apiVersion: v1
kind: Config
clusters:
- {name: c1, cluster: {server: "https://api.example.test:6443"}}
- {name: c2, cluster: {server: "https://other.example.test:6443", tls-server-name: "*.example.test"}}
- {name: c3, cluster: {server: "https://third.example.test:6443", insecure-skip-tls-verify: "no"}}
users:
- {name: u1, user: {token: made-up-token}}
- {name: "", user: {token: nobody-uses-this}}
contexts:
- {name: good, context: {cluster: c1, user: u1}}
- {name: bad, context: {cluster: c1, user: u1, namespace: My_Team.NS}}
- {name: bad-too, context: {cluster: c2, user: u1}}
- {name: bad-flag, context: {cluster: c3, user: u1}}
"""
    found = {one.name: [error.field for error in one.errors] for one in read_kubeconfig(source).contexts}
    assert found == {
        "good": [],
        "bad": ["contexts[1].context.namespace"],
        "bad-too": ["clusters[1].cluster.tls-server-name"],
        "bad-flag": ["clusters[2].cluster.insecure-skip-tls-verify"],
    }


def test_it_reads_json_too():
    assert one_context(read_kubeconfig(json.dumps(build_config()).encode())).name == "shop"
    assert one_context(read_kubeconfig("\ufeff" + json.dumps(build_config(), indent="\t"))).name == "shop"


def test_it_reads_base64_that_was_folded():
    folded = "\n".join(to_base64(AUTHORITY)[at : at + 60] for at in range(0, len(to_base64(AUTHORITY)), 60))
    assert (
        one_context(read_kubeconfig(to_yaml(build_config(cluster={"certificate-authority-data": folded})))).ca
        == AUTHORITY
    )


def test_it_shows_no_secret_in_its_repr():
    read = read_kubeconfig(to_yaml(build_config(user={"token": "canary-token"})))
    assert "canary" not in repr(read)


def test_it_takes_the_good_contexts_beside_a_refused_one():
    value = add_context(build_config(), user={"exec": {"command": "aws"}}, server="https://b.example.com")
    good, bad = read_kubeconfig(to_yaml(value)).contexts
    assert good.identity is not None
    assert bad.identity is None
    assert [one.field for one in bad.errors] == ["users[1].user.exec"]


REFUSED_IN_USER = {
    "exec": {"command": "aws", "args": ["eks", "get-token"], "apiVersion": "client.authentication.k8s.io/v1"},
    "auth-provider": {"name": "gcp", "config": {"cmd-path": "/bin/sh"}},
    "tokenFile": "/var/run/secrets/token",
    "client-certificate": "/etc/passwd",
    "client-key": "~/.kube/key.pem",
    "as": "admin",
    "as-uid": "1",
    "as-groups": ["system:masters"],
    "as-user-extra": {"scopes": ["all"]},
    "username": "admin",
    "password": "secret",
}
REFUSED_IN_CLUSTER = {
    "certificate-authority": "/etc/kubernetes/pki/ca.crt",
    "proxy-url": "http://169.254.169.254",
    "insecure-skip-tls-verify": True,
}


@pytest.mark.parametrize("key", REFUSED_IN_USER)
def test_it_refuses_a_field_of_a_user_by_name_with_the_way_out(key):
    found = list_errors(build_config(user={"token": "good", key: REFUSED_IN_USER[key]}))
    assert [one.field for one in found] == [f"users[0].user.{key}"]
    assert found[0].message
    assert found[0].advice
    assert found[0].line > 0


@pytest.mark.parametrize("key", REFUSED_IN_CLUSTER)
def test_it_refuses_a_field_of_a_cluster_by_name_with_the_way_out(key):
    found = list_errors(build_config(cluster={key: REFUSED_IN_CLUSTER[key]}))
    assert [one.field for one in found] == [f"clusters[0].cluster.{key}"]
    assert found[0].message
    assert found[0].advice


@pytest.mark.parametrize("key", ["tokenFile", "client-certificate", "exec", "as", "username"])
def test_it_does_not_mind_an_empty_field(key):
    for empty in (None, ""):
        assert list_errors(build_config(user={"token": "good", key: empty})) == []


def test_it_names_every_refused_field_of_a_context():
    fields = [
        one.field for one in list_errors(build_config(user=REFUSED_IN_USER, cluster=REFUSED_IN_CLUSTER))
    ]
    assert fields == [f"clusters[0].cluster.{key}" for key in REFUSED_IN_CLUSTER] + [
        f"users[0].user.{key}" for key in REFUSED_IN_USER
    ]


@pytest.mark.parametrize(
    "server",
    [
        "",
        "http://api.example.com",
        "https://user:secret@api.example.com",
        "https://user@api.example.com",
        "https://api.example.com?x=1",
        "https://api.example.com/?",
        "https://api.example.com#x",
        "https://api.example.com/../x",
        "https://api.example.com/a//b",
        "https://api.example.com/%2e%2e/x",
        "https://api.example.com:99999",
        "https://api.example.com:0",
        "https://api.example.com:port",
        "https://",
        "https:///path",
        "https://[::1",
        "https://a b",
        "https://a\tb",
        "https://a\\@b",
        "https://ａ.example.com",
        "file:///etc/passwd",
        "unix:///var/run/docker.sock",
        "//api.example.com",
        "api.example.com:6443",
        "javascript:alert(1)",
        "https://" + "a" * 600,
    ],
)
def test_it_refuses_a_forbidden_address(server):
    found = list_errors(build_config(cluster={"server": server}))
    assert [one.field for one in found] == ["clusters[0].cluster.server"]
    assert "secret" not in str(found[0])


@pytest.mark.parametrize(
    ("server", "normal"),
    [
        ("https://API.Example.com:443/", "https://api.example.com"),
        ("https://api.example.com.:6443", "https://api.example.com:6443"),
        ("https://[2001:DB8::1]:6443", "https://[2001:db8::1]:6443"),
        ("https://rancher.example.com/k8s/clusters/c-1/", "https://rancher.example.com/k8s/clusters/c-1"),
        (
            "https://kcp.example.com:6443/clusters/root:org:team",
            "https://kcp.example.com:6443/clusters/root:org:team",
        ),
        ("https://api.example.com/a:b@c/~d", "https://api.example.com/a:b@c/~d"),
        (" https://10.0.0.1:6443\n", "https://10.0.0.1:6443"),
    ],
)
def test_it_normalizes_an_address(server, normal):
    assert one_context(read_kubeconfig(to_yaml(build_config(cluster={"server": server})))).server == normal


@pytest.mark.parametrize(
    ("user", "field", "word"),
    [
        ({}, "users[0].user", "neither"),
        ({"token": ""}, "users[0].user", "neither"),
        ({"token": "a b"}, "users[0].user.token", "character"),
        ({"token": "a\r\nImpersonate-User: x"}, "users[0].user.token", "character"),
        ({"client-certificate-data": "%%%"}, "users[0].user.client-certificate-data", "base64"),
        ({"client-certificate-data": to_base64("junk")}, "users[0].user.client-certificate-data", "PEM"),
        (
            {"client-certificate-data": to_base64(make_certificate()[0])},
            "users[0].user.client-key-data",
            "private key",
        ),
        (
            {
                "client-certificate-data": to_base64(make_certificate()[0]),
                "client-key-data": to_base64(make_certificate()[1]),
            },
            "users[0].user.client-key-data",
            "does not belong",
        ),
        (
            {
                "client-certificate-data": to_base64(make_certificate()[0]),
                "client-key-data": to_base64(make_encrypted_key()),
            },
            "users[0].user.client-key-data",
            "protected by a passphrase",
        ),
        (
            {"token": "t", "client-certificate-data": to_base64(AUTHORITY), "client-key-data": "eA=="},
            "users[0].user.client-key-data",
            "private key",
        ),
        ({"token": "REDACTED"}, "users[0].user.token", "--raw"),
        ({"client-certificate-data": "DATA+OMITTED"}, "users[0].user.client-certificate-data", "--raw"),
    ],
)
def test_it_refuses_a_user_without_a_credential(user, field, word):
    found = list_errors(build_config(user=user))
    assert [one.field for one in found] == [field]
    assert word in found[0].message


def test_it_refuses_a_context_that_names_what_is_not_there():
    value = build_config()
    value["contexts"][0]["context"] = {"cluster": "none", "user": "nobody"}
    assert [one.field for one in list_errors(value)][:2] == [
        "contexts[0].context.cluster",
        "contexts[0].context.user",
    ]


def test_it_refuses_a_name_that_is_there_twice():
    for key in ("clusters", "users", "contexts"):
        value = build_config()
        value = add_context(value, user={"token": "t"}, server="https://b.example.com")
        value[key].append(value[key][0])
        contexts = read_kubeconfig(yaml.dump(value, Dumper=PlainDumper)).contexts
        refused = [one for one in contexts if one.name == "shop"]
        assert len(refused) == (2 if key == "contexts" else 1)
        for one in refused:
            assert [error.field for error in one.errors][:1] == [f"{key}[2].name"]
            assert "Duplicate name" in one.errors[0].message
        assert [one.errors for one in contexts if one.name == "other"] == [()]


class PlainDumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def test_it_asks_for_a_context_where_none_is_current():
    value = add_context(build_config(), user={"token": "t"}, server="https://b.example.com")
    del value["current-context"]
    with pytest.raises(KubeconfigError) as refused:
        one_context(read_kubeconfig(to_yaml(value)))
    assert "shop, other" in refused.value.advice
    with pytest.raises(KubeconfigError):
        one_context(read_kubeconfig(to_yaml(value)), "missing")


def test_it_reads_files_for_the_command_only():
    files = {"ca.crt": AUTHORITY.encode(), "token": b"from-a-file\n"}

    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return files[path]

    value = build_config(
        user={"tokenFile": "token", "token": "loses"}, cluster={"certificate-authority": "ca.crt"}
    )
    del value["clusters"][0]["cluster"]["certificate-authority-data"]
    context = one_context(read_kubeconfig(to_yaml(value), ImportOptions(read_file=read)))
    assert (context.identity.token, context.ca) == ("from-a-file", AUTHORITY)
    value["users"][0]["user"] = {"tokenFile": "gone"}
    refused = read_kubeconfig(to_yaml(value), ImportOptions(read_file=read)).contexts[0].errors[0]
    assert (refused.field, "No such file" in refused.message) == ("users[0].user.tokenFile", True)


def test_it_refuses_programs_for_the_command_too():
    for key in ("exec", "auth-provider", "as", "password"):
        value = build_config(user={"token": "t", key: REFUSED_IN_USER[key]})
        read = read_kubeconfig(
            to_yaml(value), ImportOptions(read_file=lambda path: b"", proxy=True, insecure=True)
        )
        assert [one.field for one in read.contexts[0].errors] == [f"users[0].user.{key}"]
