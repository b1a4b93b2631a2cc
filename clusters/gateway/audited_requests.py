"""Audited requests: each request is announced in the audit trail before it is sent, its result after."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from clusters.api.client import Client, Response
from clusters.api.connection import Connection
from clusters.api.errors import (
    ApiError,
    Forbidden,
    GatewayTimeout,
    NotKubernetes,
    ResponseTooLarge,
    StreamBroken,
    TimedOut,
    Unreachable,
    error_of_code,
)
from clusters.api.paths import resource_path
from clusters.api.resource_attributes import ResourceAttributes
from people.audit.draft import AuditDraft
from people.audit.models import Result
from people.audit.record import PendingEntry, begin

INCONCLUSIVE = (TimedOut, StreamBroken, GatewayTimeout, NotKubernetes)  # it may have been done all the same
FIELDS = 20  # names of changed fields in a row
MAX_DEPTH = 4  # and how far down in the object
# Of a query.
RECORDED_OPTIONS = ("dryRun", "force", "fieldManager", "propagationPolicy", "gracePeriodSeconds")


class AuditedRequest:
    """A request in progress: `with` or `async with` it. Entering raises AuditTrailUnavailable where it cannot be
    announced.

    `client` may send what was announced. Call `record_response` when the API server has accepted it: what lasts (a
    log, a shell) has then taken place, however it ends. Without that an ApiError says how it failed, and all else
    leaves it unknown.
    """

    def __init__(self, connection: Connection, attributes: ResourceAttributes, draft: AuditDraft) -> None:
        self.attributes = attributes
        # A denial is this request's own result, and no further row.
        self.connection = replace(connection, error_callback=None)
        self.client = Client(self.connection)
        self._draft = draft
        self._entry: PendingEntry | None = None
        self._response: tuple[int, str] | None = None
        self._failure: tuple[int, str] | None = None

    def record_response(self, status: int, audit_id: str = "") -> None:
        self._response = (status, audit_id)

    def record_failure(self, status: int, audit_id: str = "") -> None:
        """The API server answered with an error, which is passed on to the caller as it is."""
        self._failure = (status, audit_id)

    def record_detail(self, **detail: Any) -> None:
        """What is known at its end alone, such as how many bytes were read; for the result's entry."""
        if self._entry is not None:
            self._entry.draft = replace(self._entry.draft, detail={**self._entry.draft.detail, **detail})

    def __enter__(self) -> Self:
        self._entry = begin(self._draft)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._entry is None:
            return
        reason = _reason(error)
        if self._response is not None:
            status, audit_id = self._response
            self._entry.close(Result.OK, status, reason, audit_id)
        elif self._failure is not None:
            status, audit_id = self._failure
            self._entry.close(result_of(error_of_code(status)), status, reason, audit_id)
        elif isinstance(error, ApiError):
            self._entry.close(result_of(error), error.status or None, reason, error.audit_id)
        else:
            self._entry.close(Result.UNKNOWN if error else Result.OK, None, reason)

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(asyncio.to_thread(self.__exit__, kind, error, trace))


def send(
    audited_request: AuditedRequest,
    *,
    body: Any,  # bytes, or a value to send as JSON
    query: Sequence[tuple[str, str]],
    content_type: str,
    timeout: float,
) -> Response:
    """Send it as one call. Raises AuditTrailUnavailable: then nothing was sent.

    `timeout` is in seconds, as in `Client.request`.
    """
    attributes = audited_request.attributes
    with audited_request:
        response = audited_request.client.request(
            attributes.method,
            resource_path(attributes),
            query=query,
            body=body,
            content_type=content_type,
            timeout=timeout,
        )
        if "json" not in response.headers.get("content-type", ""):
            raise NotKubernetes("The response to a change is not JSON.", status=response.status)
        audited_request.record_response(response.status, response.headers.get("audit-id", ""))
    return response


def result_of(error: ApiError) -> Result:
    """DENIED, FAILED, or UNKNOWN where the API server may have done it all the same."""
    if isinstance(error, Forbidden):
        return Result.DENIED
    if isinstance(error, ResponseTooLarge) and 200 <= error.status < 300:
        return Result.OK  # done, and the response was larger than the limit
    if type(error) is Unreachable or isinstance(error, INCONCLUSIVE):
        return Result.UNKNOWN
    return Result.FAILED


def name_in(body: Any) -> str:
    """The name that an object to be made brings along."""
    metadata = body.get("metadata") if isinstance(body, Mapping) else None
    return (
        str(metadata.get("name") or metadata.get("generateName") or "")
        if isinstance(metadata, Mapping)
        else ""
    )


def detail_of(verb: str, query: Sequence[tuple[str, str]], body: Any, content_type: str) -> dict[str, Any]:
    """Which fields a patch names, and the options that matter; no value of any field.

    Those of a DELETE are in its body, where it has one.
    """
    detail: dict[str, Any] = {name: value for name, value in query if name in RECORDED_OPTIONS}
    if verb in ("delete", "deletecollection") and isinstance(body, Mapping):
        # the API server reads them there, and then ignores the query
        detail = {name: body[name] for name in RECORDED_OPTIONS if name in body}
    if verb == "patch":
        detail["patch"] = content_type.partition(";")[0].removeprefix("application/")
        detail["fields"] = sorted(set(_fields(body)))[:FIELDS]
    return detail


def _fields(body: Any, above: str = "", depth: int = 0) -> list[str]:
    """Paths of a merge patch's leaves, or those of a JSON patch's operations."""
    if depth == 0 and isinstance(body, list):
        return [str(one.get("path")) for one in body[:FIELDS] if isinstance(one, Mapping)]
    if not isinstance(body, Mapping) or not body or depth == MAX_DEPTH:
        return [above] if above else []
    return [
        found
        for key, value in list(body.items())[:FIELDS]
        for found in _fields(value, f"{above}.{key}" if above else str(key), depth + 1)
    ]


def _reason(error: BaseException | None) -> str:
    if isinstance(error, ApiError):
        return str(error)
    return type(error).__name__ if error is not None else ""
