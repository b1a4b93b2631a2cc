"""JSON limits: bounds the depth of foreign JSON, and completes the beginning of a document that was cut.

Both read bytes one token after the other, without recursion: the decoder refuses what is nested some thousand levels
deep as a whole, and Kubernetes stores objects of 3,000 levels.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

OBJECT_LEVELS = 100  # of an object; the schemas of CRDs, the deepest that people write, have some 50
MARK = "…"
CUT = b'"\xe2\x80\xa6"'  # stands where something was cut: an ellipsis
SALVAGED_BYTES = 512 * 1024  # that are read token by token at once: some 20 ms of usual JSON

# A string, closed or not, or a bracket. Possessive: a string without an end is read once, not from each quote in it.
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_BRACKETS_AND_COMMAS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
_VALUE_BYTES = 64  # of a dictionary, a list, or a number or short text with what refers to it
_QUOTE, _COMMA = 0x22, 0x2C
_OPENING = frozenset(b"[{")
_CLOSERS = {0x5B: b"]", 0x7B: b"}"}


def estimate_decoded(content: bytes) -> int:
    """About how many bytes JSON takes as Python has it, rather too many: `{},` repeated takes 24 times its length."""
    return len(content) + _VALUE_BYTES * (content.count(b"{") + content.count(b"[") + content.count(b","))


def limit_depth(content: bytes, levels: int) -> tuple[bytes, bool]:
    """The JSON with CUT for each list or object below so many levels, and whether there was one."""
    if content.count(b"{") + content.count(b"[") <= levels:
        return content, False
    kept: list[bytes] = []
    depth = start = 0
    for token in _BRACKETS.finditer(content):
        first = content[token.start()]
        if first == _QUOTE:
            continue
        if first in _OPENING:
            depth += 1
            if depth == levels + 1:
                kept += (content[start : token.start()], CUT)
        else:
            if depth == levels + 1:
                start = token.end()
            depth -= 1
    if not kept:
        return content, False
    return b"".join([*kept, content[start:] if depth <= levels else b""]), True


def complete(beginning: bytes) -> bytes:
    """The beginning of a JSON document up to its last whole value, with what is open in it closed."""
    open_brackets: list[bytes] = []
    end = 0
    for token in _BRACKETS_AND_COMMAS.finditer(beginning):
        first = beginning[token.start()]
        if first == _QUOTE:
            continue
        if first == _COMMA:
            end = token.start()
            continue
        end = token.end()
        if first in _OPENING:
            open_brackets.append(_CLOSERS[first])
        elif open_brackets:
            open_brackets.pop()
    return beginning[:end] + b"".join(reversed(open_brackets))


def salvage(content: bytes, levels: int) -> bytes:
    """What can be read of a document that is too deep or was cut: its beginning, with nothing below so many levels."""
    beginning, _was_cut = limit_depth(content[:SALVAGED_BYTES], levels)
    return complete(beginning)


def decode_object(content: bytes) -> tuple[Any, bool]:
    """The JSON as Python has it, with MARK for each list or object below OBJECT_LEVELS, and whether any was cut.

    What the decoder refuses as too deep is read token by token, and of a large one only its beginning.
    Raises msgspec.DecodeError for what is no JSON.
    """
    try:
        found = msgspec.json.decode(content)
    except RecursionError:
        return msgspec.json.decode(salvage(content, OBJECT_LEVELS)), True
    return found, cut_levels(found, OBJECT_LEVELS)


def cut_levels(found: Any, levels: int) -> bool:
    """Put MARK in place of each list or dictionary below so many levels; whether there was one."""
    nodes = [found] if isinstance(found, dict | list) else []
    for _level in range(levels - 1):
        nodes = [child for node in nodes for child in _children(node) if isinstance(child, dict | list)]
        if not nodes:
            return False
    was_cut = False
    for node in nodes:
        for key, child in list(node.items() if isinstance(node, dict) else enumerate(node)):
            if isinstance(child, dict | list):
                node[key], was_cut = MARK, True
    return was_cut


def _children(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node
