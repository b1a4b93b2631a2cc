"""Does each fault come as it says, to whom it is meant for, and go again?"""

from __future__ import annotations

import gzip
import http.client
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator.cluster import Cluster
from simulator.faults import answers, streams
from simulator.faults.switchboard import MOST, Fault, Faults, lists, of, upgrades, watches
from simulator.requests.rbac import MASTERS
from tests.simulator.caller import Caller, Reply
from tests.simulator.loops import Loop

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture(scope="module")
def served() -> Iterator[Loop]:
    with Loop(Cluster("faults", seed=1)) as loop:
        yield loop


@pytest.fixture
def api(served: Loop) -> Iterator[Caller]:
    cluster = served.server.cluster
    caller = Caller(
        served.server.url, cluster.authority.pem, served.run(cluster.add_person, "admin", (MASTERS,))
    )
    yield caller
    caller.close()


@pytest.fixture
def faults(served: Loop) -> Faults:
    return served.server.cluster.faults


def opened(api: Caller, path: str, seconds: float = 30) -> tuple[Any, http.client.HTTPResponse]:
    """A stream whose head has come."""
    parts = urlsplit(api.server)
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=seconds, context=api.context
    )
    connection.request(
        "GET", path, headers={"Authorization": f"Bearer {api.token}", "Accept-Encoding": "gzip"}
    )
    return connection, connection.getresponse()


def read_on(answer: http.client.HTTPResponse, heard: bytearray) -> None:
    """To the end, byte by byte: what came before it breaks is heard."""
    while part := answer.read(1):
        heard += part


def a_map(api: Caller, name: str) -> None:
    reply = api.post(MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
    assert reply.status == 201, reply.body


@pytest.mark.parametrize(
    ("fault", "status", "says"),
    [
        (answers.throttled(7), 429, lambda reply: reply.headers["retry-after"] == "7" and reply.json is None),
        (answers.failing(500, "etcdserver: request timed out"), 500, lambda reply: "etcdserver" in reply.message),
        (answers.bare(502), 502, lambda reply: reply.body == b"Bad Gateway\n"),
        (answers.expired_token(), 401, lambda reply: reply.reason == "Unauthorized"),
        (answers.gone(), 410, lambda reply: reply.reason == "Expired"),
        (answers.web_page(), 200, lambda reply: reply.headers["content-type"].startswith("text/html")),
        (answers.redirected("https://elsewhere.example/"), 307, lambda reply: "elsewhere" in reply.headers["location"]),
    ],
)  # fmt: skip
def test_it_comes_instead_of_the_answer_and_goes(
    api: Caller, faults: Faults, fault: Fault, status: int, says: Callable[[Reply], bool]
) -> None:
    with faults.during(fault, lists) as switch:
        reply = api.get(MAPS)
        assert reply.status == status
        assert says(reply)
        assert api.get("/api/v1/namespaces/default").status == 200  # what it is not meant for
        assert switch.hits == 1
    assert api.get(MAPS).json["kind"] == "ConfigMapList"


def test_it_ends_after_so_many_times(api: Caller, faults: Faults) -> None:
    with faults.during(answers.failing(), of("configmaps"), times=2) as switch:
        assert [api.get(MAPS).status for _ in range(4)] == [503, 503, 200, 200]
    assert switch.hits == 2


def test_there_are_so_many_at_most() -> None:
    faults = Faults()
    for _ in range(MOST):
        faults.on(answers.failing())
    with pytest.raises(ValueError, match="32"):
        faults.on(answers.failing())


def test_a_slow_answer_is_the_true_one(api: Caller, faults: Faults) -> None:
    with faults.during(answers.slow(0.2)):
        assert api.get(MAPS).json["kind"] == "ConfigMapList"


def test_half_an_answer_is_half(api: Caller, faults: Faults) -> None:
    with faults.during(answers.half(), lists), pytest.raises((http.client.IncompleteRead, OSError)):
        opened(api, MAPS)[1].read()


def test_a_reset_comes_before_a_word(api: Caller, faults: Faults) -> None:
    with faults.during(answers.hung_up(), lists), pytest.raises((OSError, http.client.HTTPException)):
        opened(api, MAPS)


def test_who_is_not_answered_waits(api: Caller, faults: Faults) -> None:
    with faults.during(answers.silent(), lists), pytest.raises(TimeoutError):
        opened(api, MAPS, 0.3)


def test_an_upgrade_is_refused_with_nothing(api: Caller, faults: Faults) -> None:
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": "https://x.example"}
    with faults.during(answers.upgrade_refused(), upgrades):
        reply = api.get(f"{MAPS}?watch=1", headers=headers)
    assert (reply.status, reply.body) == (403, b"")


def test_410_in_the_stream(api: Caller, faults: Faults) -> None:
    with faults.during(streams.gone_in_stream(), watches):
        events = api.watch(f"{MAPS}?watch=1&resourceVersion=1")
    assert [(one["type"], one["object"]["code"], one["object"]["reason"]) for one in events] == [
        ("ERROR", 410, "Expired")
    ]


def test_a_stream_that_ends_at_once(api: Caller, faults: Faults) -> None:
    with faults.during(streams.ended_at_once(), watches):
        assert api.watch(f"{MAPS}?watch=1") == []


def test_a_line_breaks_off(api: Caller, faults: Faults) -> None:
    for name in ("broken-a", "broken-b"):
        a_map(api, name)
    with faults.during(streams.truncated(after=1), watches):
        _, answer = opened(api, f"{MAPS}?watch=1")
        first = answer.readline()
        with pytest.raises((http.client.IncompleteRead, OSError)):
            read_on(answer, bytearray())
    assert json.loads(first)["type"] == "ADDED"


def test_a_line_is_no_json(api: Caller, faults: Faults) -> None:
    a_map(api, "no-json")
    with faults.during(streams.no_json(), watches):
        _, answer = opened(api, f"{MAPS}?watch=1&timeoutSeconds=1")
        assert answer.readline().startswith(b"<html>")


def test_each_event_is_a_gzip_member(api: Caller, faults: Faults) -> None:
    for name in ("zip-a", "zip-b"):
        a_map(api, name)
    with faults.during(streams.gzipped(), watches):
        _, answer = opened(api, f"{MAPS}?watch=1&timeoutSeconds=1")
        raw = answer.read()
    assert answer.headers["Content-Encoding"] == "gzip"
    lines = gzip.decompress(raw).splitlines()
    assert len(lines) >= 2
    inflater = zlib.decompressobj(wbits=31)
    assert len(inflater.decompress(raw).splitlines()) == 1  # who reads only the first member gets one event
    assert inflater.unused_data


def test_events_come_in_pieces_and_are_whole(api: Caller, faults: Faults) -> None:
    a_map(api, "pieces")
    with faults.during(streams.in_pieces(), watches):
        events = api.watch(f"{MAPS}?watch=1&timeoutSeconds=1")
    assert "pieces" in {one["object"]["metadata"]["name"] for one in events}


def test_a_dead_connection_says_nothing_more_and_new_ones_live(api: Caller, faults: Faults) -> None:
    connection, answer = opened(api, f"{MAPS}?watch=1&timeoutSeconds=2", 4)
    faults.silence()
    a_map(api, "unheard")
    heard = bytearray()
    with pytest.raises(TimeoutError):
        read_on(answer, heard)
    assert b"unheard" not in heard
    connection.close()
    assert api.get(f"{MAPS}/unheard").status == 200
