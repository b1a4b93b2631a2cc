"""YAML emitter: writes an object line by line, each with its JSON pointer.

Not PyYAML's emitter: pages fold, link and color by line, and strings that a YAML 1.1 or 1.2 parser would
take for something else (`y`, `1e3`, `0o7`) are quoted for both: the API server's own parser coerces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboard.kinds.invisible import escape_controls, has_invisible
from dashboard.kinds.masking import Hidden

ValueType = Literal["", "text", "number", "word", "hidden", "big", "block"]
Pointer = tuple[str, ...]

MAX_DEPTH = 50  # levels that are indented; what is nested deeper stands in one line, as JSON

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@+=-]*(?:[: ][A-Za-z0-9_./@+=-]+)*")
_PLAIN_NUMBERED = re.compile(
    r"[0-9]+(?:\.[0-9]+){2,3}|[0-9]+(?:m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|s|h|d|%)"
)  # 10.0.0.1, 96Mi
_COERCED = re.compile(r"(?i)(?:y|n|yes|no|on|off|true|false|null|\.inf|\.nan|[.][0-9].*|\.{1,3})")


@dataclass(frozen=True)
class YamlLine:
    """One line. `lead` is indentation and dashes, `key` comes without its colon, `value` as it is written.

    `type` says what the value is: `block` is a line of a multi-line string (without key), `big` a string over
    the limit of which `value` holds the beginning, `hidden` one that was masked. `size` is in bytes.
    """

    lead: str
    key: str = ""
    value: str = ""
    type: ValueType = ""
    pointer: Pointer = ()
    size: int = 0

    def __str__(self) -> str:
        colon = ":" if self.key else ""
        space = " " if self.key and self.value else ""
        return f"{self.lead}{self.key}{colon}{space}{self.value}"


def lines(value: Any, *, longest: int | None = None) -> Iterator[YamlLine]:
    """The value's lines, keys sorted as by kubectl; strings of more than `longest` characters are cut."""
    yield from _node(value, _LinePosition("", "", ()), longest)


def text(value: Any) -> str:
    """The whole document, with a line feed at the end."""
    return "".join(f"{line}\n" for line in lines(value))


@dataclass(frozen=True)
class _LinePosition:
    """`first` leads the first line of what is written (it may hold dashes), `rest` all further ones."""

    first: str
    rest: str
    pointer: Pointer


def format_inline(value: Any) -> str:
    """The value as JSON, which is YAML too; without recursion, since an object may be nested a thousand levels deep."""
    written: list[str] = []
    stack: list[Any] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, _Text):
            written.append(node)
        elif isinstance(node, Mapping):
            inner = [(_Text(_quote(str(key)) + ": "), node[key]) for key in sorted(node)]
            stack += _bracket("{}", inner)
        elif _is_list(node):
            stack += _bracket("[]", [(entry,) for entry in node])
        else:
            written.append(_quote(node) if isinstance(node, str) else _other(node)[0])
    return "".join(written)


class _Text(str):
    """Something that is written as it is."""

    __slots__ = ()


