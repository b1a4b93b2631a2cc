"""What does a script do? Runs what the grammar read, with the programs of a container that there is not."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Mapping

from simulator.pods.shell import grammar
from simulator.pods.shell.grammar import Either, For, If, Many, Node, Pipe, Simple, While
from simulator.pods.shell.machine import Machine
from simulator.pods.shell.streams import Capture, Exited, Full, Input, Streams, nowhere
from simulator.pods.shell.words import Misspelt, Unfinished, Word

NOT_FOUND, NO_SENSE = 127, 2
PACE, PAUSE = 50, 0.01  # after so many steps so many seconds: an endless loop leaves time to others


class Shell:
    """One shell. Programs are found in `programs` (programs.py), which also get it: `cd` and `exit` change it."""

    def __init__(self, machine: Machine, streams: Streams, programs: Programs) -> None:
        self.machine = machine
        self.streams = streams
        self.programs = programs
        self.folder = machine.folder
        self.variables = machine.environment()
        self.exported = set(self.variables)
        self.arguments: list[str] = ["sh"]
        self.status = 0
        self._steps = 0

    def environment(self) -> dict[str, str]:
        return {name: value for name, value in self.variables.items() if name in self.exported}

    async def script(self, text: str) -> int:
        """Runs it; raises Exited where it says so, Unfinished where more lines are wanted."""
        try:
            tree = grammar.parse(text)
        except Misspelt as fault:
            await self.complain(self.streams, str(fault))
            self.status = NO_SENSE
            return self.status
        return await self._run(tree, self.streams)

    async def complain(self, streams: Streams, text: str) -> None:
        await streams.error(f"{self.arguments[0]}: {text}\n".encode())

    async def program(self, words: list[str], streams: Streams) -> int:
        """One program by its name and arguments."""
        name = words[0].rpartition("/")[2]
        found = self.programs.get(name)
        is_there = found is not None and ("/" not in words[0] or name not in ("cd", "export", "exit"))
        if found is None or not is_there:
            await self.complain(streams, f"{words[0]}: not found")
            return NOT_FOUND
        return await found(self, words, streams)

    async def _run(self, node: Node, streams: Streams) -> int:
        self._steps += 1
        await asyncio.sleep(0 if self._steps % PACE else PAUSE)
        if isinstance(node, Many):
            for one in node.nodes:
                await self._run(one, streams)
        elif isinstance(node, Simple):
            self.status = await self._simple(node, streams)
        elif isinstance(node, Either):
            status = await self._run(node.first, streams)
            if (status == 0) == (node.sign == "&&"):
                await self._run(node.second, streams)
        elif isinstance(node, Pipe):
            await self._pipe(node, streams)
        elif isinstance(node, If):
            chosen = node.then if await self._run(node.condition, streams) == 0 else node.otherwise
            self.status = 0
            await self._run(chosen, streams)
        elif isinstance(node, While):
            while (await self._run(node.condition, streams) == 0) != node.until:
                await self._run(node.body, streams)
            self.status = 0
        else:
            await self._for(node, streams)
        return self.status

    async def _for(self, node: For, streams: Streams) -> None:
        for word in node.words:
            for value in await self._fields(word):
                self.variables[node.name] = value
                await self._run(node.body, streams)

    async def _pipe(self, node: Pipe, streams: Streams) -> None:
        """One part after the other: nothing is seen of the first before it ends."""
        given = streams.input
        for part in node.parts[:-1]:
            capture = Capture()
            with contextlib.suppress(Full):
                await self._run(part, dataclasses.replace(streams, input=given, out=capture.write))
            given = Input(bytes(capture.found), is_ended=True)
        await self._run(node.parts[-1], dataclasses.replace(streams, input=given))
        if node.negated:
            self.status = int(self.status == 0)

    async def _simple(self, node: Simple, streams: Streams) -> int:
        words = [field for word in node.words for field in await self._fields(word)]
        given: dict[str, str] = {}
        while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
            name, _, value = words.pop(0).partition("=")
            given[name] = value
        redirected = await self._redirected(node, streams)
        if redirected is None:
            return 1
        if not words:
            self.variables |= given
            return 0
        before, exported = dict(self.variables), set(self.exported)
        self.variables |= given
        self.exported |= set(given)
        try:
            return await self.program(words, redirected)
        finally:
            for name in given:
                self.variables[name] = before.get(name, "")
                if name not in exported:
                    self.exported.discard(name)

    async def _redirected(self, node: Simple, streams: Streams) -> Streams | None:
        """None where it is said already that it cannot be."""
        for sign, target in node.redirections:
            if target is None and sign == "2>&1":
                streams = dataclasses.replace(streams, error=streams.out)
                continue
            if target is None:
                streams = dataclasses.replace(streams, out=streams.error)
                continue
            path = self.machine.path(self.folder, "".join(await self._fields(target)))
            if sign == "<":
                if path not in self.machine.files:
                    await self.complain(streams, f"can't open {path}: no such file")
                    return None
                given = self.machine.files[path].encode()
                streams = dataclasses.replace(streams, input=Input(given, is_ended=True))
                continue
            if path != "/dev/null":
                await self.complain(streams, f"can't create {path}: Read-only file system")
                return None
            if sign in (">", ">>", "&>"):
                streams = dataclasses.replace(streams, out=nowhere)
            if sign in ("2>", "&>"):
                streams = dataclasses.replace(streams, error=nowhere)
        return streams

    async def _fields(self, word: Word) -> list[str]:
        """What a word becomes: quoted parts are one, variables outside of quotes fall apart at spaces."""
        found: list[str] = []
        current: str | None = None
        for piece in word:
            text = piece.text
            if piece.kind == "variable":
                text = self._variable(piece.text)
            elif piece.kind == "command":
                text = await self._captured(piece.text)
            elif not piece.quoted and current is None and text.startswith("~"):
                text = self.variables.get("HOME", "/") + text[1:]
            if piece.quoted or piece.kind == "letters":
                current = (current or "") + text
                continue
            parts = text.split()
            if parts:
                found.extend([*([(current or "") + parts[0]] if len(parts) > 1 else []), *parts[1:-1]])
                current = parts[-1] if len(parts) > 1 else (current or "") + parts[0]
        return found if current is None else [*found, current]

    def _variable(self, name: str) -> str:
        if name == "?":
            return str(self.status)
        if name == "$":
            return "7"
        if name == "#":
            return str(len(self.arguments) - 1)
        if name.isdigit():
            return self.arguments[int(name)] if int(name) < len(self.arguments) else ""
        return self.variables.get(name, "")

    async def _captured(self, script: str) -> str:
        """The output of $( ); what it changes stays in it."""
        capture = Capture()
        inner = Shell(self.machine, dataclasses.replace(self.streams, out=capture.write), self.programs)
        inner.folder, inner.variables = self.folder, dict(self.variables)
        inner.exported, inner.arguments = set(self.exported), self.arguments
        try:
            self.status = await inner.script(script)
        except Exited as end:
            self.status = end.code
        except (Unfinished, Full):
            self.status = NO_SENSE
        return capture.found.decode(errors="replace").rstrip("\n")


# (the shell that calls it, its name and arguments, its streams) -> its exit code
Program = Callable[[Shell, list[str], Streams], Awaitable[int]]
Programs = Mapping[str, Program]
