"""Diff of two objects as YAML lines: aligned by path and text, with unchanged lines folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, Literal

from dashboard.objects import yaml_lines
from dashboard.objects.yaml_lines import Pointer, YamlLine

Sign = Literal["same", "removed", "added"]

CONTEXT = 3  # unchanged lines around a change
MOST_ALIGNED = (
    6000  # lines of one side between the first and the last change; more are shown one side after the other
)
MOST_CHANGED = 3000  # changed lines that are shown of each side
MOST_FOLDED = 2000  # unchanged lines of one fold that are in the page
LONGEST = 2000  # characters of a line

NAME_KEYS = ("name", "key", "type", "containerPort", "port")  # by which elements of a list are told apart


@dataclass(frozen=True)
class DiffLine:
    """One line; `notes` say whose it is."""

    sign: Sign
    text: str
    pointer: Pointer
    notes: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        return {"same": " ", "removed": "−", "added": "+"}[self.sign]


@dataclass(frozen=True)
class DiffBlock:
    """Lines that stand together; of folded ones `count` says how many there are, which may be more than `lines`."""

    is_folded: bool
    lines: Sequence[DiffLine]
    count: int


@dataclass(frozen=True)
class Diff:
    """`is_cut`: more lines were changed than are shown."""

    blocks: Sequence[DiffBlock]
    added: int
    removed: int
    is_cut: bool = False

    def changed(self) -> Iterator[DiffLine]:
        return (line for block in self.blocks for line in block.lines if line.sign != "same")


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Diff:
    """The diff of two objects, whose keys are sorted as everywhere."""
    old, new = list(yaml_lines.lines(before)), list(yaml_lines.lines(after))
    lines = list(_align(old, new, _identify(old, before), _identify(new, after)))
    shown, is_cut = _limit(lines)
    count = Counter(line.sign for line in lines)
    return Diff(list(_fold(shown)), count["added"], count["removed"], is_cut)


def annotate(diff: Diff, notes: Mapping[Pointer, tuple[str, ...]]) -> Diff:
    """The diff with the notes of each added line's pointer."""
    blocks = [replace(block, lines=[_annotate(line, notes) for line in block.lines]) for block in diff.blocks]
    return replace(diff, blocks=blocks)


def _annotate(line: DiffLine, notes: Mapping[Pointer, tuple[str, ...]]) -> DiffLine:
    return replace(line, notes=notes.get(line.pointer, ())) if line.sign == "added" else line


Key = tuple[tuple[str, ...], str, int]


def _identify(lines: Sequence[YamlLine], found: Mapping[str, Any]) -> list[Key]:
    """A key of each line that no other line has: its path with names for indices, its text, and a number."""
    seen: Counter[tuple[tuple[str, ...], str]] = Counter()
    names: dict[Pointer, tuple[str, ...]] = {(): ()}
    keys: list[Key] = []
    for line in lines:
        path = _name_path(line.pointer, found, names)
        written = f"{line.key}:{line.value}"
        seen[path, written] += 1
        keys.append((path, written, seen[path, written]))
    return keys


def _name_path(
    pointer: Pointer, found: Mapping[str, Any], names: dict[Pointer, tuple[str, ...]]
) -> tuple[str, ...]:
    """The path with the name of a list's element for its index, so that an element put before it moves nothing."""
    known = len(pointer)
    while pointer[:known] not in names:
        known -= 1
    for length in range(known + 1, len(pointer) + 1):
        above = _value_at(found, pointer[: length - 1])
        step = pointer[length - 1]
        if isinstance(above, list) and step.isdecimal() and int(step) < len(above):
            step = _name_element(above[int(step)], step)
        names[pointer[:length]] = (*names[pointer[: length - 1]], step)
    return names[pointer]


def _value_at(found: Any, pointer: Pointer) -> Any:
    for step in pointer:
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _name_element(element: Any, index: str) -> str:
    if isinstance(element, Mapping):
        named = next((f"{key}={element[key]}" for key in NAME_KEYS if key in element), "")
        return f"[{named[:LONGEST] or index}]"
    return f"[={str(element)[:LONGEST]}]" if isinstance(element, str | int | float) else index


def _align(
    old: Sequence[YamlLine], new: Sequence[YamlLine], old_keys: Sequence[Key], new_keys: Sequence[Key]
) -> Iterator[DiffLine]:
    first = _common(zip(old_keys, new_keys, strict=False))
    rest = min(len(old), len(new)) - first
    last = min(rest, _common(zip(reversed(old_keys), reversed(new_keys), strict=False)))
    old_end, new_end = len(old) - last, len(new) - last
    yield from _lines("same", new[:first])
    if max(old_end, new_end) - first > MOST_ALIGNED:
        yield from _lines("removed", old[first:old_end])
        yield from _lines("added", new[first:new_end])
    else:
        matcher = SequenceMatcher(None, old_keys[first:old_end], new_keys[first:new_end], autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag == "equal":
                yield from _lines("same", new[first + c : first + d])
                continue
            yield from _lines("removed", old[first + a : first + b])
            yield from _lines("added", new[first + c : first + d])
    yield from _lines("same", new[new_end:])


def _common(pairs: Iterable[tuple[Key, Key]]) -> int:
    """How many pairs from the beginning are equal."""
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def _lines(sign: Sign, lines: Iterable[YamlLine]) -> Iterator[DiffLine]:
    for line in lines:
        text = str(line)
        yield DiffLine(sign, text if len(text) <= LONGEST else text[:LONGEST] + "…", line.pointer)


def _limit(lines: Iterable[DiffLine]) -> tuple[list[DiffLine], bool]:
    """At most MOST_CHANGED changed lines of each side."""
    count: Counter[Sign] = Counter()
    shown: list[DiffLine] = []
    is_cut = False
    for line in lines:
        count[line.sign] += 1
        if line.sign != "same" and count[line.sign] > MOST_CHANGED:
            is_cut = True
            continue
        shown.append(line)
    return shown, is_cut


def _fold(lines: Sequence[DiffLine]) -> Iterator[DiffBlock]:
    near = [False] * len(lines)
    for number, line in enumerate(lines):
        if line.sign != "same":
            start, end = max(0, number - CONTEXT), min(len(lines), number + CONTEXT + 1)
            near[start:end] = [True] * (end - start)
    for is_near, group in groupby(zip(lines, near, strict=True), key=lambda pair: pair[1]):
        block = [line for line, _near in group]
        yield DiffBlock(not is_near, block if is_near else block[:MOST_FOLDED], len(block))
