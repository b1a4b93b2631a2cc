"""API client: headers, limits and connection reuse of a call."""

from __future__ import annotations

import gzip
import json
import pickle
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from clusters.api import errors, pools
from clusters.api.client import Client
from clusters.api.connection import USER_AGENT, Connection, Identity
from clusters.api.errors import ApiError, CredentialMissing
from tests.clusters.api import faults
from tests.clusters.api.calls import BOTH, TOKEN, fetch, make_connection
from tests.clusters.api.faults import AUTHORITY, FaultServer, respond_with

UNUSABLE = [
    "",
    " ",
    "\n",
    "two words",
    "line\nbreak",
    "line\r\nX-Evil: 1",
    "sEcRet\t",
    "sEcRet\n",
    "tök",
    "\0",
]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("token", UNUSABLE)
def test_it_sends_nothing_without_a_usable_credential(how: str, token: str) -> None:
    """A blank token would be system:anonymous, another one might be a header of its own."""
    with FaultServer(respond_with(200)) as server:
        with pytest.raises(CredentialMissing) as raised:
            fetch(how, make_connection(server, token=token))
        assert server.connections == 0
        assert (raised.value.method, raised.value.path) == ("GET", "/version")
        assert not token.strip() or token.strip() not in f"{raised.value!r}{raised.value}"


@pytest.mark.parametrize("how", BOTH)
def test_it_sends_nothing_with_half_a_certificate(how: str) -> None:
    pair = AUTHORITY.client("dana")
    other = AUTHORITY.client("rene")
    halves = [
        Identity(certificate=pair.certificate),
        Identity(key=pair.key),
        Identity(certificate=" ", key=" "),
        Identity(certificate=pair.certificate, key=other.key),
        Identity(certificate="x", key="y"),
        Identity(certificate=pair.certificate, key=_encrypted(pair.key)),
    ]
    with FaultServer(respond_with(200)) as server:
        for number, identity in enumerate(halves):
            with pytest.raises(CredentialMissing):
                fetch(how, make_connection(server, identity=identity, person=f"half-{number}"))
        assert server.connections == 0


def _encrypted(key: str) -> str:
    from cryptography.hazmat.primitives import serialization

    loaded = serialization.load_pem_private_key(key.encode(), None)
    form, secret = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    return loaded.private_bytes(serialization.Encoding.PEM, form, secret).decode()