def _bracket(brackets: str, entries: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """What is to be written, the last first."""
    yield _Text(brackets[1])
    for number, entry in enumerate(reversed(entries)):
        if number:
            yield _Text(", ")
        yield from reversed(entry)
    yield _Text(brackets[0])


def _node(value: Any, position: _LinePosition, longest: int | None) -> Iterator[YamlLine]:
    if _is_collection(value) and len(position.pointer) >= MAX_DEPTH:
        yield from _rest(value, position, longest)
    elif isinstance(value, Mapping) and value:
        yield from _mapping(value, position, longest)
    elif _is_list(value) and value:
        yield from _sequence(value, position, longest)
    else:
        yield from _scalar("", value, position, longest)


def _mapping(value: Mapping[str, Any], position: _LinePosition, longest: int | None) -> Iterator[YamlLine]:
    lead = position.first
    for key in sorted(value):
        entry = _LinePosition(lead, position.rest, (*position.pointer, str(key)))
        yield from _pair(_string(str(key)), value[key], entry, longest)
        lead = position.rest


def _pair(key: str, value: Any, position: _LinePosition, longest: int | None) -> Iterator[YamlLine]:
    if _is_collection(value):
        yield YamlLine(position.first, key, pointer=position.pointer)
        is_block = _is_list(value) and len(position.pointer) < MAX_DEPTH  # whose dashes stand below the key
        inner = position.rest if is_block else position.rest + "  "
        yield from _node(value, _LinePosition(inner, inner, position.pointer), longest)
    else:
        yield from _scalar(key, value, position, longest)


def _sequence(value: Sequence[Any], position: _LinePosition, longest: int | None) -> Iterator[YamlLine]:
    lead = position.first
    for index, entry in enumerate(value):
        inner = _LinePosition(lead + "- ", position.rest + "  ", (*position.pointer, str(index)))
        yield from _node(entry, inner, longest)
        lead = position.rest


def _scalar(key: str, value: Any, position: _LinePosition, longest: int | None) -> Iterator[YamlLine]:
    if not isinstance(value, str):
        written, value_type = _other(value)
        yield YamlLine(
            position.first,
            key,
            written,
            value_type,
            position.pointer,
            value.size if isinstance(value, Hidden) else 0,
        )
    elif longest is not None and len(value) > longest:
        size = len(value.encode("utf-8", "replace"))
        yield YamlLine(position.first, key, _quote(value[:longest]), "big", position.pointer, size)
    elif _is_block(value):
        yield from _block(key, value, position)
    else:
        yield YamlLine(position.first, key, _string(value), "text", position.pointer)


def _rest(value: Any, position: _LinePosition, longest: int | None) -> Iterator[YamlLine]:
    """Below MAX_DEPTH levels."""
    written = format_inline(value)
    size = len(written.encode("utf-8", "replace"))
    if longest is None or len(written) <= longest:
        yield YamlLine(position.first, "", written, "word", position.pointer, size)
    else:
        yield YamlLine(position.first, "", _quote(written[:longest]), "big", position.pointer, size)


def _other(value: Any) -> tuple[str, ValueType]:
    if isinstance(value, Hidden):
        return _quote(str(value)), "hidden"
    if isinstance(value, Mapping):
        return "{}", "word"
    if _is_list(value):
        return "[]", "word"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value), "number"
    return json.dumps(value), "word"


def _number(value: int | float) -> str:
    """YAML 1.1 knows an exponent only behind a decimal point."""
    written = json.dumps(value)
    return written if "." in written else written.replace("e", ".0e")


def _block(key: str, value: str, position: _LinePosition) -> Iterator[YamlLine]:
    stripped = value.rstrip("\n")
    chomp = {0: "-", 1: ""}.get(len(value) - len(stripped), "+")
    yield YamlLine(position.first, key, "|" + chomp, "word", position.pointer)
    indent = position.rest + "  " if key else position.rest or "  "
    for row in value.removesuffix("\n").split("\n"):
        yield YamlLine(indent if row else "", "", row, "block", position.pointer)


def _is_block(value: str) -> bool:
    """Several lines of ordinary text: what would need an indentation indicator or an escape is quoted."""
    first = value.partition("\n")[0]
    return "\n" in value and bool(first.strip()) and first[0] not in " \t" and not has_invisible(value)


def _string(value: str) -> str:
    if (_PLAIN.fullmatch(value) and not _COERCED.fullmatch(value)) or _PLAIN_NUMBERED.fullmatch(value):
        return value
    return _quote(value)


def _quote(value: str) -> str:
    """Double quotes as in JSON, which YAML takes; what is invisible or turns the writing is escaped."""
    return escape_controls(json.dumps(value, ensure_ascii=False))


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_collection(value: Any) -> bool:
    return (isinstance(value, Mapping) or _is_list(value)) and len(value) > 0
