"""Hostile YAML: bombs and wrong types cost nothing and get their own error message."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.credentials.errors import BadCredential, KubeconfigError
from clusters.credentials.kubeconfig import ImportOptions, read_kubeconfig
from tests.clusters.credentials.kubeconfigs import add_context, build_config, to_yaml

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{','.join([f'*{chr(97 + level)}'] * 9)}]\n" for level in range(8)
)

# Each line is one level deeper than the one before, by an alias.
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 50))


def catch_rejection(source: bytes | str) -> KubeconfigError:
    started = time.monotonic()
    with pytest.raises(KubeconfigError) as raised:
        read_kubeconfig(source)
    assert time.monotonic() - started < 1.5
    return raised.value


@pytest.mark.parametrize(
    ("source", "reason", "line"),
    [
        ("", "empty", 0),
        (" \n\n", "empty", 0),
        ("# only a comment\n", "empty", 0),
        (BOMB, "size", 5),
        (CHAIN, "depth", 32),
        ("users: &u [*u]\n", "alias", 1),
        ("*u : 1\n", "type", 1),
        ("a: 1\nusers: *u\n", "alias", 2),
        ("<<: {a: 1}\n", "alias", 1),
        ("a: b\nusers: !!python/object/apply:os.system ['id']\n", "tag", 2),
        ("token: !!binary aGk=\n", "tag", 1),
        ("!!map {a: b}\n", "tag", 1),
        ("[" * 3000 + "]" * 3000, "depth", 1),
        ("{a: " * 3000 + "1" + "}" * 3000, "depth", 1),
        ("- " * 3000 + "x", "depth", 1),
        ("\n".join(" " * level + "a:" for level in range(1000)), "depth", 33),
        ("? " * 3000 + "x", "type", 1),
        ("a: b\na: c\n", "duplicate", 2),
        ("users:\n\t- name: x\n", "tab", 2),
        ("users:\n- name: x\n\t  user: y\n", "tab", 3),
        ("a: [\n", "syntax", 2),
        ("a: 'b\n", "syntax", 2),
        ("a: b: c\n", "syntax", 1),
        ("%YAML 9.9\n---\na: b\n", "syntax", 1),
        ("a: b\n---\nc: d\n", "documents", 2),
        ("? [a]\n: b\n", "type", 1),
        ("a: \x00\n", "syntax", 0),
        ("a: \x1b[31m\n", "syntax", 0),
        ("just a text\n", "type", 0),
        ("- a\n- b\n", "type", 0),
        ("kind: Pod\n", "kind", 1),
        ("kind: Config\n", "contexts", 0),
        ("apiVersion: 1\n", "type", 1),
        (b"\xff\xfe\x00", "encoding", 0),
        ("a: \ud800", "encoding", 0),
        (b"a: " + b"x" * (1024 * 1024), "size", 0),
        (b"x" * 10_000_000, "size", 0),
        ("".join(f"k{n}: v\n" for n in range(60_000)), "size", 25_000),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, str | bytes) else str(value),
)
def test_it_refuses_it_with_a_sentence_of_its_own(source, reason, line):
    error = catch_rejection(source)
    assert error.reason == reason
    assert error.line == line
    assert error.message
    assert len(str(error)) < 600


def test_it_names_the_path_of_a_duplicate_key():
    source = to_yaml(build_config()).replace(
        "    token: dana-token", "    token: dana-token\n    token: other"
    )
    error = catch_rejection(source)
    assert error.field == "users[0].user.token"
    assert "dana-token" not in str(error)


WRONG_TYPES = [
    ("clusters", {}, "clusters"),
    ("clusters", "x", "clusters"),
    ("contexts", True, "contexts"),
    ("current-context", 5, "current-context"),
    ("current-context", {"a": "b"}, "current-context"),
    ("kind", False, "kind"),
]


@pytest.mark.parametrize(("key", "value", "field"), WRONG_TYPES)
def test_it_names_the_field_of_a_wrong_type(key, value, field):
    error = catch_rejection(to_yaml({**build_config(), key: value}))
    assert (error.field, error.reason) == (field, "type")


WRONG_ENTRIES = [
    ("users", 1, "contexts[0].context.user"),
    ("users", {"name": 1}, "contexts[0].context.user"),
    ("users", {"name": "dana", "user": []}, "users[0].user"),
    ("clusters", {"name": "prod", "cluster": []}, "clusters[0].cluster"),
    ("contexts", {"name": ["x"]}, "contexts[0].name"),
    ("contexts", 1, "contexts[0]"),
    ("contexts", {"name": "shop", "context": []}, "contexts[0].context"),
    ("contexts", {"name": "shop", "context": {"cluster": 1, "user": "dana"}}, "contexts[0].context.cluster"),
    (
        "contexts",
        {"name": "shop", "context": {"cluster": "prod", "user": "dana", "namespace": "A B"}},
        "contexts[0].context.namespace",
    ),
]


@pytest.mark.parametrize(("key", "entry", "field"), WRONG_ENTRIES)
def test_an_entry_that_is_wrong_refuses_its_own_context_and_no_other(key, entry, field):
    value = add_context(build_config(), user={"token": "good"}, server="https://b.example.com")
    value[key][0] = entry
    bad, good = read_kubeconfig(to_yaml(value)).contexts
    assert bad.errors[0].field == field
    assert bad.identity is None
    assert (good.name, good.errors) == ("other", ())


@pytest.mark.parametrize("value", [12345, 1.5, True, ["x"], {"a": "b"}])
@pytest.mark.parametrize("key", ["token", "client-key-data"])
def test_it_refuses_a_secret_of_a_wrong_type_for_its_context(key, value):
    found = read_kubeconfig(to_yaml(build_config(user={key: value}))).contexts[0].errors
    assert [(one.field, one.reason) for one in found] == [(f"users[0].user.{key}", "type")]


@pytest.mark.parametrize("value", ["yes please", "true", 1, ["x"]])
def test_it_does_not_guess_whether_tls_is_verified(value):
    context = read_kubeconfig(
        to_yaml(build_config(cluster={"insecure-skip-tls-verify": value})), ImportOptions(insecure=True)
    ).contexts[0]
    assert [one.field for one in context.errors] == ["clusters[0].cluster.insecure-skip-tls-verify"]
    assert not context.insecure
    assert not context.has_cluster


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "yes", "on"])
def test_it_knows_every_spelling_of_true(word):
    source = to_yaml(build_config()).replace(
        "    server:", f"    insecure-skip-tls-verify: {word}\n    server:"
    )
    assert [one.reason for one in read_kubeconfig(source).contexts[0].errors] == ["insecure"]


HOSTILE_NAMES = ["", "a\x07b".replace("\x07", "\u202e"), "x" * 300]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_it_refuses_a_misleading_name(name):
    value = build_config()
    value["contexts"][0]["name"] = name
    context = read_kubeconfig(to_yaml(value)).contexts[0]
    assert [one.field for one in context.errors] == ["contexts[0].name"]
    assert (context.name, context.has_cluster) == ("contexts[0]", False)


def _parse(source: bytes | str) -> None:
    try:
        read_kubeconfig(source)
    except BadCredential:
        return


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=400), st.binary(max_size=400)))
def test_it_survives_any_text(source):
    _parse(source)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "server",
    "token",
    "tokenFile",
    "exec",
    "client-key-data",
    "client-certificate-data",
    "proxy-url",
    "as",
]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=4), values, values)
def test_it_survives_any_value_in_any_field(fields, namespace, current):
    value = build_config(user=fields, cluster=fields)
    value["contexts"][0]["context"]["namespace"] = namespace
    value["current-context"] = current
    source = yaml.safe_dump(value, allow_unicode=True)
    try:
        read = read_kubeconfig(source)
    except BadCredential:
        return
    for context in read.contexts:
        assert (context.identity is None) == bool(context.errors)
