"""Who may open streams into a container, and how does that begin and end? The same for exec and attach."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulator.pods.channels import V5, Asked, Channels, Unspoken, protocol_of
from simulator.pods.containers import container_of, node_of
from simulator.pods.runs import is_running
from simulator.reading.objects import existing
from simulator.requests.call import Call
from simulator.requests.statuses import Refusal, bad_request, forbidden
from simulator.requests.upgrades import is_websocket
from simulator.schemas.resources import Object

SUCCESS = {"status": "Success"}
NO_STREAMS = "you must specify at least 1 of stdin, stdout, stderr"
NOT_FORWARDED = "the simulator forwards no ports: nothing listens in its pods"
SPDY = "unable to upgrade the connection to {}: the simulator speaks WebSocket alone"

# What goes on in a session: the pod, the container, the open channels -> the last Status
Work = Callable[[Object, str, Channels], Awaitable[dict[str, Any]]]


async def serve(call: Call, work: Work) -> web.StreamResponse:
    """Raises the API server's refusals before the upgrade; with v5 a kubelet's come after it, as a Status."""
    may_stream(call)
    pod = existing(call)
    container = container_of(pod, call.query.get("container"))
    node_of(pod)
    if not is_websocket(call):
        raise not_upgraded(call)
    try:
        protocol = protocol_of(call)
    except Unspoken:
        return web.Response(status=403)
    asked = Asked.of(call)
    complaint = _complaint(pod, container, asked)
    if complaint is not None and protocol != V5:
        raise complaint
    channels = await Channels.open(call, protocol, asked)
    try:
        if complaint is None:
            await _run(work(pod, container, channels), channels)
        else:
            await channels.status(failure(channels, f"unable to upgrade connection: {complaint.message}"))
        await channels.close()
    except ConnectionResetError:
        pass  # the caller went away
    return channels.socket


async def refuse_forward(call: Call) -> web.StreamResponse:
    """pods/portforward: 501 after all that the API server itself asks."""
    may_stream(call)
    node_of(existing(call))
    raise Refusal(501, NOT_FORWARDED, "NotImplemented")


def may_stream(call: Call) -> None:
    """Who opens it by GET needs `create` too (kubernetes/kubernetes#133515)."""
    if call.info.verb == "create":
        return
    decision = call.cluster.rbac.decide(call.user, call.attributes("create"))
    if not decision.is_allowed:
        raise forbidden(call.resource, call.info.name, decision.reason)


def not_upgraded(call: Call) -> Refusal:
    wanted = call.headers.get("Upgrade", "")
    if wanted:
        return Refusal(501, SPDY.format(wanted), "NotImplemented")
    return bad_request("Upgrade request required")


def failure(channels: Channels, why: str) -> dict[str, Any]:
    """An InternalError on channel 3: of the API server (v5), or of the kubelet itself."""
    found = {"status": "Failure", "message": f"Internal error occurred: {why}", "reason": "InternalError"}
    details = {"details": {"causes": [{"message": why}]}} if channels.protocol == V5 else {}
    return found | details | {"code": 500}


def _complaint(pod: Object, container: str, asked: Asked) -> Refusal | None:
    """What a kubelet says no to."""
    if asked.is_nothing:
        return Refusal(400, NO_STREAMS, text=f"{NO_STREAMS}\n")
    if not is_running(pod, container):
        why = f'container not found ("{container}")'
        return Refusal(500, why, text=why)
    return None


async def _run(work: Awaitable[dict[str, Any]], channels: Channels) -> None:
    """Until the work is done or the other side goes, whichever is first."""
    working = asyncio.ensure_future(work)
    receiving = asyncio.create_task(channels.receive())
    try:
        await asyncio.wait((working, receiving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await channels.status(working.result())
    finally:
        for task in (working, receiving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionResetError):
                await task
