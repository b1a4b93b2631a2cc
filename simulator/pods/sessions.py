"""Stream sessions of exec and attach: authorization, WebSocket upgrade and close."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulator.pods.channels import V5, Channels, RequestedStreams, UnknownProtocol, negotiate_protocol
from simulator.pods.containers import find_container, find_node
from simulator.pods.runs import is_running
from simulator.reading.objects import get_existing
from simulator.requests.call import Call
from simulator.requests.statuses import StatusError, bad_request_error, forbidden_error
from simulator.requests.upgrades import is_websocket
from simulator.schemas.resources import Object

SUCCESS = {"status": "Success"}
NO_STREAMS = "you must specify at least 1 of stdin, stdout, stderr"
PORT_FORWARD_UNSUPPORTED = "the simulator forwards no ports: nothing listens in its pods"
SPDY = "unable to upgrade the connection to {}: the simulator speaks WebSocket alone"

# What goes on in a session: the pod, the container, the open channels -> the last Status
Work = Callable[[Object, str, Channels], Awaitable[dict[str, Any]]]


async def serve(call: Call, work: Work) -> web.StreamResponse:
    """Raises the API server's errors before the upgrade; with v5 a kubelet's come after it, as a Status."""
    authorize_stream(call)
    pod = get_existing(call)
    container = find_container(pod, call.query.get("container"))
    find_node(pod)
    if not is_websocket(call):
        raise upgrade_error(call)
    try:
        protocol = negotiate_protocol(call)
    except UnknownProtocol:
        return web.Response(status=403)
    streams = RequestedStreams.from_call(call)
    complaint = _find_error(pod, container, streams)
    if complaint is not None and protocol != V5:
        raise complaint
    channels = await Channels.open(call, protocol, streams)
    try:
        if complaint is None:
            await _run(work(pod, container, channels), channels)
        else:
            await channels.send_status(
                internal_error_status(channels, f"unable to upgrade connection: {complaint.message}")
            )
        await channels.close()
    except ConnectionResetError:
        pass  # the caller went away
    return channels.socket


async def reject_port_forward(call: Call) -> web.StreamResponse:
    """pods/portforward: 501 after all checks of the API server itself."""
    authorize_stream(call)
    find_node(get_existing(call))
    raise StatusError(501, PORT_FORWARD_UNSUPPORTED, "NotImplemented")


def authorize_stream(call: Call) -> None:
    """Who opens it by GET needs `create` too (kubernetes/kubernetes#133515)."""
    if call.info.verb == "create":
        return
    decision = call.cluster.rbac.decide(call.user, call.attributes("create"))
    if not decision.is_allowed:
        raise forbidden_error(call.resource, call.info.name, decision.reason)


def upgrade_error(call: Call) -> StatusError:
    upgrade = call.headers.get("Upgrade", "")
    if upgrade:
        return StatusError(501, SPDY.format(upgrade), "NotImplemented")
    return bad_request_error("Upgrade request required")


def internal_error_status(channels: Channels, reason: str) -> dict[str, Any]:
    """An InternalError on channel 3: of the API server (v5), or of the kubelet itself."""
    found = {"status": "Failure", "message": f"Internal error occurred: {reason}", "reason": "InternalError"}
    details = {"details": {"causes": [{"message": reason}]}} if channels.protocol == V5 else {}
    return found | details | {"code": 500}


def _find_error(pod: Object, container: str, requested: RequestedStreams) -> StatusError | None:
    """What a kubelet says no to."""
    if requested.is_empty:
        return StatusError(400, NO_STREAMS, text=f"{NO_STREAMS}\n")
    if not is_running(pod, container):
        why = f'container not found ("{container}")'
        return StatusError(500, why, text=why)
    return None


async def _run(work: Awaitable[dict[str, Any]], channels: Channels) -> None:
    """Until the work is done or the other side goes, whichever is first."""
    working = asyncio.ensure_future(work)
    receiving = asyncio.create_task(channels.receive())
    try:
        await asyncio.wait((working, receiving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await channels.send_status(working.result())
    finally:
        for task in (working, receiving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionResetError):
                await task
