"""YAML values: builds the value of a document's nodes as kubectl reads it, and notes what surprises or is lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from clusters.changes.errors import UnreadableText
from clusters.changes.yaml_nodes import DEEPEST, MOST_NODES, Node
from clusters.changes.yaml_scalars import (
    WrongTag,
    describe_key_surprise,
    describe_surprise,
    pass_through_json,
    resolve,
    resolve_key,
)

Path = tuple[str, ...]  # keys and indices from the top, each as text
LONGEST_SHOWN = 60  # characters of a key in a sentence
MOST_REMARKS = 200  # of one document


@dataclass(frozen=True)
class Remark:
    """What is to be said of one line: that it is not read as it looks, or that something in it is lost.

    `is_error`: it is hardly meant so, and is not sent before it is corrected.
    """

    line: int
    message: str
    path: Path = ()
    is_error: bool = False


@dataclass
class Values:
    """One document: its value, the line of each path, and the remarks."""

    value: Any = field(default=None, repr=False)  # it may hold a Secret's values
    lines: dict[Path, int] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)


def build_values(root: Node) -> Values:
    """Raises UnreadableText for what kubectl cannot read either, and where aliases repeat too much."""
    builder = _Builder()
    builder.values.value = builder.build(root, (), 0)
    return builder.values


class _Builder:
    """Counts what aliases repeat; one for each document. Recursion is no deeper than DEEPEST for each alias."""

    def __init__(self) -> None:
        self.values = Values()
        self._count = 0
        self._aliases: list[Node] = []  # whose values are being built

    def build(self, node: Node, path: Path, depth: int) -> Any:
        self._count_node(node)
        if depth > DEEPEST:
            raise UnreadableText(_("This is nested more than %(n)d levels deep.") % {"n": DEEPEST}, node.line)
        if not self._aliases:
            self.values.lines.setdefault(path, node.line)
        if node.kind == "alias":
            return self._follow(node, path, depth)
        if node.kind == "scalar":
            return self._scalar(node, path)
        if node.kind == "sequence":
            return [
                self.build(child, (*path, str(index)), depth + 1) for index, child in enumerate(node.children)
            ]
        found: dict[Any, Any] = {}
        self._fill(found, node, path, depth, is_merged=False)
        return self._convert_keys(found, node)

    def _count_node(self, node: Node) -> None:
        self._count += 1
        if self._count > MOST_NODES:
            raise UnreadableText(_("Aliases repeat more than %(n)d values.") % {"n": MOST_NODES}, node.line)

    def _follow(self, node: Node, path: Path, depth: int) -> Any:
        self._enter(node)
        value = self.build(_target(node), path, depth)
        self._aliases.pop()
        return value

    def _enter(self, node: Node) -> None:
        if node in self._aliases or len(self._aliases) > DEEPEST:
            raise UnreadableText(_("An anchor's value contains itself."), node.line)
        self._aliases.append(node)

    def _scalar(self, node: Node, path: Path) -> Any:
        value = pass_through_json(self._resolve(node))
        if isinstance(value, float) and not math.isfinite(value):
            message = _("“%(text)s” is a number that JSON does not have; quote it for text.")
            raise UnreadableText(message % {"text": node.text[:LONGEST_SHOWN]}, node.line)
        if node.is_plain and not node.tag and (surprise := describe_surprise(node.text, value)):
            self._note(node.line, f"{_shorten(node.text)} {surprise}", path)
        return value

    def _resolve(self, node: Node) -> Any:
        try:
            return resolve(node.text, tag=node.tag, is_plain=node.is_plain)
        except WrongTag as wrong:
            raise UnreadableText(f"{wrong}.", node.line) from wrong

    def _fill(self, found: dict[Any, Any], node: Node, path: Path, depth: int, *, is_merged: bool) -> None:
        """Add a mapping's entries in their order: what is merged overrides what stands above it, as in yaml/v2."""
        own: set[str | None] = set()
        for key_node, value_node in zip(node.children[::2], node.children[1::2], strict=True):
            if key_node.kind == "scalar" and key_node.text == "<<" and _is_merge(key_node):
                self._merge(found, value_node, path, depth)
                continue
            key = self._key(key_node)
            name = resolve_key(key) if key is not None else None
            self._check_key(key_node, name, own, path)
            own.add(name)
            found[_HashedKey(key)] = self.build(value_node, (*path, str(name)), depth + 1)
            if not self._aliases and not is_merged:
                self.values.lines[(*path, str(name))] = key_node.line

    def _key(self, node: Node) -> Any:
        while node.kind == "alias":
            node = _target(node)
        if node.kind != "scalar":
            raise UnreadableText(_("A key must be a single value, not a list or a mapping."), node.line)
        return self._resolve(node)

    def _check_key(self, node: Node, name: str | None, own: set[str | None], path: Path) -> None:
        if name is None:
            message = _("“%(text)s” cannot be a key: it reads as null or as too large a number. Quote it.")
            raise UnreadableText(message % {"text": node.text[:LONGEST_SHOWN]}, node.line)
        if name in own:
            message = _("Duplicate key %(key)s: the value above is lost.") % {"key": _shorten(name)}
            self._note(node.line, message, (*path, name), is_error=True)
        elif node.is_plain and not node.tag and (surprise := describe_key_surprise(node.text, name)):
            self._note(node.line, f"{_shorten(node.text)} {surprise}", (*path, name))

    def _merge(self, found: dict[Any, Any], node: Node, path: Path, depth: int) -> None:
        merged = node.children[::-1] if node.kind == "sequence" else [node]  # earlier ones take precedence
        before = len(found)
        for one in merged:
            target = _target(one)
            if target.kind != "mapping":
                raise UnreadableText(_("<< merges a mapping, or a list of mappings."), node.line)
            self._count_node(one)
            self._enter(one)
            addition: dict[Any, Any] = {}
            self._fill(addition, target, path, depth, is_merged=True)
            self._aliases.pop()
            overridden = [key for key in addition if key in found] if before else []
            found.update(addition)
            if overridden:
                keys = ", ".join(_shorten(str(key.value)) for key in overridden[:5])
                message = _("<< overrides what stands above it: %(keys)s. Write << first.") % {"keys": keys}
                self._note(node.line, message, path, is_error=True)

    def _convert_keys(self, found: Mapping[Any, Any], node: Node) -> dict[str, Any]:
        converted: dict[str, Any] = {}
        for key, value in found.items():
            converted[str(resolve_key(key.value))] = value
        return converted

    def _note(self, line: int, message: str, path: Path, *, is_error: bool = False) -> None:
        if not self._aliases and (is_error or len(self.values.remarks) < MOST_REMARKS):
            self.values.remarks.append(Remark(line, message, path, is_error))


class _HashedKey:
    """A key by its type and value: 1, "1" and true are three keys to Go, and one or two to Python."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _HashedKey)
            and type(self.value) is type(other.value)
            and self.value == other.value
        )


def _target(node: Node) -> Node:
    """What an alias stands for; anything else stands for itself."""
    return node.target or node


def _is_merge(node: Node) -> bool:
    return node.is_plain or node.tag == "tag:yaml.org,2002:merge"


def _shorten(text: str) -> str:
    shown = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
    return f"“{shown}”"
