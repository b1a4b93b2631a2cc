"""Does any of 30,000 kubeconfigs do more than be read or be refused with a sentence? (Fuzzing.)"""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from clusters.credentials.errors import BadCredential
from clusters.credentials.kubeconfig import Kubeconfig, read_kubeconfig
from tests.attacks.fuzz import Mutations, bounded, in_batches
from tests.attacks.fuzz_cases import KUBECONFIGS
from tests.clusters.credentials.kubeconfigs import config, text, with_second_context
from tests.clusters.credentials.pki import certificate, packed
from tests.clusters.credentials.test_kubeconfig import REFUSED_IN_CLUSTER, REFUSED_IN_USER
from tests.lanes import short_and_long

BATCH = 200
TOKEN = "canary-of-the-fuzzed-token"
CERTIFICATE, KEY = certificate("fuzz")
GOOD = config(user={"token": TOKEN}, cluster={"certificate-authority-data": ""})
PAIR = {"client-certificate-data": packed(CERTIFICATE), "client-key-data": packed(KEY)}
CORPUS = (
    text(GOOD),
    json.dumps(GOOD),
    text(config(user=REFUSED_IN_USER, cluster=REFUSED_IN_CLUSTER)),
    text(with_second_context(GOOD, user={"exec": {"command": "aws"}}, server="https://b.example.com")),
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
        packed("junk"),
        "namespace: ",
        "x" * 300,
    ),
)
MUTATIONS = Mutations(CORPUS, WORDS)


def read(source: str | bytes) -> None:
    """Contexts, each with an identity or the reasons against it; or one sentence, without the secret."""
    try:
        found = read_kubeconfig(source)
    except BadCredential as error:
        refused = error
    else:
        sound(found)
        return
    assert refused.message
    assert TOKEN not in str(refused) + refused.advice


def sound(found: Kubeconfig) -> None:
    for one in found.contexts:
        assert (one.identity is None) == bool(one.problems)
        assert not one.server or one.server.startswith("https://")
        assert TOKEN not in repr(one)
        assert not any(TOKEN in str(problem) + problem.advice for problem in one.problems)


@short_and_long("inputs", 3000, 28_000)
def test_none_of_those_near_a_good_one_does(inputs: int) -> None:
    in_batches(inputs, BATCH)(given(st.integers(0, 2**64))(try_mutations))()


def try_mutations(seed: int) -> None:
    for source in MUTATIONS.batch(seed, BATCH):
        with bounded(source):
            read(source)


@short_and_long("inputs", 300, 2000)
def test_none_of_any_text_does(inputs: int) -> None:
    any_text = st.one_of(st.text(max_size=300), st.binary(max_size=300))
    in_batches(inputs, 1)(given(any_text)(try_text))()


def try_text(source: str | bytes) -> None:
    with bounded(source):
        read(source)


def test_a_pair_is_read_and_each_change_of_it_is_refused_or_read() -> None:
    """A certificate and a key with one character changed: base64, PEM and ASN.1 are parsed by others' code."""
    whole = text(config(user=PAIR))
    for place in range(0, len(whole), 7):
        source = whole[:place] + ("A" if whole[place] != "A" else "B") + whole[place + 1 :]
        with bounded(source):
            read(source)
