"""What does `test` say, or `[ ... ]`?"""

from __future__ import annotations

from simulator.pods.shell.shell import Shell
from simulator.pods.shell.streams import Streams


async def test(caller: Shell, words: list[str], streams: Streams) -> int:
    """0 where it holds, 1 where it does not, 2 where it makes no sense."""
    terms = words[1:]
    if words[0] == "[":
        if not terms or terms[-1] != "]":
            await caller.complain(streams, "[: missing ]")
            return 2
        terms = terms[:-1]
    negated = terms[:1] == ["!"]
    found = _holds(caller, streams, terms[1:] if negated else terms)
    if found is None:
        await caller.complain(streams, f"{words[0]}: unknown operand")
        return 2
    return int(found == negated)


def _holds(caller: Shell, streams: Streams, terms: list[str]) -> bool | None:
    if not terms:
        return False
    if len(terms) == 1:
        return bool(terms[0])
    if len(terms) == 2:
        return _one(caller, streams, *terms)
    return _two(*terms) if len(terms) == 3 else None


def _one(caller: Shell, streams: Streams, sign: str, value: str) -> bool | None:
    machine, path = caller.machine, caller.machine.path(caller.folder, value)
    is_program = path.rpartition("/")[2] in caller.programs and path.startswith(("/bin/", "/usr/bin/"))
    found = {
        "-n": bool(value),
        "-z": not value,
        "-t": streams.console is not None,
        "-d": path in machine.folders,
        "-f": path in machine.files or is_program,
        "-e": path in machine.files or path in machine.folders or is_program,
        "-r": path in machine.files,
        "-x": is_program or path in machine.folders,
        "-s": bool(machine.files.get(path)),
        "-w": False,
    }
    return found.get(sign)


def _two(first: str, sign: str, second: str) -> bool | None:
    if sign in ("=", "=="):
        return first == second
    if sign == "!=":
        return first != second
    try:
        difference = int(first) - int(second)
    except ValueError:
        return None
    return {
        "-eq": difference == 0,
        "-ne": difference != 0,
        "-lt": difference < 0,
        "-le": difference <= 0,
        "-gt": difference > 0,
        "-ge": difference >= 0,
    }.get(sign)
