"""Simulated shell: programs joined by `;` and `&&`, quotes, $NAME, >&2; interactive, from `-c`, or from stdin."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import shlex
from collections.abc import Iterable, Iterator

from simulator.pods.shell.container import Container
from simulator.pods.shell.programs import NO_SUCH_FILE, Process, is_program, resolve_path, run_program
from simulator.pods.shell.streams import Console, Streams
from simulator.pods.shell.terminal import INTERRUPT, run_interruptible

NOT_FOUND, SYNTAX_ERROR = 127, 2  # exit codes
SHELLS = ("sh", "ash", "bash")
OPERATORS = (";", "&&")
STDERR_REDIRECTION = [">&", "2"]  # the only redirection, at the end of a command
VARIABLE = re.compile(r"\$(\?|\w+)")


@dataclasses.dataclass(frozen=True)
class ShellExit(Exception):
    """Ends a shell (`exit`)."""

    code: int


@dataclasses.dataclass(frozen=True)
class ProgramNotFound(Exception):
    """The container has no such program."""

    name: str


async def run(container: Container, words: Iterable[str], streams: Streams) -> int:
    """The exit code of a program, started as by a container runtime; raises ProgramNotFound."""
    words = list(words)
    if container.is_bare or not words or not _exists(container, words[0]):
        raise ProgramNotFound(words[0] if words else "")
    task = asyncio.create_task(_start_program(Process(words, container, container.directory, streams)))
    return await run_interruptible(streams.console, task)


def _exists(container: Container, word: str) -> bool:
    name = word.rpartition("/")[2]
    return is_program(name) or (name in SHELLS and (name != "bash" or container.has_bash))


async def _start_program(process: Process) -> int:
    name = process.words[0].rpartition("/")[2]
    if name == "env" and (rest := [one for one in process.words[1:] if "=" not in one]):
        return await _start_by_env(process, rest)
    return await (Shell(process, name).run() if name in SHELLS else run_program(name, process))


async def _start_by_env(process: Process, words: list[str]) -> int:
    """`env NAME=VALUE ... PROGRAM`; the variables are dropped."""
    if not _exists(process.container, words[0]):
        return await process.fail(f"'{words[0]}': {NO_SUCH_FILE}", NOT_FOUND)
    return await _start_program(dataclasses.replace(process, words=words))


class Shell:
    """One shell: `cd` changes its directory, and each command its status."""

    def __init__(self, process: Process, name: str) -> None:
        self.name = name
        self.container, self.directory, self.streams = process.container, process.directory, process.streams
        self.environment = self.container.build_environment()
        self.arguments = process.words[1:]
        self.status = 0

    async def run(self) -> int:
        try:
            if self.arguments[:1] == ["-c"]:
                return await self.run_script("".join(self.arguments[1:2]))
            if self.streams.console is not None:
                return await self._run_interactive(self.streams.console)
            while line := await self.streams.input.read_line():
                await self.run_script(line.decode(errors="replace"))
        except ShellExit as end:
            return end.code
        return self.status

    async def run_script(self, text: str) -> int:
        """Raises ShellExit."""
        try:
            commands = list(parse(text))
        except ValueError as error:
            self.status = await self._print_error(f"syntax error: {error}", SYNTAX_ERROR)
            return self.status
        for operator, raw in commands:
            await asyncio.sleep(0)  # a long script yields to other tasks
            if operator != "&&" or self.status == 0:
                self.status = await self._run_command(
                    [VARIABLE.sub(self._expand_variable, one) for one in raw]
                )
        return self.status

    async def _run_command(self, words: list[str]) -> int:
        streams = self.streams
        if words[-2:] == STDERR_REDIRECTION and words[:-2]:
            words, streams = words[:-2], dataclasses.replace(streams, out=streams.error)
        if words[0] == "exit":
            return await self._exit(words[1] if len(words) > 1 else str(self.status))
        if words[0] == "cd":
            return await self._change_directory(words[1] if len(words) > 1 else "/root")
        if not _exists(self.container, words[0]):
            return await self._print_error(f"{words[0]}: not found", NOT_FOUND)
        return await _start_program(Process(words, self.container, self.directory, streams))

    async def _exit(self, code: str) -> int:
        """Raises ShellExit with the code modulo 256."""
        if not code.isdecimal():
            raise ShellExit(await self._print_error(f"exit: Illegal number: {code}", SYNTAX_ERROR))
        raise ShellExit(int(code[-9:]) % 256)

    async def _change_directory(self, name: str) -> int:
        path = resolve_path(self.directory, name)
        if path not in self.container.directories:
            return await self._print_error(f"cd: {name}: {NO_SUCH_FILE}", SYNTAX_ERROR)
        self.directory = path
        return 0

    async def _run_interactive(self, console: Console) -> int:
        while True:
            await self.streams.out(b"# ")
            console.foreground, outer = None, console.foreground  # at the prompt Ctrl-C ends nothing
            try:
                line = await self.streams.input.read_line()
            finally:
                console.foreground = outer
            if not line:
                await self.streams.out(b"\n")
                return self.status
            if INTERRUPT not in line:
                work = asyncio.create_task(self.run_script(line.decode(errors="replace")))
                self.status = await run_interruptible(console, work)

    def _expand_variable(self, variable: re.Match[str]) -> str:
        name = variable[1]
        return str(self.status) if name == "?" else self.environment.get(name, "")

    async def _print_error(self, text: str, code: int) -> int:
        await self.streams.error(f"{self.name}: {text}\n".encode(errors="replace"))
        return code


def parse(text: str) -> Iterator[tuple[str, list[str]]]:
    """Commands: the operator that joins each to the one before (`;`, `&&`), and its words.

    Raises ValueError for what is not known: pipes, redirections, loops, an open quote.
    """
    lexer = shlex.shlex(text.strip().replace("\n", ";"), posix=True, punctuation_chars=";&|<>()`")
    lexer.whitespace_split = True
    operator, words = ";", list[str]()
    for token in lexer:
        if token in OPERATORS:
            if words:
                yield operator, words
            operator, words = token, []
        elif token and token != STDERR_REDIRECTION[0] and set(token) <= set(lexer.punctuation_chars):
            raise ValueError(f'unexpected "{token}"')
        else:
            words.append(token)
    if words:
        yield operator, words
