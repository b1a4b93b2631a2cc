"""YAML tree: parses untrusted YAML into nodes with line numbers, under limits of size and depth.

PyYAML's loaders compose nodes by recursion and follow aliases; here libyaml's events are walked one by one,
with a stack of our own, and each limit is checked before anything is built. Nothing is constructed but texts,
lists and dictionaries. An alias is the node that its anchor names, and counts as all the values in that: what would
multiply meets the limit of values. Tags and merge keys are refused.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from django.utils.translation import gettext as _
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs do not say that it is exported
from yaml.resolver import Resolver

from clusters.credentials.errors import KubeconfigError

LARGEST = 1024 * 1024  # bytes
DEEPEST = 32
MOST_NODES = 50_000
_resolver = Resolver()


@dataclass(frozen=True)
class Scalar:
    """A single value; `type` is the last word of the YAML tag: str, int, float, bool, null, timestamp."""

    text: str = field(repr=False)  # it may be a key or a token
    type: str
    line: int


@dataclass(frozen=True)
class Sequence:
    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True)
class Mapping:
    entries: dict[str, Node]
    line: int


Node = Scalar | Sequence | Mapping


def read_tree(text: bytes | str) -> Node:
    """The one document of the text; `KubeconfigError` names the line and the limit that was met."""
    return _Builder().build(_events(_decode(text)))


def _decode(text: bytes | str) -> str:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > LARGEST:
        raise KubeconfigError(
            "",
            _("The file is larger than 1 MiB."),
            _("Extract a single context with: kubectl config view --raw --flatten --minify"),
            reason="size",
        )
    try:
        decoded = raw.decode(find_encoding(raw))
    except UnicodeDecodeError as wrong:
        raise KubeconfigError(
            "", _("The file is neither UTF-8 nor UTF-16 text."), _("Save it as UTF-8."), reason="encoding"
        ) from wrong
    if not decoded.strip():
        raise KubeconfigError("", _("The file is empty."), reason="empty")
    return decoded


def find_encoding(raw: bytes) -> str:
    """UTF-16 where a byte order mark says so, which is how Windows PowerShell redirects output; else UTF-8."""
    return "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        parser = CParser(text)
        while event := parser.get_event():
            yield event
    except yaml.MarkedYAMLError as wrong:
        raise _syntax_error(wrong, text) from wrong
    except yaml.YAMLError as wrong:
        raise KubeconfigError(
            "", _("The file contains a control character that YAML does not allow."), reason="syntax"
        ) from wrong


def _syntax_error(wrong: yaml.MarkedYAMLError, text: str) -> KubeconfigError:
    line = wrong.problem_mark.line + 1 if wrong.problem_mark else 0
    lines = text.splitlines()
    blamed = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in blamed[: len(blamed) - len(blamed.lstrip())] or "tab character" in (wrong.problem or ""):
        message = _("Line %(line)d is indented with a tab.") % {"line": line}
        return KubeconfigError("", message, _("YAML must be indented with spaces."), reason="tab", line=line)
    message = _("Line %(line)d is not valid YAML: %(problem)s.") % {
        "line": line,
        "problem": wrong.problem or "",
    }
    return KubeconfigError("", message, reason="syntax", line=line)


@dataclass
class _OpenNode:
    """A list or a dictionary that is being read; `key` waits for its value.

    `nodes_before` were read before it, `levels` is how deep it is so far.
    """

    path: str
    line: int
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    key: str | None = None
    anchor: str | None = None
    nodes_before: int = 0
    levels: int = 1

    def next_path(self) -> str:
        if not self.is_mapping:
            return f"{self.path}[{len(self.items)}]"
        return f"{self.path}.{self.key}" if self.path else f"{self.key}"

    def node(self) -> Node:
        return Mapping(self.entries, self.line) if self.is_mapping else Sequence(tuple(self.items), self.line)


@dataclass(frozen=True)
class _Anchor:
    """What an anchor names, how many values that holds, and how many levels."""

    node: Node
    nodes: int = 1
    levels: int = 0


class _Builder:
    """Holds the stack of what is open; one for each text."""

    def __init__(self) -> None:
        self.stack: list[_OpenNode] = []
        self.root: Node | None = None
        self.documents = 0
        self.nodes = 0
        self.anchors: dict[str, _Anchor] = {}

    def build(self, events: Iterator[yaml.Event]) -> Node:
        for event in events:
            self._handle(event)
        if self.root is None:
            raise KubeconfigError("", _("The file is empty."), reason="empty")
        return self.root

    def _handle(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.DocumentStartEvent):
            self._document(line)
        elif isinstance(event, yaml.NodeEvent):
            self._refuse(event, line)
            if isinstance(event, yaml.AliasEvent):
                self._alias(event, line)
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            else:
                self._open(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()

    def _document(self, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            message = _("Line %(line)d starts a second document.") % {"line": line}
            raise KubeconfigError(
                "", message, _("Add one kubeconfig at a time."), reason="documents", line=line
            )

    def _refuse(self, event: yaml.NodeEvent, line: int) -> None:
        self._count(1, line)
        if getattr(event, "tag", None) is not None:
            raise self._error(line, "tag", _("tags (!) are not supported"))

    def _count(self, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            raise KubeconfigError(
                "", _("The file contains more than 50,000 values."), reason="size", line=line
            )

    def _alias(self, event: yaml.AliasEvent, line: int) -> None:
        """The node of an anchor that is complete: none is within itself."""
        frame = self.stack[-1] if self.stack else None
        if frame and frame.is_mapping and frame.key is None:
            raise self._error(line, "type", _("keys must be strings"))
        if event.anchor not in self.anchors:
            raise self._error(line, "alias", _("this alias names no anchor above it"))
        anchor = self.anchors[event.anchor]
        self._count(anchor.nodes, line)
        self._check_depth(len(self.stack) + anchor.levels, line)
        self._add(anchor.node, anchor.levels)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame and frame.is_mapping and frame.key is None:
            self._key(frame, event.value, line)
            return
        tag: str = _resolver.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        node = Scalar(event.value, tag.rsplit(":", 1)[-1], line)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(node)
        self._add(node)

    def _key(self, parent: _OpenNode, key: str, line: int) -> None:
        if key == "<<":  # client-go takes them; nobody was seen to write a kubeconfig with them
            raise self._error(line, "alias", _("merge keys (<<) are not supported"))
        if key in parent.entries:
            parent.key = key
            raise self._error(line, "duplicate", _("duplicate key"))
        parent.key = key

    def _open(self, event: yaml.NodeEvent, line: int) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame and frame.is_mapping and frame.key is None:
            raise self._error(line, "type", _("keys must be strings"))
        self._check_depth(len(self.stack) + 1, line)
        path, is_mapping = frame.next_path() if frame else "", isinstance(event, yaml.MappingStartEvent)
        self.stack.append(_OpenNode(path, line, is_mapping, anchor=event.anchor, nodes_before=self.nodes))

    def _close(self) -> None:
        closed = self.stack.pop()
        node = closed.node()
        if closed.anchor is not None:
            self.anchors[closed.anchor] = _Anchor(node, self.nodes - closed.nodes_before + 1, closed.levels)
        self._add(node, closed.levels)

    def _check_depth(self, levels: int, line: int) -> None:
        if levels > DEEPEST:
            message = _("Line %(line)d is nested more than 32 levels deep.") % {"line": line}
            raise KubeconfigError("", message, reason="depth", line=line)

    def _add(self, node: Node, levels: int = 0) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        frame.levels = max(frame.levels, levels + 1)
        if frame.is_mapping:
            frame.entries[str(frame.key)] = node
            frame.key = None
        else:
            frame.items.append(node)

    def _error(self, line: int, reason: str, message: str) -> KubeconfigError:
        path = self.stack[-1].next_path() if self.stack and self.stack[-1].key is not None else ""
        path = path or (self.stack[-1].path if self.stack else "")
        located = _("line %(line)d: %(message)s") % {"line": line, "message": message}
        return KubeconfigError(path[:200], located, _advice(reason), reason=reason, line=line)


def _advice(reason: str) -> str:
    if reason == "alias":
        return _("Expand all values with: kubectl config view --raw --flatten --minify")
    return ""
