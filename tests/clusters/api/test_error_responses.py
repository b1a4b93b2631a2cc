"""API errors: the exception for each kind of error response."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from clusters.api import errors
from clusters.api.errors import Cause, error_from, error_of_status

STATUS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
JSON = {"Content-Type": "application/json"}


def build_error(code: int, body: object, **headers: str) -> errors.ApiError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_from(
        code, {name.replace("_", "-"): value for name, value in headers.items()}, raw, "GET", "/x"
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.MethodNotAllowed),
        (406, errors.NotAcceptable),
        (409, errors.Conflict),
        (410, errors.Gone),
        (413, errors.BadRequest),
        (415, errors.BadRequest),
        (422, errors.Invalid),
        (429, errors.TooManyRequests),
        (500, errors.ServerError),
        (502, errors.Unavailable),
        (503, errors.Unavailable),
        (504, errors.GatewayTimeout),
        (507, errors.ServerError),
    ],
)
def test_it_names_each_status(code: int, kind: type[errors.ApiError]) -> None:
    for body in (STATUS | {"code": code, "reason": "Why", "message": "what"}, b"", b"plain words"):
        error = build_error(code, body)
        assert type(error) is kind
        assert (error.status, error.method, error.path) == (code, "GET", "/x")
        assert str(error)


def test_it_keeps_the_causes() -> None:
    causes = [{"field": "spec.replicas", "reason": "FieldValueInvalid", "message": "must be ≥ 0"}, "junk", {}]
    error = build_error(
        422, STATUS | {"code": 422, "reason": "Invalid", "message": "m", "details": {"causes": causes}}
    )
    assert error.causes == (Cause("spec.replicas", "FieldValueInvalid", "must be ≥ 0"), Cause("", "", ""))
    assert (error.reason, error.message) == ("Invalid", "m")


@pytest.mark.parametrize(
    "details", [None, [], "x", {"causes": None}, {"causes": 5}, {"retryAfterSeconds": "soon"}]
)
def test_it_reads_statuses_with_details_of_the_wrong_type(details: object) -> None:
    error = build_error(409, STATUS | {"code": 409, "details": details, "message": None, "reason": None})
    assert (type(error), error.causes, error.retry_after, error.message) == (errors.Conflict, (), None, "")


def test_it_reads_how_long_to_wait() -> None:
    assert build_error(429, b"too many", Retry_After="1").retry_after == 1.0
    assert build_error(429, STATUS | {"code": 429, "details": {"retryAfterSeconds": 10}}).retry_after == 10.0
    assert (
        build_error(
            429, STATUS | {"code": 429, "details": {"retryAfterSeconds": 10}}, Retry_After="3"
        ).retry_after
        == 3.0
    )
    assert build_error(429, b"").retry_after is None
    then = build_error(
        503, b"", Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    )
    assert then.retry_after is not None
    assert 25 < then.retry_after <= 30
    for junk in ("soon", "-5", "²", "9" * 400, "Thu, 99 Xxx 2026"):
        assert build_error(503, b"", Retry_After=junk).retry_after in (None, 3600.0)


def test_it_distinguishes_a_foreign_page_from_a_broken_proxy() -> None:
    page = b"<!DOCTYPE html><html><head><title>\n Sign in\x1b[31m </title></head></html>"
    for code in (401, 403, 404):
        error = build_error(code, page, Content_Type="text/html")
        assert type(error) is errors.NotKubernetes
        assert error.status == code
        assert "Sign in" in error.message
        assert "\x1b" not in error.message
    assert type(build_error(503, page)) is errors.Unavailable
    assert type(build_error(404, b"404 page not found\n", Content_Type="text/plain")) is errors.NotFound


def test_it_bounds_what_it_repeats() -> None:
    assert len(build_error(500, b"x" * 1_000_000).message) <= 4096
    assert len(build_error(500, STATUS | {"message": "y" * 1_000_000}).message) <= 4096


def test_it_survives_bodies_that_are_no_status() -> None:
    for body in (
        b"[" * 100_000,
        b'{"kind":"Pod"}',
        b"\xff\xfe",
        b"null",
        b'"Status"',
        b'{"kind":["Status"]}',
    ):
        assert type(build_error(403, body)) is errors.Forbidden


def test_it_reads_the_status_of_a_watch() -> None:
    assert type(error_of_status(STATUS | {"code": 410, "reason": "Expired"})) is errors.Gone
    assert type(error_of_status({})) is errors.ServerError


def test_the_object_that_a_strict_error_quotes_is_cut_out() -> None:
    """Of a Secret it would be the values; and of a long one, what is wrong would be cut off."""
    quoted = json.dumps(json.dumps({"data": {"word": "c2VjcmV0" + "A" * 9000}}))
    message = (
        f'Secret "one" is invalid: patch: Invalid value: {quoted}: strict decoding error: unknown field "x"'
    )
    cause = {"field": "patch", "message": message.partition("patch: ")[2]}
    body = STATUS | {"code": 422, "message": message, "details": {"causes": [cause]}}
    error = build_error(422, body)
    assert error.message == 'Secret "one" is invalid: patch: strict decoding error: unknown field "x"'
    assert "c2VjcmV0" not in error.message + error.causes[0].message
    assert error.causes[0].message.endswith('strict decoding error: unknown field "x"')
    other = 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "x"'
    assert build_error(400, STATUS | {"code": 400, "message": other}).message == other
