"""HTTP client: single calls to one API server (requests); streams are in streams.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

import msgspec
import requests
import urllib3.exceptions

from clusters.api import deprecations, last_denied
from clusters.api.addresses import host_and_port
from clusters.api.circuit_breaker import CircuitBreaker, breaker
from clusters.api.concurrency import CALLS, PROBES, REVIEWS, ConcurrencyLimit
from clusters.api.connection import USER_AGENT, Connection
from clusters.api.deadlines import deadline
from clusters.api.errors import ApiError, NotKubernetes, ResponseTooLarge, StreamBroken, error_from
from clusters.api.memory import MEBIBYTE, Account
from clusters.api.metrics import RequestTimer, count_retry
from clusters.api.paths import url
from clusters.api.pools import CONNECT_SECONDS, pooled_session
from clusters.api.token_redaction import redact_error, redact_token
from clusters.api.transport_errors import transport_error


@dataclass(frozen=True)
class Response:
    """A successful answer, or 304 where an `etag` was sent. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    warnings: tuple[str, ...] = ()

    def json(self) -> Any:
        """The body decoded; NotKubernetes where it is no JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as unreadable:
            raise NotKubernetes("The response is not JSON.", status=self.status) from unreadable


class RequestOptions(TypedDict, total=False):
    """What any call may say of itself, as in `Client.request`."""

    query: Sequence[tuple[str, str]]
    accept: str
    timeout: float
    limit: int
    concurrency: ConcurrencyLimit


class Client:
    """Calls to one cluster as one person, over the kept connections of that person's credential."""

    def __init__(self, connection: Connection, breaker: CircuitBreaker = breaker) -> None:
        self.connection = connection
        self.breaker = breaker

    def check_request(self, method: str, path: str, accept: str) -> None:
        """Called before anything else; a client that may not send everything raises here."""

    def get(self, path: str, **options: Unpack[RequestOptions]) -> Any:
        """GET, decoded."""
        return self.request("GET", path, **options).json()

    def post(self, path: str, body: Any, **options: Unpack[RequestOptions]) -> Any:
        """POST, decoded."""
        return self.request("POST", path, body=body, **options).json()

    def request(  # noqa: PLR0913 - the parts of an HTTP request
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        timeout: float = 15.0,
        limit: int = 64 * MEBIBYTE,
        etag: str = "",
        concurrency: ConcurrencyLimit = CALLS,
    ) -> Response:
        """The answer, or an ApiError. `body` is bytes, or a value to send as JSON.

        `timeout` bounds, in seconds, each wait for the server; all of the call ends after twice as long. More
        than `limit` decoded bytes are ResponseTooLarge.
        """
        self.check_request(method, path, accept)
        try:
            prepared = self._prepare(method, path, query, body)
            prepared.headers["Accept"] = accept
            if body is not None:
                prepared.headers["Content-Type"] = content_type
            if etag:
                prepared.headers["If-None-Match"] = etag
            with concurrency.acquire_slot(self.connection.cluster, self.connection.person):
                if concurrency is not PROBES:
                    self.breaker.check(self.connection.server)
                with RequestTimer(self.connection.cluster, method, path, query) as timer:
                    answer = self._send_with_retry(
                        prepared, timeout, limit, method == "GET" or concurrency is REVIEWS
                    )
                    timer.finish(answer.status)
                if self.connection.call_log is not None:
                    self.connection.call_log.note(method, path, query, body)
            if answer.status >= 300 and not (answer.status == 304 and etag):
                error = error_from(answer.status, answer.headers, answer.body)
                error.warnings = answer.warnings
                raise error
            deprecations.note_warnings(self.connection, method, path, answer.warnings)
        except ApiError as raised:
            raised.method, raised.path = method, path
            redact_error(raised, self.connection.identity)
            last_denied.note_error(self.connection.fingerprint, raised)
            if self.connection.error_callback is not None:
                self.connection.error_callback(method, path, query, raised)
            raise
        return answer

    def _prepare(
        self, method: str, path: str, query: Sequence[tuple[str, str]], body: Any
    ) -> requests.PreparedRequest:
        """The request with this person's credential. requests' own ideas of a canonical URL are overruled."""
        host_and_port(self.connection.server)
        address = url(self.connection.server, path, query)
        content = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        prepared = requests.Request(method, address, data=content).prepare()
        prepared.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})
        prepared.headers.update(self.connection.identity.headers())
        prepared.url = address
        return prepared

    def _send_with_retry(
        self, prepared: requests.PreparedRequest, timeout: float, limit: int, is_repeatable: bool
    ) -> Response:
        """The answer; where a kept connection had been closed meanwhile, what only reads is sent once more."""
        with deadline(2 * timeout):
            try:
                return self._send_once(prepared, timeout, limit)
            except StreamBroken:
                if not is_repeatable:
                    raise
            count_retry(self.connection.cluster, "request")
            return self._send_once(prepared, timeout, limit)

    def _send_once(self, prepared: requests.PreparedRequest, timeout: float, limit: int) -> Response:
        began = self.breaker.now()
        try:
            response = pooled_session(self.connection).send(
                prepared, stream=True, timeout=(min(timeout, CONNECT_SECONDS), timeout), allow_redirects=False
            )
            self.breaker.record_response(self.connection.server)
            with closing(response):
                body = _read(response, limit, self.connection.account)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as raised:
            error = transport_error(raised)
            self.breaker.record_error(self.connection.server, began, error)
            raise error from None  # the chain holds the request, and with it the token
        return Response(
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            body,
            tuple(
                redact_token(text, self.connection.identity)
                for text in deprecations.read_warnings(response.raw.headers.getlist("Warning"))
            ),
        )


def _read(response: requests.Response, limit: int, account: Account) -> bytes:
    """The body, which is charged to the account while it arrives."""
    parts, size = [], 0
    try:
        for part in response.raw.stream(65536, decode_content=True):
            account.charge(len(part))
            size += len(part)
            if size > limit:
                raise ResponseTooLarge(
                    f"It is larger than {limit // MEBIBYTE} MiB.", status=response.status_code
                )
            parts.append(part)
        return b"".join(parts)
    finally:
        account.release(size)
