"""Reading YAML: the objects of a text exactly as `kubectl create -f` reads them, with lines and remarks.

The text is split as by NewYAMLOrJSONDecoder of k8s.io/apimachinery (pkg/util/yaml/decoder.go): a text that begins with
a brace is a stream of JSON; else lines that begin with three hyphens separate documents, wherever they stand.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.json_limits import limit_depth
from clusters.changes.errors import UnreadableText
from clusters.changes.yaml_nodes import DEEPEST, MOST_NODES, read_nodes
from clusters.changes.yaml_scalars import pass_through_json
from clusters.changes.yaml_values import Path, Remark, build_values

LARGEST = 3 * 1024 * 1024  # bytes, the API server's own limit of a request
MOST_DOCUMENTS = 500
SEPARATOR = "---"
INTEGER_DIGITS = 20  # of a JSON number; a longer one is a float to Go

JSON_SPACE = " \t\n\r"


@dataclass(frozen=True)
class Document:
    """One document that is not empty. `lines` says where a path stands in the whole text, as far as it is known."""

    value: Any = field(repr=False)  # it may hold a Secret's values
    line: int
    lines: dict[Path, int] = field(default_factory=dict, repr=False)
    remarks: tuple[Remark, ...] = ()

    def find_line(self, path: Sequence[str]) -> int:
        """The line of the path, or of the nearest thing above it that has one."""
        for length in range(len(path), -1, -1):
            if (line := self.lines.get(tuple(path[:length]))) is not None:
                return line
        return self.line


def read_documents(text: str) -> list[Document]:
    """All documents of the text, without those that are empty. Raises UnreadableText, which names the line."""
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise UnreadableText(_("The text is larger than 3 MiB, which no API server accepts."))
    documents = list(_read(text))
    if len(documents) > MOST_DOCUMENTS:
        raise UnreadableText(_("The text has more than %(n)d documents.") % {"n": MOST_DOCUMENTS})
    return documents


def split_documents(text: str) -> list[tuple[str, int]]:
    """The text of each YAML document with its comments, and its first line; of JSON the whole. As above."""
    return [(text, 1)] if text.lstrip()[:1] == "{" else list(_split(text, 1))


def _read(text: str) -> Iterator[Document]:
    if text.lstrip()[:1] == "{":
        documents, wrong = _read_json(text)
        if wrong is None:
            return iter(documents)
        if len(documents) > 1:  # a stream of JSON, and kubectl does not try YAML any more
            raise wrong
        return _read_yaml_after(text, documents, wrong)
    return _read_yaml(text, 1)


def _read_yaml_after(text: str, documents: list[Document], wrong: _WrongJson) -> Iterator[Document]:
    """What is no JSON may be YAML in braces; after one JSON object the rest is read."""
    rest = text[wrong.start :]
    blank = len(rest) - len(rest.lstrip(" \t\r\f\v"))
    skipped = blank + 1 if rest[blank : blank + 1] == "\n" else blank
    first_line = text.count("\n", 0, wrong.start + skipped) + 1
    try:
        return iter([*documents, *_read_yaml(rest[skipped:], first_line)])
    except UnreadableText as error:
        raise (error if error.line else wrong) from error


# --- YAML


def _read_yaml(text: str, first_line: int) -> Iterator[Document]:
    for chunk, line in _split(text, first_line):
        try:
            encoded = chunk.encode()
        except UnicodeEncodeError as wrong:
            raise UnreadableText(
                _("The text contains a character that UTF-8 does not have."), line
            ) from wrong
        try:
            yield from _read_chunk(encoded, line)
        except UnreadableText as wrong:
            raise UnreadableText(wrong.message, wrong.line + line - 1 if wrong.line else 0) from wrong


def _read_chunk(text: bytes, first_line: int) -> Iterator[Document]:
    root, unread = read_nodes(text)
    if root is None:
        return
    values = build_values(root)
    if values.value is None:
        return
    if unread:
        message = _("A document ended above, and what follows is not read. Separate documents with ---.")
        values.remarks.append(Remark(unread, message, is_error=True))
    shift = first_line - 1
    yield Document(
        values.value,
        root.line + shift,
        {path: line + shift for path, line in values.lines.items()},
        tuple(replace(one, line=one.line + shift) for one in values.remarks),
    )


def _split(text: str, first_line: int) -> Iterator[tuple[str, int]]:
    """Each document's own text, and the number of its first line."""
    kept: list[str] = []
    start = first_line
    rows = text.split("\n")
    if rows[-1] == "":
        rows.pop()
    for number, row in enumerate((row.removesuffix("\r") for row in rows), first_line):
        if row.startswith(SEPARATOR):
            rest = row[len(SEPARATOR) :].strip()
            if rest and not rest.startswith("#"):
                message = _("Nothing but a comment can follow --- in its line.")
                raise UnreadableText(message, number)
            if kept:
                yield "".join(kept), start
                kept, start = [], number + 1
                continue
        kept.append(row + "\n")
    if kept:
        yield "".join(kept), start


