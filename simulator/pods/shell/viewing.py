"""What do the programs show that only look: ls, cat, ps, date and their like?"""

from __future__ import annotations

import asyncio
import codecs
import math
import re
from collections.abc import AsyncIterator

from simulator.pods.shell.shell import Program, Shell
from simulator.pods.shell.streams import Streams

LONGEST_SLEEP = 86_400.0  # seconds
MOST_LINES = 100_000  # of seq


async def true(caller: Shell, words: list[str], streams: Streams) -> int:
    return 0


async def false(caller: Shell, words: list[str], streams: Streams) -> int:
    return 1


async def echo(caller: Shell, words: list[str], streams: Streams) -> int:
    rest, end = words[1:], "\n"
    escaped = False
    while rest and re.fullmatch(r"-[neE]+", rest[0]):
        end = "" if "n" in rest[0] else end
        escaped |= "e" in rest[0]
        rest = rest[1:]
    text = " ".join(rest) + end
    await streams.out((_unescaped(text) if escaped else text).encode(errors="surrogateescape"))
    return 0


async def printf(caller: Shell, words: list[str], streams: Streams) -> int:
    """%s and %d alone."""
    if len(words) < 2:
        await streams.error(b"printf: usage: printf format [arguments]\n")
        return 2
    values = iter(words[2:])
    text = re.sub(r"%([sd%])", lambda found: "%" if found[1] == "%" else next(values, ""), words[1])
    await streams.out(_unescaped(text).encode(errors="surrogateescape"))
    return 0


async def folder(caller: Shell, words: list[str], streams: Streams) -> int:
    await streams.out(f"{caller.folder}\n".encode())
    return 0


async def listing(caller: Shell, words: list[str], streams: Streams) -> int:
    """`ls`, with -a and -l as far as there is anything to tell."""
    letters = "".join(one[1:] for one in words[1:] if one.startswith("-"))
    names = [one for one in words[1:] if not one.startswith("-")] or ["."]
    status = 0
    for name in names:
        path = caller.machine.path(caller.folder, name)
        if path in caller.machine.folders and "d" not in letters:
            found = caller.machine.within(path)
            if len(names) > 1:
                await streams.out(f"{name}:\n".encode())
        elif path in caller.machine.files or path in caller.machine.folders:
            found = [name]
        else:
            await streams.error(f"ls: {name}: No such file or directory\n".encode())
            status = 1
            continue
        lines = [_long(caller, path, one) if "l" in letters else one for one in found]
        await streams.out("".join(f"{line}\n" for line in lines).encode())
    return status


def _long(caller: Shell, path: str, name: str) -> str:
    inside = caller.machine.path(path, name)
    is_folder = inside in caller.machine.folders
    size = len(caller.machine.files.get(inside, "")) or 4096
    mode = "drwxr-xr-x" if is_folder else "-rw-r--r--"
    return f"{mode}    1 root     root     {size:>9} Jan  1 00:00 {name}"


async def _inputs(caller: Shell, words: list[str], streams: Streams) -> AsyncIterator[bytes | None]:
    """What is in the files that are named, or comes on standard input; None of one that is not there."""
    for name in words or ["-"]:
        path = caller.machine.path(caller.folder, name)
        if name == "-":
            while chunk := await streams.input.read():
                yield chunk
        elif path in caller.machine.files:
            yield caller.machine.files[path].encode()
        else:
            why = "Is a directory" if path in caller.machine.folders else "No such file or directory"
            await streams.error(f"cat: can't open '{name}': {why}\n".encode())
            yield None


async def cat(caller: Shell, words: list[str], streams: Streams) -> int:
    status = 0
    async for chunk in _inputs(caller, words[1:], streams):
        if chunk is None:
            status = 1
        else:
            await streams.out(chunk)
    return status


async def head(caller: Shell, words: list[str], streams: Streams) -> int:
    """Ends as soon as it has its lines."""
    wanted, names = _lines_wanted(words)
    if not names:
        while wanted > 0 and (line := await streams.input.line()):
            wanted -= 1
            await streams.out(line)
        return 0
    whole = b"".join([chunk async for chunk in _inputs(caller, names, streams) if chunk])
    await streams.out(b"".join(whole.splitlines(keepends=True)[:wanted]))
    return 0


async def tail(caller: Shell, words: list[str], streams: Streams) -> int:
    wanted, names = _lines_wanted(words)
    whole = b"".join([chunk async for chunk in _inputs(caller, names, streams) if chunk])
    lines = whole.splitlines(keepends=True)
    await streams.out(b"".join(lines[len(lines) - min(wanted, len(lines)) :]))
    return 0


def _lines_wanted(words: list[str]) -> tuple[int, list[str]]:
    """How many (-n 5, -5), and of which files."""
    wanted, names, rest = 10, [], iter(words[1:])
    for word in rest:
        text = next(rest, "") if word == "-n" else word
        if re.fullmatch(r"-?n?\+?\d+", text) and word.startswith("-"):
            wanted = int(text.lstrip("-n+"))
        elif not word.startswith("-"):
            names.append(word)
    return wanted, names


async def count(caller: Shell, words: list[str], streams: Streams) -> int:
    """`wc`, -l or -c."""
    letters = "".join(one[1:] for one in words[1:] if one.startswith("-"))
    names = [one for one in words[1:] if not one.startswith("-")]
    lines = parts = size = 0
    async for chunk in _inputs(caller, names, streams):
        lines += (chunk or b"").count(b"\n")
        parts += len((chunk or b"").split())
        size += len(chunk or b"")
    shown = {"l": lines, "w": parts, "c": size}
    chosen = [shown[letter] for letter in letters if letter in shown] or [lines, parts, size]
    await streams.out((" ".join(map(str, chosen)) + "\n").encode())
    return 0


