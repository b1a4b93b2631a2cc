"""How is an object written as YAML? Line by line, each with the pointer of what stands on it.

Not PyYAML's emitter: pages fold, link and colour by line, and strings that a YAML 1.1 or 1.2 parser would
take for something else (`y`, `1e3`, `0o7`) are quoted for both: the API server's own parser coerces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboard.resources.masking import Hidden

Sort = Literal["", "text", "number", "word", "hidden", "big", "block"]
Pointer = tuple[str, ...]

MAX_DEPTH = 50  # levels that are indented; what is nested deeper stands in one line, as JSON

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@+=-]*(?:[: ][A-Za-z0-9_./@+=-]+)*")
_PLAIN_NUMBERED = re.compile(
    r"[0-9]+(?:\.[0-9]+){2,3}|[0-9]+(?:m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|s|h|d|%)"
)  # 10.0.0.1, 96Mi
_COERCED = re.compile(r"(?i)(?:y|n|yes|no|on|off|true|false|null|\.inf|\.nan|[.][0-9].*|\.{1,3})")
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_CONTROL_IN_BLOCK = re.compile(_CONTROL.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


@dataclass(frozen=True)
class Line:
    """One line. `lead` is indentation and dashes, `key` comes without its colon, `value` as it is written.

    `sort` says what the value is: `block` is a line of a multi-line string (without key), `big` a string over
    the limit of which `value` holds the beginning, `hidden` one that was masked. `size` is in bytes.
    """

    lead: str
    key: str = ""
    value: str = ""
    sort: Sort = ""
    pointer: Pointer = ()
    size: int = 0

    def __str__(self) -> str:
        colon = ":" if self.key else ""
        space = " " if self.key and self.value else ""
        return f"{self.lead}{self.key}{colon}{space}{self.value}"


def lines(value: Any, *, longest: int | None = None) -> Iterator[Line]:
    """The value's lines, keys sorted as by kubectl; strings of more than `longest` characters are cut."""
    yield from _node(value, _Place("", "", ()), longest)


def text(value: Any) -> str:
    """The whole document, with a line feed at the end."""
    return "".join(f"{line}\n" for line in lines(value))


def in_plain_sight(value: str) -> str:
    """The text with what is invisible or turns the writing escaped; tabs and line feeds stay."""
    return _CONTROL_IN_BLOCK.sub(_escaped, value)


@dataclass(frozen=True)
class _Place:
    """`first` leads the first line of what is written (it may hold dashes), `rest` all further ones."""

    first: str
    rest: str
    pointer: Pointer


def in_one_line(value: Any) -> str:
    """The value as JSON, which is YAML too; without recursion, since an object may be nested a thousand levels deep."""
    written: list[str] = []
    waiting: list[Any] = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Text):
            written.append(node)
        elif isinstance(node, Mapping):
            inner = [(_Text(_quoted(str(key)) + ": "), node[key]) for key in sorted(node)]
            waiting += _in_brackets("{}", inner)
        elif _is_list(node):
            waiting += _in_brackets("[]", [(entry,) for entry in node])
        else:
            written.append(_quoted(node) if isinstance(node, str) else _other(node)[0])
    return "".join(written)


class _Text(str):
    """Something that is written as it is."""

    __slots__ = ()


def _in_brackets(brackets: str, entries: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """What is to be written, the last first."""
    yield _Text(brackets[1])
    for number, entry in enumerate(reversed(entries)):
        if number:
            yield _Text(", ")
        yield from reversed(entry)
    yield _Text(brackets[0])


def _node(value: Any, place: _Place, longest: int | None) -> Iterator[Line]:
    if _is_collection(value) and len(place.pointer) >= MAX_DEPTH:
        yield from _rest(value, place, longest)
    elif isinstance(value, Mapping) and value:
        yield from _mapping(value, place, longest)
    elif _is_list(value) and value:
        yield from _sequence(value, place, longest)
    else:
        yield from _scalar("", value, place, longest)


def _mapping(value: Mapping[str, Any], place: _Place, longest: int | None) -> Iterator[Line]:
    lead = place.first
    for key in sorted(value):
        entry = _Place(lead, place.rest, (*place.pointer, str(key)))
        yield from _pair(_key(str(key)), value[key], entry, longest)
        lead = place.rest


def _pair(key: str, value: Any, place: _Place, longest: int | None) -> Iterator[Line]:
    if _is_collection(value):
        yield Line(place.first, key, pointer=place.pointer)
        is_block = _is_list(value) and len(place.pointer) < MAX_DEPTH  # whose dashes stand below the key
        inner = place.rest if is_block else place.rest + "  "
        yield from _node(value, _Place(inner, inner, place.pointer), longest)
    else:
        yield from _scalar(key, value, place, longest)


def _sequence(value: Sequence[Any], place: _Place, longest: int | None) -> Iterator[Line]:
    lead = place.first
    for index, entry in enumerate(value):
        inner = _Place(lead + "- ", place.rest + "  ", (*place.pointer, str(index)))
        yield from _node(entry, inner, longest)
        lead = place.rest


def _scalar(key: str, value: Any, place: _Place, longest: int | None) -> Iterator[Line]:
    if not isinstance(value, str):
        written, sort = _other(value)
        yield Line(
            place.first, key, written, sort, place.pointer, value.size if isinstance(value, Hidden) else 0
        )
    elif longest is not None and len(value) > longest:
        size = len(value.encode("utf-8", "replace"))
        yield Line(place.first, key, _quoted(value[:longest]), "big", place.pointer, size)
    elif _is_block(value):
        yield from _block(key, value, place)
    else:
        yield Line(place.first, key, _string(value), "text", place.pointer)


def _rest(value: Any, place: _Place, longest: int | None) -> Iterator[Line]:
    """Below MAX_DEPTH levels."""
    written = in_one_line(value)
    size = len(written.encode("utf-8", "replace"))
    if longest is None or len(written) <= longest:
        yield Line(place.first, "", written, "word", place.pointer, size)
    else:
        yield Line(place.first, "", _quoted(written[:longest]), "big", place.pointer, size)


def _other(value: Any) -> tuple[str, Sort]:
    if isinstance(value, Hidden):
        return _quoted(str(value)), "hidden"
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


def _block(key: str, value: str, place: _Place) -> Iterator[Line]:
    stripped = value.rstrip("\n")
    chomp = {0: "-", 1: ""}.get(len(value) - len(stripped), "+")
    yield Line(place.first, key, "|" + chomp, "word", place.pointer)
    indent = place.rest + "  " if key else place.rest or "  "
    for row in value.removesuffix("\n").split("\n"):
        yield Line(indent if row else "", "", row, "block", place.pointer)


def _is_block(value: str) -> bool:
    """Several lines of ordinary text: what would need an indentation indicator or an escape is quoted."""
    first = value.partition("\n")[0]
    return (
        "\n" in value
        and bool(first.strip())
        and first[0] not in " \t"
        and not _CONTROL_IN_BLOCK.search(value)
    )


def _key(value: str) -> str:
    return _string(value)


def _string(value: str) -> str:
    if (_PLAIN.fullmatch(value) and not _COERCED.fullmatch(value)) or _PLAIN_NUMBERED.fullmatch(value):
        return value
    return _quoted(value)


def _quoted(value: str) -> str:
    """Double quotes as in JSON, which YAML takes; what is invisible or turns the writing is escaped."""
    return _CONTROL.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_collection(value: Any) -> bool:
    return (isinstance(value, Mapping) or _is_list(value)) and len(value) > 0