# --- JSON


class _WrongJson(UnreadableText):
    """Where a stream of JSON breaks; `start` is the end of what was read before."""

    def __init__(self, message: str, line: int, start: int) -> None:
        super().__init__(message, line)
        self.start = start


def _read_json(text: str) -> tuple[list[Document], _WrongJson | None]:
    """The objects of a stream of JSON up to its end or to what is no JSON. Raises UnreadableText for its depth."""
    if limit_depth(text.encode("utf-8", "replace"), DEEPEST)[1]:
        raise UnreadableText(_("This is nested more than %(n)d levels deep.") % {"n": DEEPEST})
    documents: list[Document] = []
    position = 0
    while True:
        start = position
        while position < len(text) and text[position] in JSON_SPACE:
            position += 1
        if position == len(text):
            return documents, None
        line = text.count("\n", 0, position) + 1
        reader = _JsonDecoder(line)
        try:
            value, position = reader.decode(text, position)
        except json.JSONDecodeError as wrong:
            message = _("Not valid JSON: %(problem)s.") % {"problem": wrong.msg}
            return documents, _WrongJson(message, wrong.lineno, start)
        if value is not None:
            lines, remarks = _locate(text[start:position], text.count("\n", 0, start))
            documents.append(Document(value, line, lines, remarks or tuple(reader.remarks)))


def _locate(text: str, shift: int) -> tuple[dict[Path, int], tuple[Remark, ...]]:
    """Lines and duplicate keys of one JSON object, by reading it as the YAML that most of it is."""
    try:
        root, _unread = read_nodes(text.encode())
        values = build_values(root) if root is not None else None
    except (UnreadableText, UnicodeEncodeError):
        return {}, ()
    if values is None:
        return {}, ()
    errors = [replace(one, line=one.line + shift) for one in values.remarks if one.is_error]
    return {path: line + shift for path, line in values.lines.items()}, tuple(errors)


class _JsonDecoder:
    """Go's reading of JSON: the last of duplicate keys wins, and integers above 64 bits are floats."""

    def __init__(self, line: int) -> None:
        self.remarks: list[Remark] = []
        self._line = line
        self._count = 0
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._pairs,
            parse_int=_parse_integer,
            parse_float=_parse_float,
            parse_constant=_refuse_constant,
        )

    def decode(self, text: str, position: int) -> tuple[Any, int]:
        return self._decoder.raw_decode(text, position)

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._count += len(pairs)
        if self._count > MOST_NODES:
            raise UnreadableText(
                _("The text contains more than %(n)d values.") % {"n": MOST_NODES}, self._line
            )
        found = dict(pairs)
        if len(found) < len(pairs):
            twice, _times = Counter(key for key, _value in pairs).most_common(1)[0]
            message = _("Duplicate key “%(key)s”: the value above is lost.") % {"key": twice[:60]}
            self.remarks.append(Remark(self._line, message, is_error=True))
        return found


def _parse_integer(digits: str) -> Any:
    return pass_through_json(float(digits) if len(digits) > INTEGER_DIGITS else int(digits))


def _parse_float(digits: str) -> Any:
    return pass_through_json(float(digits))


def _refuse_constant(name: str) -> Any:
    raise json.JSONDecodeError(f"{name} is no number of JSON", "", 0)
