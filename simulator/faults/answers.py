"""What may come instead of an answer? Each is a fault for `cluster.faults.on(...)`."""

from __future__ import annotations

import asyncio

from aiohttp import web

from simulator.faults.switchboard import Fault, GoOn
from simulator.requests.answers import refused
from simulator.requests.call import Call
from simulator.requests.statuses import Refusal, expired, refusal, unauthorized

FOREVER = 3600.0  # seconds that somebody is kept waiting at most
PAGE = "<!doctype html><title>Sign in</title><h1>Sign in to the network</h1>"


def throttled(seconds: int = 1) -> Fault:
    """429 as the API server's priority and fairness writes it: no Status, text, and `Retry-After`."""
    text = "Too many requests, please try again later.\n"
    return _refusing(Refusal(429, "", text=text, headers={"Retry-After": str(seconds)}))


def failing(
    status: int = 503, message: str = "the server is currently unable to handle the request"
) -> Fault:
    """A Status of that code."""
    return _refusing(refusal(status, message))


def bare(status: int = 502, text: str = "Bad Gateway\n") -> Fault:
    """Text without a Status: a proxy's, or the API server's own where it has no more strength."""
    return _refusing(Refusal(status, "", text=text))


def expired_token() -> Fault:
    """401 for everybody: the credential has ended."""
    return _refusing(unauthorized())


def gone() -> Fault:
    """410 as an HTTP status: of a continue token, or of a list at an exact resourceVersion."""
    return _refusing(
        expired("The provided continue parameter is too old to display a consistent list result.")
    )


def web_page(status: int = 200, html: str = PAGE) -> Fault:
    """HTML: the sign-in page of a proxy, with whatever status."""

    async def fault(call: Call, _go_on: GoOn) -> web.StreamResponse:
        return web.Response(status=status, text=html, content_type="text/html")

    return fault


def redirected(to: str, status: int = 307) -> Fault:
    async def fault(call: Call, _go_on: GoOn) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": to})

    return fault


def upgrade_refused(status: int = 403) -> Fault:
    """An empty answer to an upgrade: no refusal of RBAC, though it has the same number."""

    async def fault(call: Call, _go_on: GoOn) -> web.StreamResponse:
        return web.Response(status=status)

    return fault


def slow(seconds: float) -> Fault:
    """The true answer, later."""

    async def fault(_call: Call, go_on: GoOn) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await go_on()

    return fault


def silent() -> Fault:
    """Accepted, and never answered: until the caller leaves, or for an hour. Switching it off answers nobody."""

    async def fault(call: Call, _go_on: GoOn) -> web.StreamResponse:
        await asyncio.sleep(FOREVER)
        abort(call)
        return web.Response()

    return fault


def hung_up() -> Fault:
    """The connection is reset before a word."""

    async def fault(call: Call, _go_on: GoOn) -> web.StreamResponse:
        abort(call)
        return web.Response()  # which nobody gets

    return fault


def half() -> Fault:
    """The head of the true answer with its full length, half of its body, and a reset."""

    async def fault(call: Call, go_on: GoOn) -> web.StreamResponse:
        answer = await go_on()
        body = answer.body if isinstance(answer, web.Response) else None
        if not isinstance(body, bytes):
            return answer
        broken = web.StreamResponse(status=answer.status, headers=answer.headers)
        broken.content_length = len(body)
        await broken.prepare(call.request)
        await broken.write(body[: len(body) // 2])
        abort(call)
        return broken

    return fault


def abort(call: Call) -> None:
    """What was written still leaves; then the connection is no more."""
    transport = call.request.transport
    if transport is not None:
        transport.close() if transport.get_write_buffer_size() else transport.abort()


def _refusing(no: Refusal) -> Fault:
    async def fault(call: Call, _go_on: GoOn) -> web.StreamResponse:
        return refused(call, no)

    return fault
