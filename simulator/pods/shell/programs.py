"""Programs of a pretend container: ls, cat, env, ps and their like, canned; nothing of this machine is run or read."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.pods.shell.machine import Machine
from simulator.pods.shell.streams import Streams

LONGEST_SLEEP = 86_400.0  # seconds
NOT_THERE = "No such file or directory"


@dataclass(frozen=True)
class Process:
    """One run of a program: `words` are its name and its arguments."""

    words: list[str]
    machine: Machine
    folder: str
    streams: Streams

    @property
    def operands(self) -> list[str]:
        """The arguments that are no options."""
        return [one for one in self.words[1:] if not one.startswith("-") or one == "-"]

    def path(self, name: str) -> str:
        return path_in(self.folder, name)

    async def print(self, text: str) -> int:
        await self.streams.out(text.encode(errors="replace"))
        return 0

    async def fail(self, text: str, code: int = 1) -> int:
        await self.streams.error(f"{self.words[0]}: {text}\n".encode(errors="replace"))
        return code


def path_in(folder: str, name: str) -> str:
    """Absolute."""
    return "/" + posixpath.normpath(posixpath.join(folder, name)).lstrip("/")


async def cat(process: Process) -> int:
    """Files, or what is typed."""
    code = 0
    for name in process.operands or ["-"]:
        path = process.path(name)
        if name == "-":
            while chunk := await process.streams.input.read():
                await process.streams.out(chunk)
        elif path in process.machine.files:
            await process.print(process.machine.files[path])
        else:
            is_folder = path in process.machine.folders
            code = await process.fail(f"{name}: {'Is a directory' if is_folder else NOT_THERE}")
    return code


async def ls(process: Process) -> int:
    """The names alone, one a line, whatever the options."""
    code = 0
    for name in process.operands or ["."]:
        path = process.path(name)
        if path in process.machine.folders:
            await process.print("".join(f"{one}\n" for one in process.machine.within(path)))
        elif path in process.machine.files:
            await process.print(f"{name}\n")
        else:
            code = await process.fail(f"cannot access '{name}': {NOT_THERE}", 2)
    return code


async def false(_process: Process) -> int:
    return 1


async def sleep(process: Process) -> int:
    """Real seconds, whatever the cluster's clock."""
    text = process.words[1] if len(process.words) > 1 else ""
    if not text.replace(".", "", 1).isdecimal():
        return await process.fail(f"invalid time interval '{text}'")
    await asyncio.sleep(min(float(text), LONGEST_SLEEP))
    return 0


async def stty(process: Process) -> int:
    """`stty size`: rows and columns of the terminal."""
    console = process.streams.console
    if console is None:
        return await process.fail("standard input: Inappropriate ioctl for device")
    return await process.print(f"{console.rows} {console.columns}\n")


def echo(process: Process) -> str:
    is_open = process.words[1:2] == ["-n"]
    return " ".join(process.words[1 + is_open :]) + ("" if is_open else "\n")


def env(process: Process) -> str:
    return "".join(f"{name}={value}\n" for name, value in process.machine.environment().items())


def ps(process: Process) -> str:
    shown = (("PID", "COMMAND"), ("1", process.machine.command), ("12", " ".join(process.words)))
    return "".join(f"{number:>5} {text}\n" for number, text in shown)


# What says the same each time, and cannot fail
TEXTS: dict[str, Callable[[Process], str]] = {
    "date": lambda process: f"{process.machine.cluster.clock.now():%a %b %e %H:%M:%S UTC %Y}\n",
    "echo": echo,
    "env": env,
    "hostname": lambda process: f"{process.machine.hostname}\n",
    "id": lambda _: "uid=0(root) gid=0(root) groups=0(root)\n",
    "ps": ps,
    "pwd": lambda process: f"{process.folder}\n",
    "true": lambda _: "",
    "whoami": lambda _: "root\n",
}
OTHERS: dict[str, Callable[[Process], Awaitable[int]]] = {
    "cat": cat,
    "false": false,
    "ls": ls,
    "sleep": sleep,
    "stty": stty,
}


def is_program(name: str) -> bool:
    return name in TEXTS or name in OTHERS


async def run_program(name: str, process: Process) -> int:
    """Its exit code."""
    return await (process.print(TEXTS[name](process)) if name in TEXTS else OTHERS[name](process))
