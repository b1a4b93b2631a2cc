"""Which programs are there in a container? The one table, and those that the shell is made of."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable

from simulator.pods.shell import viewing
from simulator.pods.shell.machine import Machine
from simulator.pods.shell.shell import NOT_FOUND, Program, Shell
from simulator.pods.shell.streams import Exited, Streams
from simulator.pods.shell.terminal import INTERRUPT, interruptible
from simulator.pods.shell.testing import test
from simulator.pods.shell.words import Unfinished

SHELLS = ("sh", "ash", "bash", "dash")


async def shell(caller: Shell, words: list[str], streams: Streams) -> int:
    """`sh`, `sh -c script`, or the script that comes on its standard input."""
    name, arguments = words[0].rpartition("/")[2], list(words[1:])
    inner = Shell(caller.machine, streams, caller.programs)
    inner.folder, inner.arguments = caller.folder, [words[0]]
    inner.variables = dict(caller.environment())
    inner.exported = set(inner.variables)
    has_script, is_forced = False, False
    while arguments and arguments[0].startswith("-"):
        letters = arguments.pop(0)
        has_script |= "c" in letters and not letters.startswith("--")
        is_forced |= "i" in letters and not letters.startswith("--")
    try:
        if has_script:
            return await _run_text(inner, arguments)
        if arguments:
            await inner.complain(streams, f"can't open '{arguments[0]}': No such file or directory")
            return NOT_FOUND
        if streams.console is not None or is_forced:
            return await _interactive(inner, name, streams)
        return await _from_input(inner, streams)
    except Exited as end:
        return end.code


async def _run_text(inner: Shell, arguments: list[str]) -> int:
    if not arguments:
        await inner.complain(inner.streams, "-c requires an argument")
        return 2
    inner.arguments = arguments[1:] or inner.arguments
    return await _ended(inner, arguments[0])


async def _from_input(inner: Shell, streams: Streams) -> int:
    text = ""
    while line := await streams.input.line():
        text += line.decode(errors="replace")
        try:
            await inner.script(text)
        except Unfinished:
            continue
        text = ""
    return await _ended(inner, text) if text else inner.status


async def _interactive(inner: Shell, name: str, streams: Streams) -> int:
    text = ""
    while True:
        await streams.out((_prompt(inner, name) if not text else "> ").encode())
        line = await _prompted(streams)
        if INTERRUPT in line:
            text = ""
            continue
        if not line and not text:
            await streams.out(b"exit\n" if name == "bash" else b"\n")
            return inner.status
        text += line.decode(errors="replace")
        try:
            inner.status = await interruptible(streams.console, asyncio.create_task(inner.script(text)))
        except Unfinished:
            if line:
                continue
            await inner.complain(streams, "syntax error: unexpected end of file")
        text = ""


async def _prompted(streams: Streams) -> bytes:
    """A line, while Ctrl-C ends nothing."""
    console = streams.console
    before = console.foreground if console else None
    if console:
        console.foreground = None
    try:
        return await streams.input.line()
    finally:
        if console:
            console.foreground = before


def _prompt(inner: Shell, name: str) -> str:
    if name == "bash":
        return f"root@{inner.machine.hostname}:{inner.folder}# "
    return "# " if inner.machine.has_bash else f"{inner.folder} # "


async def _ended(inner: Shell, text: str) -> int:
    """A script of which no more is to come."""
    try:
        return await inner.script(text)
    except Unfinished:
        await inner.complain(inner.streams, "syntax error: unexpected end of file")
        return 2


async def change_folder(caller: Shell, words: list[str], streams: Streams) -> int:
    target = words[1] if len(words) > 1 else caller.variables.get("HOME", "/")
    path = caller.machine.path(caller.folder, target)
    if path not in caller.machine.folders:
        await caller.complain(streams, f"cd: can't cd to {target}: No such file or directory")
        return 2
    caller.folder = path
    caller.variables["PWD"] = path
    return 0


async def leave(caller: Shell, words: list[str], streams: Streams) -> int:
    """`exit N`, of eight bits."""
    code = words[1] if len(words) > 1 else str(caller.status)
    if not code.lstrip("-").isdigit():
        await caller.complain(streams, f"exit: Illegal number: {code}")
        raise Exited(2)
    raise Exited(int(code) % 256)


async def export(caller: Shell, words: list[str], streams: Streams) -> int:
    for word in words[1:]:
        name, sign, value = word.partition("=")
        if sign:
            caller.variables[name] = value
        caller.exported.add(name)
    if len(words) == 1:
        text = "".join(f"export {name}='{value}'\n" for name, value in sorted(caller.environment().items()))
        await streams.out(text.encode())
    return 0


async def unset(caller: Shell, words: list[str], streams: Streams) -> int:
    for name in words[1:]:
        caller.variables.pop(name, None)
        caller.exported.discard(name)
    return 0


async def read(caller: Shell, words: list[str], streams: Streams) -> int:
    """A line into variables; the last one takes the rest."""
    line = await streams.input.line()
    names = [one for one in words[1:] if not one.startswith("-")] or ["REPLY"]
    parts = line.decode(errors="replace").split(maxsplit=len(names) - 1)
    for number, name in enumerate(names):
        caller.variables[name] = parts[number].rstrip() if number < len(parts) else ""
    return 0 if line else 1


async def replace(caller: Shell, words: list[str], streams: Streams) -> int:
    """`exec program`: what it ends with, the shell ends with."""
    if len(words) == 1:
        return 0
    if words[1].rpartition("/")[2] not in caller.programs:
        await caller.complain(streams, f"exec: {words[1]}: not found")
        raise Exited(NOT_FOUND)
    raise Exited(await caller.program(words[1:], streams))


async def command(caller: Shell, words: list[str], streams: Streams) -> int:
    """`command -v name` tells where a program is; else it is run."""
    if words[1:2] in (["-v"], ["-V"]):
        return await which(caller, words[1:], streams)
    return await caller.program(words[1:], streams) if len(words) > 1 else 0


async def which(caller: Shell, words: list[str], streams: Streams) -> int:
    status = 0
    for word in words[1:]:
        name = word.rpartition("/")[2]
        if name in caller.programs:
            shown = name if name in BUILT_IN else f"/bin/{name}"
            await streams.out(f"{shown}\n".encode())
        else:
            status = 1 if words[0] == "which" else NOT_FOUND
    return status


async def with_environment(caller: Shell, words: list[str], streams: Streams) -> int:
    """`env`, with variables and a program where they are named."""
    rest, given = list(words[1:]), dict(caller.environment())
    while rest and "=" in rest[0]:
        name, _, value = rest.pop(0).partition("=")
        given[name] = value
    if not rest:
        await streams.out("".join(f"{name}={value}\n" for name, value in given.items()).encode())
        return 0
    inner = Shell(caller.machine, streams, caller.programs)
    inner.folder, inner.variables, inner.exported = caller.folder, given, set(given)
    inner.arguments = ["env"]
    return await inner.program(rest, streams)


async def timeout(caller: Shell, words: list[str], streams: Streams) -> int:
    """`timeout 5 program`: real seconds."""
    try:
        seconds = float(words[1].removesuffix("s"))
        return await asyncio.wait_for(caller.program(words[2:], streams), seconds)
    except (IndexError, ValueError):
        await streams.error(b"Usage: timeout SECS PROG ARGS\n")
        return 1
    except TimeoutError:
        return 143


BUILT_IN: dict[str, Program] = {
    "cd": change_folder,
    "exit": leave,
    "export": export,
    "unset": unset,
    "exec": replace,
    "read": read,
    "command": command,
    "test": test,
    "[": test,
    "echo": viewing.echo,
    "printf": viewing.printf,
    "pwd": viewing.folder,
    "true": viewing.true,
    ":": viewing.true,
    "false": viewing.false,
    "set": viewing.true,
}
OTHERS: dict[str, Program] = {
    **viewing.PROGRAMS,
    "env": with_environment,
    "printenv": with_environment,
    "which": which,
    "timeout": timeout,
    "sh": shell,
    "ash": shell,
    "bash": shell,
}


def programs_of(machine: Machine) -> dict[str, Program]:
    """Those of its image."""
    if machine.is_bare:
        return {}
    missing = set() if machine.has_bash else {"bash"}
    return {name: one for name, one in (BUILT_IN | OTHERS).items() if name not in missing}


async def run(machine: Machine, words: Iterable[str], streams: Streams) -> int:
    """A program as a container's runtime starts it; raises NoProgram where it is not there."""
    words = list(words)
    programs = programs_of(machine)
    name = words[0].rpartition("/")[2] if words else ""
    if name not in programs or name in BUILT_IN.keys() - {
        "echo",
        "printf",
        "pwd",
        "true",
        "false",
        "test",
        "[",
    }:
        raise NoProgram(words[0] if words else "")
    outer = Shell(machine, streams, programs)
    outer.arguments = [words[0]]
    task = asyncio.create_task(_guarded(outer.programs[name], outer, words, streams))
    return await interruptible(streams.console, task)


async def _guarded(program: Program, outer: Shell, words: list[str], streams: Streams) -> int:
    try:
        return await program(outer, words, streams)
    except Exited as end:
        return end.code


@dataclasses.dataclass(frozen=True)
class NoProgram(Exception):
    """What was to be run is not in the container."""

    name: str