async def grep(caller: Shell, words: list[str], streams: Streams) -> int:
    """Lines that hold a text (no pattern), -i and -v."""
    letters = "".join(one[1:] for one in words[1:] if one.startswith("-"))
    rest = [one for one in words[1:] if not one.startswith("-")]
    if not rest:
        await streams.error(b"Usage: grep [-iv] PATTERN [FILE]...\n")
        return 2
    wanted = rest[0].lower() if "i" in letters else rest[0]
    whole = b"".join([chunk async for chunk in _inputs(caller, rest[1:], streams) if chunk]).decode(
        errors="replace"
    )
    lines = whole.splitlines()
    found = [one for one in lines if (wanted in (one.lower() if "i" in letters else one)) != ("v" in letters)]
    await streams.out("".join(f"{line}\n" for line in found).encode())
    return 0 if found else 1


async def hostname(caller: Shell, words: list[str], streams: Streams) -> int:
    await streams.out(f"{caller.machine.hostname}\n".encode())
    return 0


async def date(caller: Shell, words: list[str], streams: Streams) -> int:
    """By the cluster's clock."""
    form = next((one[1:] for one in words[1:] if one.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    now = caller.machine.cluster.clock.now()
    text = form.replace("%e", f"{now.day:>2}").replace("%s", str(int(now.timestamp())))
    await streams.out((now.strftime(text) + "\n").encode())
    return 0


async def processes(caller: Shell, words: list[str], streams: Streams) -> int:
    shown = [(1, caller.machine.command()), (7, caller.arguments[0]), (12, " ".join(words))]
    lines = [f"{number:>5} root      0:00 {text}" for number, text in shown]
    await streams.out(("PID   USER     TIME  COMMAND\n" + "".join(f"{line}\n" for line in lines)).encode())
    return 0


async def sleep(caller: Shell, words: list[str], streams: Streams) -> int:
    """Real seconds, whatever the cluster's clock."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", words[1] if len(words) > 1 else "")
    if found is None:
        await streams.error(f"sleep: invalid number '{words[1] if len(words) > 1 else ''}'\n".encode())
        return 1
    await asyncio.sleep(min(float(found[1]) * units[found[2] or "s"], LONGEST_SLEEP))
    return 0


async def terminal(caller: Shell, words: list[str], streams: Streams) -> int:
    """`tty`, `stty size`, `stty`."""
    console = streams.console
    if console is None:
        await streams.error(
            b"stty: standard input: Inappropriate ioctl for device\n" if words[0] == "stty" else b""
        )
        await streams.out(b"not a tty\n" if words[0] == "tty" else b"")
        return 1
    if words[0] == "tty":
        await streams.out(b"/dev/pts/0\n")
    elif words[1:] == ["size"]:
        await streams.out(f"{console.rows} {console.columns}\n".encode())
    elif not words[1:]:
        await streams.out(b"speed 38400 baud; line = 0;\n-brkint -imaxbel\n")
    return 0


async def clear(caller: Shell, words: list[str], streams: Streams) -> int:
    await streams.out(b"\x1b[H\x1b[J")
    return 0


async def identity(caller: Shell, words: list[str], streams: Streams) -> int:
    await streams.out(
        b"root\n" if words[0].endswith("whoami") else b"uid=0(root) gid=0(root) groups=0(root)\n"
    )
    return 0


async def system(caller: Shell, words: list[str], streams: Streams) -> int:
    full = f"Linux {caller.machine.hostname} 6.1.0-26-amd64 #1 SMP x86_64 GNU/Linux\n"
    await streams.out(full.encode() if words[1:] else b"Linux\n")
    return 0


async def numbers(caller: Shell, words: list[str], streams: Streams) -> int:
    """`seq last`, `seq first last`."""
    try:
        given = [int(one) for one in words[1:]]
    except ValueError:
        given = []
    if not 1 <= len(given) <= 2:
        await streams.error(b"Usage: seq [FIRST] LAST\n")
        return 1
    first, last = (1, given[0]) if len(given) == 1 else given
    for begin in range(first, min(last, first + MOST_LINES) + 1, 1000):
        end = min(begin + 1000, last + 1)
        await streams.out("".join(f"{number}\n" for number in range(begin, end)).encode())
    return 0


async def yes(caller: Shell, words: list[str], streams: Streams) -> int:
    """As fast as it is read, until it is ended."""
    line = (" ".join(words[1:]) or "y").encode() + b"\n"
    chunk = line * max(1, math.ceil(4096 / len(line)))
    while True:
        await streams.out(chunk)
        await asyncio.sleep(0)


def _unescaped(text: str) -> str:
    """\\n, \\t, \\033 and their like."""
    octal = re.sub(r"\\0([0-7]{1,3})", lambda found: chr(int(found[1], 8)), text)
    found, _ = codecs.escape_decode(octal.encode())
    return str(found.decode(errors="replace"))


PROGRAMS: dict[str, Program] = {
    "ls": listing,
    "cat": cat,
    "head": head,
    "tail": tail,
    "wc": count,
    "grep": grep,
    "hostname": hostname,
    "date": date,
    "ps": processes,
    "sleep": sleep,
    "tty": terminal,
    "stty": terminal,
    "clear": clear,
    "whoami": identity,
    "id": identity,
    "uname": system,
    "seq": numbers,
    "yes": yes,
}
