"""ASGI application of the pass-through: a cluster's API for every client, each call as the person whose token it has.

`/k8s/clusters/<id>/...` is passed on byte for byte, less what identifies the caller, with the person's own credential.
A browser's session counts for nothing here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from django.conf import settings
from django.db import Error as DatabaseError

from clusters.api import deprecations
from clusters.api.errors import ApiError, Forbidden
from clusters.api.metrics import RequestTimer
from clusters.api.resource_attributes import ResourceAttributes, parse_attributes
from clusters.gateway.audited_requests import AuditedRequest, detail_of
from clusters.passthrough import header_rules
from clusters.passthrough.names_in_bodies import find_name, read_body
from clusters.passthrough.raw_paths import PREFIX, Target, parse_target
from clusters.passthrough.restrictions import is_in_namespaces, is_read, reads_secrets
from clusters.passthrough.statuses import ErrorResponse, error_response_of
from clusters.passthrough.upstream import HEAD_SECONDS, Forwarded, UpgradedConnection, Upstream
from dashboard.client_streams.client_connections import EXTENSION, ClientConnection
from dashboard.monitoring.draining import draining
from dashboard.passthrough.database import in_database
from dashboard.passthrough.entrance import Caller, identify, read_secret, require_host
from dashboard.passthrough.impersonation import check_impersonation
from dashboard.passthrough.progress import InProgress, Progress
from dashboard.passthrough.rate_limits import RateLimits
from dashboard.passthrough.request_body import RequestBody
from people.audit import origin
from people.audit.record import AuditTrailUnavailable
from people.storage import storage

Scope = dict[str, Any]
METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
MAX_READ = 256 * 1024  # bytes of a response that are sent at once
MAX_COMMAND = 500  # characters of a command in the audit trail
LASTING_SUBRESOURCES = frozenset(("exec", "attach", "portforward", "proxy"))


@dataclass
class _Request:
    """One request on its way through."""

    scope: Scope
    response: _Response
    body: RequestBody
    connection: ClientConnection | None
    target: Target
    headers: list[tuple[bytes, bytes]]
    caller: Caller
    attributes: ResourceAttributes
    query: Sequence[tuple[str, str]]
    impersonation: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def upgrade(self) -> str:
        return self.connection.upgrade if self.connection is not None else ""

    @property
    def is_audited(self) -> bool:
        """Whatever changes, runs or reaches into something, reads a Secret or a log."""
        return (
            not is_read(self.method, self.attributes, self.target.path)
            or reads_secrets(self.attributes)
            or self.attributes.subresource == "log"
            or bool(self.impersonation)
        )

    @property
    def lasts(self) -> bool:
        """Whether it goes on until somebody ends it."""
        follows = dict(self.query).get("follow", "").lower() in ("true", "1")
        return (
            self.attributes.verb == "watch"
            or (self.attributes.subresource == "log" and follows)
            or self.attributes.subresource in LASTING_SUBRESOURCES
            or bool(self.upgrade)
        )


class Passthrough:
    """Wraps the rest of the application: what begins with the prefix is answered here."""

    def __init__(self, application: Callable[[Scope, Any, Any], Awaitable[None]]) -> None:
        self.application = application
        self._upstream: Upstream | None = None
        self._progress = Progress(lambda: settings.TIMINGS.passthrough)
        self._limits = RateLimits()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if not raw_path_of(scope).startswith(PREFIX):
            await self.application(scope, receive, send)
            return
        task = asyncio.current_task()
        ended: list[str] = []

        def end(reason: str) -> None:
            ended.append(reason)
            if task is not None and len(ended) == 1:
                task.cancel()

        body = RequestBody(receive, lambda: end(""))
        response = _Response(send)
        try:
            await self._answer(scope, response, body, end)
        except (ErrorResponse, ApiError, AuditTrailUnavailable, DatabaseError) as error:
            await _refuse(_build_error_response(error), scope, response)
        except asyncio.CancelledError:
            if not ended:
                raise
            if task is not None:
                task.uncancel()
            await _refuse(ErrorResponse(403, f"Quarterdeck: {ended[0]}"), scope, response)
        finally:
            body.close()

    async def _answer(
        self, scope: Scope, response: _Response, body: RequestBody, end: Callable[[str], None]
    ) -> None:
        request = await self._open(scope, response, body)
        in_progress = InProgress(request.caller, request.attributes, end)
        with self._limits.hold(request.caller.token.pk, lasts=request.lasts):
            self._progress.add(in_progress)

            async def drain() -> None:
                end("It is restarting. Try again.")

            if request.lasts:
                draining.add(drain)
            try:
                await self._forward(request)
            finally:
                draining.discard(drain)
                self._progress.remove(in_progress)

    async def _open(self, scope: Scope, response: _Response, body: RequestBody) -> _Request:
        """Who calls, and what for. Raises ErrorResponse, or ApiError for a path that is none."""
        received = list(scope["headers"])
        require_host(received)
        if scope["method"] not in METHODS:
            raise ErrorResponse(405, f"Quarterdeck: {scope['method']} is no method of this API.")
        secret, headers = read_secret(received)
        target = parse_target(raw_path_of(scope), scope["query_string"])
        address = origin.address_of_socket(scope)
        origin.begin(address, "")
        caller = await in_database(identify, secret, target.cluster, address)
        timings = settings.TIMINGS.passthrough
        self._limits.take(caller.token.pk, timings.rate, timings.burst)  # before a denial costs a row
        query = parse_qsl(target.query, keep_blank_values=True)
        attributes = parse_attributes(scope["method"], target.path, query)
        connection = scope.get("extensions", {}).get(EXTENSION)
        request = _Request(scope, response, body, connection, target, headers, caller, attributes, query)
        await self._check(request)
        return request

    async def _check(self, request: _Request) -> None:
        """Raises ErrorResponse, recorded, for what the token or the dashboard role does not permit."""
        caller, attributes, path = request.caller, request.attributes, request.target.path
        reason = ""
        if caller.is_restricted and not is_read(request.method, attributes, path):
            reason = caller.restriction
        elif not caller.session.can_see_secrets and reads_secrets(attributes):
            reason = f"{caller.session.role_reason} Secrets are read by editors only."
        elif (names := caller.token.namespaces) and not is_in_namespaces(
            request.method, attributes, path, names
        ):
            reason = f"The personal token “{caller.token.name}” is for {', '.join(names)} only."
        impersonation = header_rules.impersonation_headers(request.headers)
        if impersonation and not reason:
            if caller.is_restricted or caller.token.namespaces:
                reason = "A restricted token cannot impersonate."
            else:
                reason = await check_impersonation(caller.session, impersonation)
        if reason:
            await in_database(caller.session.record_denial, attributes, reason)
            raise ErrorResponse(403, f"{_describe(attributes)} is forbidden: Quarterdeck: {reason}")
        request.impersonation = impersonation

    async def _forward(self, request: _Request) -> None:
        async with AsyncExitStack() as stack:
            forwarded, detail = await self._build(request)
            session = request.caller.session
            kept = len(forwarded.body) if isinstance(forwarded.body, bytes) else 0
            stack.enter_context(session.connection.account.hold(kept))
            audited: AuditedRequest | None = None
            if request.is_audited:
                audited = session.open(request.attributes, detail)
                await stack.enter_async_context(audited)
            timer = stack.enter_context(
                RequestTimer(session.cluster.slug, request.method, request.target.path, request.query)
            )
            connection = audited.connection if audited is not None else session.connection
            response = await stack.enter_async_context(self.upstream.send(connection, forwarded))
            timer.finish(response.status)
            self._note(request, response, audited)
            await _respond(request, response)

    @property
    def upstream(self) -> Upstream:
        """Made in the event loop that it is of."""
        if self._upstream is None:
            self._upstream = Upstream()
        return self._upstream

    async def _build(self, request: _Request) -> tuple[Forwarded, dict[str, Any]]:
        """The request as it is sent on, and what the audit trail says of it beside its attributes."""
        headers = header_rules.request_headers(request.headers)
        detail: dict[str, Any] = {}
        if agent := header_rules.value_of(headers, b"user-agent"):
            detail["client"] = agent[:200]
        if request.upgrade:
            headers += _websocket_headers(request.headers)
        if request.attributes.subresource == "exec":
            command = [value for name, value in request.query if name == "command"]
            detail["command"] = " ".join(command)[:MAX_COMMAND]
        if request.impersonation:
            headers += request.impersonation
            detail["impersonated"] = [value.decode("latin1") for _name, value in request.impersonation][:20]
        length = header_rules.value_of(request.headers, b"content-length")
        forwarded = Forwarded(
            request.method,
            request.target,
            headers,
            length=int(length) if length.isdigit() else None,
            upgrade=request.upgrade,
            head_seconds=None if request.lasts else HEAD_SECONDS,
        )
        return await _add_body(request, forwarded, detail)

    def _note(
        self, request: _Request, response: aiohttp.ClientResponse, audited: AuditedRequest | None
    ) -> None:
        """The result, for the audit trail: of an audited request as its own row, else of a denial."""
        audit_id = response.headers.get("Audit-Id", "")
        connection = request.caller.session.connection
        deprecations.note_warnings(
            connection,
            request.method,
            request.target.path,
            deprecations.read_warnings(response.headers.getall("Warning", [])),
            header_rules.value_of(request.headers, b"user-agent"),
        )
        if audited is not None:
            if response.status < 400:
                audited.record_response(response.status, audit_id)
            else:
                audited.record_failure(response.status, audit_id)
        elif response.status == 403 and (callback := connection.error_callback):
            error = Forbidden(status=403)
            error.audit_id = audit_id
            callback(request.method, request.target.path, request.query, error)


class _Response:
    """Knows whether a response has begun: then an error can only be told by cutting it off."""

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._send = send
        self.is_begun = False

    async def send(self, message: dict[str, Any]) -> None:
        self.is_begun = True
        await self._send(message)


def raw_path_of(scope: Scope) -> bytes:
    """The path as it was sent, below the sub-path that a proxy may have left in it."""
    raw = bytes(scope.get("raw_path") or b"")
    sub_path = settings.SUB_PATH.encode()
    return raw.removeprefix(sub_path) if sub_path and raw.startswith(sub_path + b"/") else raw


def _describe(attributes: ResourceAttributes) -> str:
    """As Kubernetes begins its refusals."""
    if not attributes.resource:
        return f'path "{attributes.name}"'
    kind = f"{attributes.resource}.{attributes.group}" if attributes.group else attributes.resource
    subresource = f"/{attributes.subresource}" if attributes.subresource else ""
    return f'{kind}{subresource} "{attributes.name}"' if attributes.name else f"{kind}{subresource}"


def _websocket_headers(headers: header_rules.Headers) -> list[tuple[bytes, bytes]]:
    """Both ends speak the protocol with each other: the handshake is theirs. No Origin, and no extension is dropped."""
    return [(name, value) for name, value in headers if name.lower().startswith(b"sec-websocket-")]


async def _add_body(
    request: _Request, forwarded: Forwarded, detail: dict[str, Any]
) -> tuple[Forwarded, dict[str, Any]]:
    """A body that an API server takes as a whole is read as a whole, so that the audit trail can name the object."""
    if request.upgrade or request.method in ("GET", "HEAD", "OPTIONS"):
        return replace(forwarded, body=None, length=None), detail
    if request.attributes.subresource in LASTING_SUBRESOURCES or not request.attributes.resource:
        return replace(forwarded, body=request.body.stream()), detail
    content, is_whole = await request.body.read_up_to()
    if not is_whole:
        return replace(forwarded, body=request.body.stream(content)), detail
    kind = header_rules.value_of(request.headers, b"content-type")
    attributes = request.attributes
    if attributes.verb == "create" and not attributes.name:
        request.attributes = replace(attributes, name=find_name(content, kind))
    described = detail_of(attributes.verb, request.query, read_body(content, kind), kind)
    return replace(forwarded, body=content, length=len(content)), {**described, **detail}


async def _respond(request: _Request, response: aiohttp.ClientResponse) -> None:
    if response.status == 101 and request.connection is not None:
        request.response.is_begun = True
        await _copy_upgraded(request.connection, response)
        return
    if response.status == 401:
        raise ErrorResponse(
            401, "Quarterdeck: the cluster rejected your stored credential. Renew it in the dashboard."
        )
    headers = header_rules.response_headers(response.raw_headers)
    await request.response.send(
        {"type": "http.response.start", "status": response.status, "headers": headers}
    )
    while part := await response.content.readany():
        for start in range(0, len(part), MAX_READ):
            chunk = part[start : start + MAX_READ]
            await request.response.send({"type": "http.response.body", "body": chunk, "more_body": True})
    await request.response.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _copy_upgraded(connection: ClientConnection, response: aiohttp.ClientResponse) -> None:
    """Bytes in both directions until one side ends. A half of a connection that is closed is said within the protocol
    (a CLOSE frame of v5, a FIN of SPDY), and passes as any other bytes do."""
    upgraded = UpgradedConnection(response)
    client = connection.take_over()
    head = [b"HTTP/1.1 101 Switching Protocols"]
    head += [name + b": " + value for name, value in _upgrade_headers(response.raw_headers)]

    async def to_cluster() -> None:
        while content := await client.read():
            await upgraded.write(content)

    async def to_client() -> None:
        await client.write(b"\r\n".join(head) + b"\r\n\r\n")
        while content := await upgraded.read():
            await client.write(content)

    tasks = [asyncio.create_task(to_cluster()), asyncio.create_task(to_client())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        client.close()


def _upgrade_headers(received: header_rules.Headers) -> list[tuple[bytes, bytes]]:
    """Of a 101, with what makes it one."""
    upgrade = [(name, value) for name, value in received if name.lower() in (b"upgrade", b"connection")]
    added = {name for name, _value in (*header_rules.ADDED, header_rules.NO_STORE)}
    kept = [pair for pair in header_rules.response_headers(received) if pair[0].lower() not in added]
    return [*upgrade, *kept]


def _build_error_response(error: Exception) -> ErrorResponse:
    if isinstance(error, ErrorResponse):
        return error
    if isinstance(error, ApiError):
        return error_response_of(error)
    if isinstance(error, AuditTrailUnavailable):
        return ErrorResponse(503, f"Quarterdeck: nothing was sent, since it cannot be recorded: {error}", 5)
    storage.note(error)
    return ErrorResponse(503, "Quarterdeck: its database does not answer.", 5)


async def _refuse(error_response: ErrorResponse, scope: Scope, response: _Response) -> None:
    """Answer with a Status; where the response has begun, cut the connection off instead."""
    if response.is_begun:
        connection: ClientConnection | None = scope.get("extensions", {}).get(EXTENSION)
        if connection is not None:
            connection.abort()
        return
    body = error_response.body()
    headers = [*error_response.headers(), (b"content-length", str(len(body)).encode()), *header_rules.ADDED]
    await response.send({"type": "http.response.start", "status": error_response.status, "headers": headers})
    await response.send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
