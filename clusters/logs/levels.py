"""Levels of log lines, recognized in klog, JSON, logfmt and common formats, by the rules of static/logs/filter.js."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Level = Literal["", "debug", "info", "warning", "error"]
RANKS: Mapping[str, int] = {"debug": 0, "info": 1, "warning": 2, "error": 3}
_NAMES: Mapping[Level, str] = {
    "debug": "trace debug dbg verbose 10 20",
    "info": "info information notice 30 i",
    "warning": "warn warning 40 w",
    "error": "err error severe fatal crit critical panic alert emerg emergency 50 60 e f",
}
_WORDS: Mapping[str, Level] = {word: level for level, words in _NAMES.items() for word in words.split()}
_KLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d")
_JSON = re.compile(r'"(?:level|lvl|severity|loglevel|log\.level|levelname)" ?: ?"?([A-Za-z0-9]{1,12})')
_LOGFMT = re.compile(r'(?:^|[ \t])(?:level|lvl|severity)="?([A-Za-z]{1,12})')
_UPPER = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|SEVERE|FATAL|CRIT|CRITICAL|PANIC|ALERT|EMERG)\b",
    re.ASCII,
)
_BRACKETS = re.compile(
    r"\[(trace|debug|info|notice|warn|warning|err|error|fatal|crit|critical|panic|alert|emerg)\]"
)
_CONTINUED = ("Caused by", "... ", "\t", " ")


def find_level(text: str) -> Level:
    """The level of a line; nothing where none is recognized."""
    head, start = text[:2000], text[:160]
    found = _KLOG.match(start)
    if found is None and head.startswith("{"):
        found = _JSON.search(head)
    elif found is None:
        found = _LOGFMT.search(start) or _UPPER.search(start) or _BRACKETS.search(start)
    return _WORDS.get(found[1].lower(), "") if found else ""


def is_continued(text: str) -> bool:
    """Whether the line belongs to the one before it, as those of a stack trace do."""
    return text.startswith(_CONTINUED)


def has_level(level: Level, lowest: str) -> bool:
    """Whether a line of this level is shown where `lowest` is chosen; `debug` and nothing show every line."""
    return lowest in ("", "debug") or (level != "" and RANKS[level] >= RANKS[lowest])
