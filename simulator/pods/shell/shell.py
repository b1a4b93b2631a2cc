"""Pretend shell: programs joined by `;` and `&&`, quotes, $NAME, >&2; interactive, from `-c`, or from stdin."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import shlex
from collections.abc import Iterable, Iterator

from simulator.pods.shell.machine import Machine
from simulator.pods.shell.programs import NOT_THERE, Process, is_program, path_in, run_program
from simulator.pods.shell.streams import Console, Streams
from simulator.pods.shell.terminal import INTERRUPT, interruptible

NOT_FOUND, NO_SENSE = 127, 2  # exit codes
SHELLS = ("sh", "ash", "bash")
JOINS = (";", "&&")
TO_ERRORS = [">&", "2"]  # the one redirection, at the end of a command
VARIABLE = re.compile(r"\$(\?|\w+)")


@dataclasses.dataclass(frozen=True)
class Exited(Exception):
    """The end of a shell, by `exit`."""

    code: int


@dataclasses.dataclass(frozen=True)
class NoProgram(Exception):
    """What was to be run is not in the container."""

    name: str


async def run(machine: Machine, words: Iterable[str], streams: Streams) -> int:
    """The exit code of a program, started as a container's runtime does; raises NoProgram where it is not there."""
    words = list(words)
    if machine.is_bare or not words or not _is_there(machine, words[0]):
        raise NoProgram(words[0] if words else "")
    task = asyncio.create_task(_program(Process(words, machine, machine.folder, streams)))
    return await interruptible(streams.console, task)


def _is_there(machine: Machine, word: str) -> bool:
    name = word.rpartition("/")[2]
    return is_program(name) or (name in SHELLS and (name != "bash" or machine.has_bash))


async def _program(process: Process) -> int:
    name = process.words[0].rpartition("/")[2]
    return await (Shell(process, name).run() if name in SHELLS else run_program(name, process))


class Shell:
    """One shell; `cd` changes its folder, and each command its status."""

    def __init__(self, process: Process, name: str) -> None:
        self.name = name
        self.machine, self.folder, self.streams = process.machine, process.folder, process.streams
        self.environment = self.machine.environment()
        self.arguments = process.words[1:]
        self.status = 0

    async def run(self) -> int:
        try:
            if self.arguments[:1] == ["-c"]:
                return await self.script("".join(self.arguments[1:2]))
            if self.streams.console is not None:
                return await self._interactive(self.streams.console)
            while line := await self.streams.input.line():
                await self.script(line.decode(errors="replace"))
        except Exited as end:
            return end.code
        return self.status

    async def script(self, text: str) -> int:
        """Raises Exited."""
        try:
            commands = list(parse(text))
        except ValueError as error:
            self.status = await self._complain(f"syntax error: {error}", NO_SENSE)
            return self.status
        for join, raw in commands:
            await asyncio.sleep(0)  # a long script leaves time to others
            if join != "&&" or self.status == 0:
                self.status = await self._command([VARIABLE.sub(self._value, one) for one in raw])
        return self.status

    async def _command(self, words: list[str]) -> int:
        streams = self.streams
        if words[-2:] == TO_ERRORS and words[:-2]:
            words, streams = words[:-2], dataclasses.replace(streams, out=streams.error)
        if words[0] == "exit":
            return await self._exit(words[1] if len(words) > 1 else str(self.status))
        if words[0] == "cd":
            return await self._change_folder(words[1] if len(words) > 1 else "/root")
        if not _is_there(self.machine, words[0]):
            return await self._complain(f"{words[0]}: not found", NOT_FOUND)
        return await _program(Process(words, self.machine, self.folder, streams))

    async def _exit(self, code: str) -> int:
        """Of eight bits."""
        if not code.isdecimal():
            raise Exited(await self._complain(f"exit: Illegal number: {code}", NO_SENSE))
        raise Exited(int(code[-9:]) % 256)

    async def _change_folder(self, name: str) -> int:
        path = path_in(self.folder, name)
        if path not in self.machine.folders:
            return await self._complain(f"cd: {name}: {NOT_THERE}", NO_SENSE)
        self.folder = path
        return 0

    async def _interactive(self, console: Console) -> int:
        while True:
            await self.streams.out(b"# ")
            console.foreground, outer = None, console.foreground  # at the prompt Ctrl-C ends nothing
            try:
                line = await self.streams.input.line()
            finally:
                console.foreground = outer
            if not line:
                await self.streams.out(b"\n")
                return self.status
            if INTERRUPT not in line:
                work = asyncio.create_task(self.script(line.decode(errors="replace")))
                self.status = await interruptible(console, work)

    def _value(self, variable: re.Match[str]) -> str:
        name = variable[1]
        return str(self.status) if name == "?" else self.environment.get(name, "")

    async def _complain(self, text: str, code: int) -> int:
        await self.streams.error(f"{self.name}: {text}\n".encode(errors="replace"))
        return code


def parse(text: str) -> Iterator[tuple[str, list[str]]]:
    """Commands: what joins each to the one before (`;`, `&&`), and its words.

    Raises ValueError for what is not known: pipes, redirections, loops, an open quote.
    """
    lexer = shlex.shlex(text.strip().replace("\n", ";"), posix=True, punctuation_chars=";&|<>()`")
    lexer.whitespace_split = True
    join, words = ";", list[str]()
    for token in lexer:
        if token in JOINS:
            if words:
                yield join, words
            join, words = token, []
        elif token and token != TO_ERRORS[0] and set(token) <= set(lexer.punctuation_chars):
            raise ValueError(f'unexpected "{token}"')
        else:
            words.append(token)
    if words:
        yield join, words
