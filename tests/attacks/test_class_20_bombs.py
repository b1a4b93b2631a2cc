"""Decompression and YAML bombs: time and memory stay in proportion to the size of the input (class 20)."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import pytest

from clusters.api.client import Client
from clusters.api.connection import Connection, Identity, Server
from clusters.api.errors import ApiError
from clusters.api.streams import Streams
from clusters.credentials.errors import BadCredential
from clusters.credentials.kubeconfig import read_kubeconfig
from tests.attacks.installation import Installation
from tests.attacks.lying_server import LyingServer, installation_with_lying_server, lying_server
from tests.attacks.sockets import handshake, knock, list_socket_paths
from tests.cleanup import stop_background_work
from tests.clusters.api.faults import Behaviour, FaultServer, Wire, respond_with
from tests.clusters.credentials.certificates import make_certificate
from tests.clusters.credentials.certificates import to_base64 as packed_text
from tests.clusters.credentials.kubeconfigs import build_config, to_yaml
from tests.clusters.credentials.test_hostile_yaml import BOMB

__all__ = ["installation_with_lying_server", "lying_server"]
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Cost:
    seconds: float  # of this thread on a processor: how busy the machine is makes no difference
    peak: int  # bytes that Python held at once, beyond what it had before


def measure_cost(action: Callable[[], object]) -> Cost:
    tracemalloc.start()
    try:
        began = time.thread_time()
        action()
        return Cost(time.thread_time() - began, tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


# --- kubeconfigs

SMALL = to_yaml(build_config())
FLAT = "".join(f"k{n}: v\n" for n in range(120_000))
YAML = {
    "aliases": BOMB,
    "aliases of a kubeconfig": f"x: &x [{','.join(['a'] * 9)}]\nusers: [{','.join(['*x'] * 9)}]\n{SMALL}",
    "3,000 lists": "[" * 3000 + "]" * 3000,
    "3,000 dictionaries": "{a: " * 3000 + "1" + "}" * 3000,
    "3,000 dashes": "- " * 3000 + "x",
    "500,000 lists": "[" * 500_000,
    "a flat map of 1.2 MB": FLAT,
    "a flat map of 1 MiB": FLAT[: MEBIBYTE - 10].rpartition("\n")[0],
    "a list of 1 MiB": "[" + "a," * (MEBIBYTE // 2 - 2) + "]",
    "one key twice": "a: 1\n" * 100_000,
    "1 MiB of quotes": 'a: "' + '\\"' * (MEBIBYTE // 2 - 10) + '"',
    "1 MiB of escapes": 'a: "' + "\\U0001F600" * (MEBIBYTE // 10 - 10) + '"',
    "1 MiB of base64": to_yaml(build_config(user={"client-key-data": "A" * (MEBIBYTE - 5000)})),
    "1 MiB of blanks": " " * (MEBIBYTE - 1) + "x",
    "1 MiB of comments": "#\n" * (MEBIBYTE // 2 - 10) + SMALL,
    "1 MiB of a token": to_yaml(build_config(user={"token": "a" * (MEBIBYTE - 5000)})),
    "100 MB": "x" * 100_000_000,
}


def parse(source: str) -> None:
    try:
        read_kubeconfig(source)
    except BadCredential:
        return


@pytest.mark.parametrize("what", YAML)
def test_a_kubeconfig_costs_no_more_than_its_size(what: str) -> None:
    parse(SMALL)
    small = min((measure_cost(lambda: parse(SMALL)) for _ in range(5)), key=lambda one: one.seconds)
    found, times_larger = measure_cost(lambda: parse(YAML[what])), max(1.0, len(YAML[what]) / len(SMALL))
    assert found.seconds < small.seconds * times_larger * 50, (found, small)
    assert found.peak < 2 * MEBIBYTE + 60 * min(len(YAML[what]), MEBIBYTE) + len(YAML[what]) * 2, found


def build_contexts(number: int) -> str:
    """All of one user and one cluster, whose bundle has 50 authorities."""
    contexts = [{"name": f"c{n}", "context": {"cluster": "prod", "user": "dana"}} for n in range(number)]
    bundle = packed_text("".join(make_certificate(f"authority-{n}")[0] for n in range(50)))
    return to_yaml(build_config(cluster={"certificate-authority-data": bundle}) | {"contexts": contexts})


def test_what_many_contexts_share_is_read_once() -> None:
    one, many = build_contexts(1), build_contexts(200)
    parse(one)
    single = max((measure_cost(lambda: parse(one)) for _ in range(3)), key=lambda found: found.seconds)
    assert measure_cost(lambda: parse(many)).seconds < 30 * single.seconds


# --- answers of a cluster


@cache
def pack_zeroes(mebibytes: int, layers: int) -> bytes:
    """So many, packed so often."""
    if not layers:
        return bytes(mebibytes * MEBIBYTE)
    if layers > 1:
        return gzip.compress(pack_zeroes(mebibytes, layers - 1))
    packer, block = zlib.compressobj(wbits=31), bytes(MEBIBYTE)
    return b"".join([*(packer.compress(block) for _ in range(mebibytes)), packer.flush()])


def respond_packed(mebibytes: int, layers: int, named: str) -> Behaviour:
    return lambda wire: wire.respond(
        200, pack_zeroes(mebibytes, layers), "application/json", f"Content-Encoding: {named}"
    )


ANSWERS: dict[str, Behaviour] = {
    "320 MiB in gzip": respond_packed(320, 1, "gzip"),
    "320 MiB in gzip in gzip": respond_packed(320, 2, "gzip, gzip"),
    "320 MiB in gzip five times": respond_packed(320, 5, "gzip, gzip, gzip, gzip, gzip"),
    "1,000 lists": respond_with(200, b"[" * 1000 + b"]" * 1000),
    "a million lists": respond_with(200, b"[" * 1_000_000 + b"]" * 1_000_000),
    "a million dictionaries": respond_with(200, b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000),
    "a number of a million digits": respond_with(200, b"9" * 1_000_000),
    "a message of 8 MiB": respond_with(500, {"kind": "Status", "message": "x" * (8 * MEBIBYTE)}),
    "a page of 8 MiB": respond_with(502, b"<html><title>" + b"x" * (8 * MEBIBYTE), "text/html"),
    "100,000 causes": respond_with(
        422, {"kind": "Status", "details": {"causes": [{"message": "x"}] * 100_000}}
    ),
}
RESPONSE_LIMIT = 64 * MEBIBYTE  # what a client takes in one answer


def build_connection(server: FaultServer) -> Connection:
    return Connection("bomb", Server(server.url, ca=server.ca), Identity(token="x"), f"bomb-{server.port}")


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_costs_no_more_than_what_a_client_takes(what: str) -> None:
    with FaultServer(respond_with(200, {"kind": "x"})) as server:
        small = measure_cost(lambda: send_request(server))
    with FaultServer(ANSWERS[what]) as server:
        found = measure_cost(lambda: send_request(server))
    assert found.peak < 3 * RESPONSE_LIMIT, (what, found)
    assert found.seconds < 20 + 200 * small.seconds, (what, found, small)


def send_request(server: FaultServer) -> None:
    try:
        Client(build_connection(server)).get("/api/v1/pods")
    except ApiError:
        return


@pytest.mark.parametrize("what", ["320 MiB in gzip", "320 MiB in gzip in gzip", "a message of 8 MiB"])
async def test_an_answer_to_a_feed_costs_no_more_either(what: str) -> None:
    tracemalloc.start()
    streams = Streams()
    try:
        with FaultServer(ANSWERS[what]) as server, suppress(ApiError):
            await streams.get(build_connection(server), "/api/v1/pods", timeout=60)
        assert tracemalloc.get_traced_memory()[1] < 3 * RESPONSE_LIMIT
    finally:
        tracemalloc.stop()
        await streams.close()


# --- objects on their pages


def respond_nested(depth: int) -> Callable[[Wire], None]:
    """An object that anybody who may create a custom resource can make: the API server takes 10,000 levels."""
    head = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "deep", "namespace": "shop", "uid": "u"},
    }
    body = json.dumps(head)[:-1] + ', "data": ' + '{"a":' * depth + "1" + "}" * depth + "}"
    return lambda wire: wire.respond(200, body.encode())


@pytest.mark.parametrize("depth", [100, 400, 900, 5000, 200_000])
def test_a_deep_object_has_a_page_or_a_sentence(
    installation_with_lying_server: Installation, lying_server: LyingServer, depth: int
) -> None:
    lying_server.should_lie = lambda request: request.target.partition("?")[0].endswith("/configmaps/deep")
    seconds = {}
    for levels in (10, depth):
        stop_background_work()
        lying_server.lie = respond_nested(levels)
        began = time.thread_time()
        for path in ("", "/yaml", "?download=yaml", "?download=value&at=" + "/a" * 500):
            page = installation_with_lying_server.browser("ada").get(f"/c/harbour/shop/configmaps/deep{path}")
            assert page.status_code in (200, 404, 502), (path, page.status_code)
            assert len(page.content) < 4 * MEBIBYTE
        seconds[levels] = time.thread_time() - began
    assert seconds[depth] < 30 * seconds[10], seconds


async def test_a_deep_object_closes_its_own_socket_at_most(
    installation_with_lying_server: Installation, lying_server: LyingServer
) -> None:
    lying_server.should_lie = lambda request: (
        "/configmaps/deep" in request.target or "watch=" in request.target
    )
    for depth in (900, 200_000):
        lying_server.lie = respond_nested(depth)
        await handshake(
            knock(
                list_socket_paths()[0],
                session=installation_with_lying_server.sessions["ada"],
                page="/c/harbour/shop/configmaps/deep",
            )
        )
    lying_server.should_lie = None
    living = knock(
        list_socket_paths()[0],
        session=installation_with_lying_server.sessions["ada"],
        page="/c/harbour/shop/configmaps",
    )
    assert await handshake(living) == 0
