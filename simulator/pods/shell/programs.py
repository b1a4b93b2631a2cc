"""Programs of a simulated container (ls, cat, env, ps ...), canned: nothing of this machine is run or read."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.pods.shell.container import Container
from simulator.pods.shell.streams import Streams

MAX_SLEEP_SECONDS = 86_400.0  # seconds
NO_SUCH_FILE = "No such file or directory"


@dataclass(frozen=True)
class Process:
    """One run of a program: `words` are its name and its arguments."""

    words: list[str]
    container: Container
    directory: str
    streams: Streams

    @property
    def operands(self) -> list[str]:
        """The arguments without options."""
        return [one for one in self.words[1:] if not one.startswith("-") or one == "-"]

    def resolve(self, name: str) -> str:
        return resolve_path(self.directory, name)

    async def print(self, text: str) -> int:
        await self.streams.out(text.encode(errors="replace"))
        return 0

    async def fail(self, text: str, code: int = 1) -> int:
        await self.streams.error(f"{self.words[0]}: {text}\n".encode(errors="replace"))
        return code


def resolve_path(directory: str, name: str) -> str:
    """The absolute path of a name in a directory."""
    return "/" + posixpath.normpath(posixpath.join(directory, name)).lstrip("/")


async def cat(process: Process) -> int:
    """Files, or standard input."""
    code = 0
    for name in process.operands or ["-"]:
        path = process.resolve(name)
        if name == "-":
            while chunk := await process.streams.input.read():
                await process.streams.out(chunk)
        elif path in process.container.files:
            await process.print(process.container.files[path])
        else:
            is_directory = path in process.container.directories
            code = await process.fail(f"{name}: {'Is a directory' if is_directory else NO_SUCH_FILE}")
    return code


async def ls(process: Process) -> int:
    """The names alone, one a line; options are ignored."""
    code = 0
    for name in process.operands or ["."]:
        path = process.resolve(name)
        if path in process.container.directories:
            await process.print("".join(f"{one}\n" for one in process.container.list_directory(path)))
        elif path in process.container.files:
            await process.print(f"{name}\n")
        else:
            code = await process.fail(f"cannot access '{name}': {NO_SUCH_FILE}", 2)
    return code


async def false(_process: Process) -> int:
    return 1


async def sleep(process: Process) -> int:
    """Real seconds, whatever the cluster's clock."""
    text = process.words[1] if len(process.words) > 1 else ""
    if not text.replace(".", "", 1).isdecimal():
        return await process.fail(f"invalid time interval '{text}'")
    await asyncio.sleep(min(float(text), MAX_SLEEP_SECONDS))
    return 0


async def stty(process: Process) -> int:
    """As `stty size`: rows and columns of the terminal."""
    console = process.streams.console
    if console is None:
        return await process.fail("standard input: Inappropriate ioctl for device")
    return await process.print(f"{console.rows} {console.columns}\n")


def echo(process: Process) -> str:
    is_without_newline = process.words[1:2] == ["-n"]
    return " ".join(process.words[1 + is_without_newline :]) + ("" if is_without_newline else "\n")


def env(process: Process) -> str:
    return "".join(f"{name}={value}\n" for name, value in process.container.build_environment().items())


def ps(process: Process) -> str:
    processes = (("PID", "COMMAND"), ("1", process.container.command), ("12", " ".join(process.words)))
    return "".join(f"{number:>5} {text}\n" for number, text in processes)


# Programs that print a text and cannot fail
TEXT_PROGRAMS: dict[str, Callable[[Process], str]] = {
    "date": lambda process: f"{process.container.cluster.clock.now():%a %b %e %H:%M:%S UTC %Y}\n",
    "echo": echo,
    "env": env,
    "hostname": lambda process: f"{process.container.hostname}\n",
    "id": lambda _: "uid=0(root) gid=0(root) groups=0(root)\n",
    "ps": ps,
    "pwd": lambda process: f"{process.directory}\n",
    "true": lambda _: "",
    "whoami": lambda _: "root\n",
}
ASYNC_PROGRAMS: dict[str, Callable[[Process], Awaitable[int]]] = {
    "cat": cat,
    "false": false,
    "ls": ls,
    "sleep": sleep,
    "stty": stty,
}


def is_program(name: str) -> bool:
    return name in TEXT_PROGRAMS or name in ASYNC_PROGRAMS


async def run_program(name: str, process: Process) -> int:
    """Runs it; returns the exit code."""
    return await (
        process.print(TEXT_PROGRAMS[name](process))
        if name in TEXT_PROGRAMS
        else ASYNC_PROGRAMS[name](process)
    )
