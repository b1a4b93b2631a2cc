"""Fuzzing of kubeconfigs: 30,000 inputs are parsed or refused with an error message."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from clusters.credentials.errors import BadCredential
from clusters.credentials.kubeconfig import Kubeconfig, read_kubeconfig
from tests.attacks.fuzz import Mutations, batch_settings, limit_time
from tests.attacks.fuzz_cases import KUBECONFIGS
from tests.clusters.credentials.certificates import make_certificate, to_base64
from tests.clusters.credentials.kubeconfigs import add_context, build_config, to_yaml
from tests.clusters.credentials.test_kubeconfig import REFUSED_IN_CLUSTER, REFUSED_IN_USER
from tests.lanes import short_and_long

BATCH = 200
TOKEN = "canary-of-the-fuzzed-token"
CERTIFICATE, KEY = make_certificate("fuzz")
GOOD = build_config(user={"token": TOKEN}, cluster={"certificate-authority-data": ""})
PAIR = {"client-certificate-data": to_base64(CERTIFICATE), "client-key-data": to_base64(KEY)}
CORPUS = (
    to_yaml(GOOD),
    json.dumps(GOOD),
    to_yaml(build_config(user=REFUSED_IN_USER, cluster=REFUSED_IN_CLUSTER)),
    to_yaml(add_context(GOOD, user={"exec": {"command": "aws"}}, server="https://b.example.com")),
    "apiVersion: v1\nkind: Config\n",
    "a: &a [x, x]\nb: *a\n",
    *KUBECONFIGS,
)
WORDS = (
    *(
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\t",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "!!str ",
        "!!python/object:os.system ",
        "<<: *a",
    ),
    *(
        "---\n",
        "...\n",
        "|\n",
        ">-\n",
        "'",
        '"',
        "#",
        "? ",
        "%YAML 1.1\n",
        "\ufeff",
        "\x00",
        "\x1b",
        "\u2028",
        "\u0085",
    ),
    *(
        "null",
        "~",
        "true",
        "yes",
        "0x1f",
        "1e999",
        "2026-01-01",
        "=",
        "token:",
        "exec:",
        "as:",
        "proxy-url:",
        "name:",
    ),
    *(
        "server:",
        "https://",
        "http://",
        "@",
        "[::1]",
        "%2e",
        ":0",
        ":99999",
        "/../",
        "users:",
        "contexts:",
        "clusters:",
    ),
    *(
        "certificate-authority-data: ",
        "client-key-data: ",
        "LS0tLS1CRUdJTg==",
        to_base64("junk"),
        "namespace: ",
        "x" * 300,
    ),
)
MUTATIONS = Mutations(CORPUS, WORDS)


def parse(source: str | bytes) -> None:
    """Contexts, each with an identity or the reasons against it; or one sentence, without the secret."""
    try:
        found = read_kubeconfig(source)
    except BadCredential as error:
        refused = error
    else:
        check_kubeconfig(found)
        return
    assert refused.message
    assert TOKEN not in str(refused) + refused.advice


def check_kubeconfig(found: Kubeconfig) -> None:
    for one in found.contexts:
        assert (one.identity is None) == bool(one.errors)
        assert not one.server or one.server.startswith("https://")
        assert TOKEN not in repr(one)
        assert not any(TOKEN in str(problem) + problem.advice for problem in one.errors)


@short_and_long("inputs", 3000, 28_000)
def test_none_of_those_near_a_good_one_does(inputs: int) -> None:
    batch_settings(inputs, BATCH)(given(st.integers(0, 2**64))(try_mutations))()


def try_mutations(seed: int) -> None:
    for source in MUTATIONS.batch(seed, BATCH):
        with limit_time(source):
            parse(source)


@short_and_long("inputs", 300, 2000)
def test_none_of_any_text_does(inputs: int) -> None:
    any_text = st.one_of(st.text(max_size=300), st.binary(max_size=300))
    batch_settings(inputs, 1)(given(any_text)(try_text))()


def try_text(source: str | bytes) -> None:
    with limit_time(source):
        parse(source)


def test_a_pair_is_read_and_each_change_of_it_is_refused_or_read() -> None:
    """A certificate and a key with one character changed: base64, PEM and ASN.1 are parsed by others' code."""
    whole = to_yaml(build_config(user=PAIR))
    for position in range(0, len(whole), 7):
        source = whole[:position] + ("A" if whole[position] != "A" else "B") + whole[position + 1 :]
        with limit_time(source):
            parse(source)
