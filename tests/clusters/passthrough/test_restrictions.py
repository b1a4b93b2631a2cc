"""Paths, restrictions, header rules, rate limits and names in bodies: as functions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.api.errors import BadRequest
from clusters.api.resource_attributes import parse_attributes
from clusters.passthrough.header_rules import impersonation_headers, request_headers, response_headers
from clusters.passthrough.names_in_bodies import PROTOBUF_MAGIC, find_name
from clusters.passthrough.raw_paths import PREFIX, parse_target
from clusters.passthrough.restrictions import is_read
from clusters.passthrough.statuses import ErrorResponse
from clusters.personal_tokens.secrets import PATTERN, generate_secret, hash_secret, is_secret
from dashboard.passthrough.rate_limits import MAX_SHORT, RateLimits


@given(st.binary(max_size=60))
def test_a_target_is_what_was_sent_or_refused(tail: bytes) -> None:
    try:
        target = parse_target(PREFIX + b"harbour/" + tail, b"")
    except BadRequest:
        return
    assert target.path == "/" + tail.decode("ascii")
    assert target.cluster == "harbour"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/shop/services/http:web:80/proxy//a%2Fb/",
        "/api/v1/nodes/n/proxy/",
        "/apis/",
        "/api/v1/namespaces/shop/pods/a:b",
    ],
)
def test_paths_of_kubernetes_pass(path: str) -> None:
    assert (
        parse_target(PREFIX + b"harbour" + path.encode(), b"a=b%20c&a=d").path_and_query
        == f"{path}?a=b%20c&a=d"
    )


def test_a_pod_called_as_a_subresource_is_no_way_around() -> None:
    for path in ("/api/v1/namespaces/shop/pods/log/exec", "/api/v1/namespaces/shop/pods/status/proxy"):
        assert not is_read("GET", parse_attributes("GET", path), path)
    assert is_read(
        "GET",
        parse_attributes("GET", "/api/v1/namespaces/shop/pods/exec"),
        "/api/v1/namespaces/shop/pods/exec",
    )


def test_headers_that_say_who_calls_never_pass() -> None:
    names = [
        b"Authorization", b"authorization", b"Impersonate-User", b"impersonate_user", b"IMPERSONATE-Extra-a",
        b"X-Remote-User", b"x_remote_user", b"Cookie", b"X-Forwarded-For", b"Proxy-Authorization", b"Host",
        b"Transfer-Encoding", b"Content-Length", b"Upgrade", b"Sec-WebSocket-Key", b"X-Named",
    ]  # fmt: skip
    received = [(name, b"x") for name in names] + [
        (b"connection", b"close, X-Named"),
        (b"accept", b"a"),
        (b"accept", b"b"),
    ]
    assert request_headers(received) == [(b"accept", b"a"), (b"accept", b"b")]
    assert len(impersonation_headers(received)) == 3


def test_lines_of_a_response_stay_lines() -> None:
    received = [
        (b"X-Stream-Protocol-Version", b"v5"),
        (b"X-Stream-Protocol-Version", b"v4"),
        (b"Set-Cookie", b"a"),
    ]
    kept = response_headers(received)
    assert kept[:2] == received[:2]
    assert not any(name.lower() == b"set-cookie" for name, _value in kept)


def test_a_secret_has_a_checksum() -> None:
    secret = generate_secret()
    assert PATTERN.fullmatch(secret)
    assert is_secret(secret)
    assert len({generate_secret() for _number in range(200)}) == 200
    changed = [
        secret[:number] + ("a" if secret[number] != "a" else "b") + secret[number + 1 :]
        for number in range(4, 40)
    ]
    assert changed
    assert not any(is_secret(one) for one in changed)
    assert not is_secret(secret + "\n")
    assert hash_secret(secret) != secret


def test_a_token_has_a_rate_and_others_are_not_slowed() -> None:
    now = 0.0
    limits = RateLimits(timer=lambda: now)
    for _number in range(10):
        limits.take(1, rate=5, burst=10)
    with pytest.raises(ErrorResponse) as refused:
        limits.take(1, rate=5, burst=10)
    assert (refused.value.status, refused.value.retry_after) == (429, 1)
    limits.take(2, rate=5, burst=10)
    now = 1.0
    for _number in range(5):
        limits.take(1, rate=5, burst=10)
    with pytest.raises(ErrorResponse):
        limits.take(1, rate=5, burst=10)


def test_requests_in_progress_are_bounded_by_token() -> None:
    limits = RateLimits()
    held = [limits.hold(1, lasts=False) for _number in range(MAX_SHORT)]
    for one in held:
        one.__enter__()
    with pytest.raises(ErrorResponse), limits.hold(1, lasts=False):
        pass
    with limits.hold(1, lasts=True), limits.hold(2, lasts=False):
        assert limits.count(lasts=False) == MAX_SHORT + 1
    held[0].__exit__(None, None, None)
    with limits.hold(1, lasts=False):
        pass


def test_a_name_is_found_in_json_yaml_and_protobuf() -> None:
    assert find_name(json.dumps({"metadata": {"name": "one"}}).encode(), "application/json") == "one"
    assert find_name(b"metadata: {generateName: two-}", "application/yaml") == "two-"
    metadata = b"\x0a\x05three"
    raw = b"\x0a" + bytes([len(metadata)]) + metadata
    unknown = b"\x0a\x04\x0a\x02v1" + b"\x12" + bytes([len(raw)]) + raw
    assert find_name(PROTOBUF_MAGIC + unknown, "application/vnd.kubernetes.protobuf") == "three"


@given(st.binary(max_size=80))
def test_a_body_that_cannot_be_read_has_no_name_and_no_error(body: bytes) -> None:
    for kind in ("application/json", "application/yaml", "text/plain"):
        assert isinstance(find_name(body, kind), str)
    assert isinstance(find_name(PROTOBUF_MAGIC + body, ""), str)
