"""pods/exec and pods/attach: commands in a container over a WebSocket."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from aiohttp import web

from simulator.pods.channels import V5, Channels
from simulator.pods.log_requests import follow
from simulator.pods.runs import find_run
from simulator.pods.sessions import SUCCESS, internal_error_status, serve
from simulator.pods.shell.container import Container
from simulator.pods.shell.shell import ProgramNotFound, run
from simulator.pods.shell.streams import Input, Streams
from simulator.pods.shell.terminal import Terminal
from simulator.requests.call import Call
from simulator.schemas.resources import Object

NO_COMMAND = "failed to create exec: process args must not be empty"


async def execute(call: Call) -> web.StreamResponse:
    """`command=` for the program and each argument."""

    async def work(pod: Object, container: str, channels: Channels) -> dict[str, Any]:
        return await _run_command(call, Container(call.cluster, pod, container), channels)

    return await serve(call, work)


async def attach(call: Call) -> web.StreamResponse:
    """What the container writes from now on, until it ends; what is typed is ignored."""

    async def work(pod: Object, container: str, channels: Channels) -> dict[str, Any]:
        run = find_run(pod, container)
        shown = call.cluster.logs.lines(run, last=1)
        position = shown[-1].timestamp if shown else 0.0
        drained = asyncio.create_task(_drain(channels))
        try:
            async for batch in follow(call.cluster, run, position):
                await channels.write_stdout(
                    b"".join(f"{one.text}\n".encode(errors="replace") for one in batch)
                )
        finally:
            drained.cancel()
        return SUCCESS

    return await serve(call, work)


async def _drain(channels: Channels) -> None:
    while await channels.stdin.read():
        pass


async def _run_command(call: Call, container: Container, channels: Channels) -> dict[str, Any]:
    words = call.query.all("command")
    if not words:
        return _start_error_status(channels, NO_COMMAND)
    given = channels.stdin if channels.requested.stdin else Input(is_closed=True)
    typing: asyncio.Task[None] | None = None
    if channels.requested.tty:
        terminal = Terminal(given, channels.write_stdout)
        terminal.console = channels.console
        typing = asyncio.create_task(terminal.run())
        streams = Streams(terminal.input, terminal.write, terminal.write, terminal.console)
    else:
        streams = Streams(given, channels.write_stdout, channels.write_stderr)
    try:
        code = await run(container, words, streams)
    except ProgramNotFound as missing:
        why = f'exec: "{missing.name}": executable file not found in $PATH'
        started = f'failed to start exec "{secrets.token_hex(32)}": OCI runtime exec failed: exec failed: '
        return _start_error_status(channels, f"{started}unable to start container process: {why}: unknown")
    finally:
        if typing is not None:
            typing.cancel()
    return _exit_status(channels, words, code)


def _exit_status(channels: Channels, words: list[str], code: int) -> dict[str, Any]:
    """The exit code as a kubelet reports it, in v5 the API server after it."""
    if code == 0:
        return SUCCESS
    why = f"error executing command [{' '.join(words)}], exit code {code}"
    if channels.protocol == V5:
        why = f"command terminated with exit code {code}"
    return {
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {why}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def _start_error_status(channels: Channels, reason: str) -> dict[str, Any]:
    message = f"error executing command in container: failed to exec in container: {reason}"
    return internal_error_status(
        channels, f"Internal error occurred: {message}" if channels.protocol == V5 else message
    )
