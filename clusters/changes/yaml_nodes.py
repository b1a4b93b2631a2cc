"""YAML nodes: one document as a tree with lines, read from libyaml's events under limits of depth and number.

PyYAML's loaders compose by recursion and resolve by Python's rules; here nothing is resolved, and a limit is met
before anything is built. go.yaml.in/yaml/v2 is a translation of libyaml, so both see the same events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import yaml
from django.utils.translation import gettext as _
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs do not say that it is exported

from clusters.changes.errors import UnreadableText

DEEPEST = 100  # levels, as many as an object has that is shown whole (clusters.api.json_limits.OBJECT_LEVELS)
MOST_NODES = 100_000  # values and keys of one text, those that aliases repeat included

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

NodeKind = Literal["scalar", "mapping", "sequence", "alias"]


@dataclass(slots=True)
class Node:
    """A value as it is written. `children` of a mapping are its keys and values in turn; `text` is a scalar's.

    `is_plain` says of a scalar that it may be resolved to something else than text. An alias has its anchor's node in
    `target`. `line` counts from 1 within the document's own text.
    """

    kind: NodeKind
    line: int
    column: int
    text: str = field(default="", repr=False)  # it may be a Secret's value
    tag: str = ""
    is_plain: bool = False
    children: list[Node] = field(default_factory=list)
    target: Node | None = None


def read_nodes(text: bytes) -> tuple[Node | None, int]:
    """The first document of the text and the line in which another one begins that nobody reads (0: none does).

    Raises UnreadableText.
    """
    builder = _Builder()
    try:
        for event in _events(text):
            if builder.is_complete and isinstance(event, yaml.DocumentStartEvent):
                return builder.root, _position(event)[0]
            builder.handle(event)
    except UnreadableText as wrong:
        if not builder.is_complete:
            raise
        return builder.root, wrong.line
    return builder.root, 0


def _events(text: bytes) -> Iterator[yaml.Event]:
    escaped = text.decode("utf-8-sig", "replace") if b"\\/" in text else ""
    try:
        parser = CParser(text)
        while event := parser.get_event():
            if escaped and getattr(event, "style", None) == '"':
                _refuse_escaped_slash(event, escaped)
            yield event
    except yaml.MarkedYAMLError as wrong:
        raise _describe(wrong, text) from wrong
    except (yaml.YAMLError, UnicodeError) as wrong:
        raise UnreadableText(_("The text contains a control character that YAML does not allow.")) from wrong


def _refuse_escaped_slash(event: yaml.Event, text: str) -> None:
    r"""libyaml reads "\/" since 0.2.1, and Go's translation of it does not; JSON is not read here."""
    if event.start_mark is None or event.end_mark is None:
        return
    written = text[event.start_mark.index : event.end_mark.index]
    if "/" in _ESCAPE.findall(written):
        message = _("Not valid YAML: there is no escape \\/; write / alone.")
        raise UnreadableText(message, _position(event)[0])


def _describe(wrong: yaml.MarkedYAMLError, text: bytes) -> UnreadableText:
    line = wrong.problem_mark.line + 1 if wrong.problem_mark else 0
    lines = text.split(b"\n")
    blamed = lines[line - 1] if 0 < line <= len(lines) else b""
    if b"\t" in blamed[: len(blamed) - len(blamed.lstrip())] or "tab character" in (wrong.problem or ""):
        return UnreadableText(_("YAML must be indented with spaces, and this line begins with a tab."), line)
    return UnreadableText(
        _("Not valid YAML: %(problem)s.") % {"problem": wrong.problem or wrong.context}, line
    )


def _position(event: yaml.Event) -> tuple[int, int]:
    """Line and column, from 1."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)


class _Builder:
    """Holds what is open; one for each document."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.is_complete = False
        self._open: list[Node] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def handle(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentEndEvent):
            self.is_complete = True
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._add(event)

    def _add(self, event: yaml.NodeEvent) -> None:
        node = self._build(event)
        self._count += 1
        if self._count > MOST_NODES:
            raise UnreadableText(
                _("The text contains more than %(n)d values.") % {"n": MOST_NODES}, node.line
            )
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        if event.anchor is not None and node.kind != "alias":
            self._anchors[event.anchor] = node
        if node.kind in ("mapping", "sequence"):
            if len(self._open) >= DEEPEST:
                message = _("This is nested more than %(n)d levels deep.") % {"n": DEEPEST}
                raise UnreadableText(message, node.line)
            self._open.append(node)

    def _build(self, event: yaml.NodeEvent) -> Node:
        line, column = _position(event)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise UnreadableText(_("There is no anchor “%(name)s” above.") % {"name": event.anchor}, line)
            return Node("alias", line, column, target=self._anchors[event.anchor])
        tag = getattr(event, "tag", None) or ""
        if isinstance(event, yaml.ScalarEvent):
            return Node("scalar", line, column, event.value, tag, bool(event.implicit[0]))
        kind: NodeKind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
        return Node(kind, line, column, tag=tag)