@pytest.mark.parametrize("how", BOTH)
def test_it_sends_our_own_headers_and_nothing_of_the_machine(
    how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login root password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with FaultServer(respond_with(200)) as server:
        fetch(how, make_connection(server))
        headers = server.requests[0].headers
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["user-agent"] == USER_AGENT
    assert headers["accept-encoding"] == "gzip"
    assert set(headers) <= {"host", "authorization", "user-agent", "accept", "accept-encoding", "connection"}


def test_the_user_agent_names_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"{project['name']}/{project['version']}" == USER_AGENT


@pytest.mark.parametrize("how", BOTH)
def test_it_keeps_no_cookie(how: str) -> None:
    cookie = "Set-Cookie: session=of-somebody; Path=/"
    with FaultServer(respond_with(200, {}, "application/json", cookie)) as server:
        connection = make_connection(server)
        fetch(how, connection)
        fetch(how, connection)
        assert all("cookie" not in request.headers for request in server.requests)


def test_it_keeps_its_connection_for_the_next_call() -> None:
    with FaultServer(respond_with(200)) as server:
        client = Client(make_connection(server))
        for _ in range(5):
            client.get("/version")
        assert (server.connections, len(server.requests)) == (1, 5)
        pools.forget(client.connection.fingerprint)
        client.get("/version")
        assert server.connections == 2


def test_it_reads_once_more_where_a_kept_connection_was_closed() -> None:
    with FaultServer(faults.close_kept_connections()) as server:
        client = Client(make_connection(server))
        for _ in range(3):
            assert client.get("/version") == {}


def test_it_never_writes_twice() -> None:
    with FaultServer(faults.close_kept_connections()) as server:
        client = Client(make_connection(server))
        client.post("/api/v1/pods", {})
        with pytest.raises(errors.StreamBroken):
            client.post("/api/v1/pods", {})
        assert len([request for request in server.requests if request.method == "POST"]) == 2


def test_it_sends_values_as_json_and_bytes_as_they_are() -> None:
    with FaultServer(respond_with(201, {"made": True})) as server:
        client = Client(make_connection(server))
        assert client.post("/api/v1/pods", {"kind": "Pod"}, query=[("dryRun", "All")]) == {"made": True}
        client.request("PATCH", "/api/v1/pods", body=b"a: 1", content_type="application/apply-patch+yaml")
        first, second = server.requests
    assert (json.loads(first.body), first.target) == ({"kind": "Pod"}, "/api/v1/pods?dryRun=All")
    assert first.headers["content-type"] == "application/json"
    assert (second.body, second.headers["content-type"]) == (b"a: 1", "application/apply-patch+yaml")


def test_it_unpacks_gzip_and_reads_warnings() -> None:
    warnings = [
        'Warning: 299 - "first, \\"quoted\\""',
        'Warning: 299 - "second", 299 - "third"',
        "Warning: junk",
    ]
    body = gzip.compress(b'{"a":') + gzip.compress(b"1}")
    with FaultServer(
        respond_with(200, body, "application/json", "Content-Encoding: gzip", "ETag: x", *warnings)
    ) as server:
        answer = Client(make_connection(server)).request("GET", "/x")
    assert answer.json() == {"a": 1}
    assert answer.warnings == ('first, "quoted"', "second", "third")
    assert answer.headers["etag"] == "x"
    assert "body" not in repr(answer)


def test_it_carries_warnings_of_an_error_too() -> None:
    body = {"kind": "Status", "code": 422, "reason": "Invalid"}
    response = respond_with(422, body, "application/json", 'Warning: 299 - "policy says"')
    with FaultServer(response) as server, pytest.raises(errors.Invalid) as raised:
        Client(make_connection(server)).post("/x", {})
    assert raised.value.warnings == ("policy says",)


@pytest.mark.parametrize("behaviour", [respond_with(200, b"x" * 5_000_000), faults.send_gzip_bomb(64)])
def test_it_stops_reading_at_the_limit(behaviour: faults.Behaviour) -> None:
    with FaultServer(behaviour) as server, pytest.raises(errors.ResponseTooLarge):
        Client(make_connection(server)).get("/x", limit=1024 * 1024)


def test_it_says_so_where_the_answer_is_no_json() -> None:
    for body in (b"", b"<html>", b"{", b"[" * 100_000):
        with FaultServer(respond_with(200, body)) as server, pytest.raises(errors.NotKubernetes):
            Client(make_connection(server)).get("/x")


def test_it_answers_304_only_to_an_etag() -> None:
    with FaultServer(respond_with(304, b"")) as server:
        client = Client(make_connection(server))
        assert client.request("GET", "/api", etag='"x"').status == 304
        assert server.requests[0].headers["if-none-match"] == '"x"'
        with pytest.raises(errors.NotKubernetes):
            client.request("GET", "/api")


def test_it_frees_its_slot_after_every_error() -> None:
    with FaultServer(faults.truncate_body) as server:
        client = Client(make_connection(server))
        started = time.monotonic()
        for _ in range(20):
            with pytest.raises(errors.StreamBroken):
                client.get("/x")
        assert time.monotonic() - started < 5


def test_it_never_shows_a_credential() -> None:
    identity = Identity(TOKEN, "CERTIFICATE", "PRIVATE")
    connection = Connection("c", make_connection("https://h").server, identity, "f")
    for shown in (
        repr(identity),
        str(identity),
        repr(connection),
        f"{connection}",
        repr([connection, {1: identity}]),
    ):
        assert TOKEN not in shown
        assert "PRIVATE" not in shown


def test_errors_can_be_handed_to_another_process() -> None:
    error: Any = pickle.loads(pickle.dumps(errors.Conflict("m", status=409, reason="r")))
    assert isinstance(error, ApiError)
    assert (error.message, error.status) == ("m", 409)
