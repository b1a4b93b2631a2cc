"""Line filter: the words, expressions and levels by which lines are chosen on the server, in linear time.

Expressions are RE2's, which take linear time whatever they are; a browser tries its own for a limited time.
"""

from __future__ import annotations

from collections.abc import Callable

import re2

from clusters.logs.levels import Level, find_level, has_level, is_continued

MAX_MEMORY = 4 * 1024 * 1024  # bytes that one expression may take


class BadExpression(ValueError):
    """RE2 does not take it: `field` is `include` or `exclude`, the text says why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class LineFilter:
    """Which lines of several streams are shown; `passes` is called with each line in its order."""

    def __init__(
        self, include: str = "", exclude: str = "", level: str = "", *, is_regex: bool = False
    ) -> None:
        """Raises BadExpression."""
        self._finds_included = _compile("include", include, is_regex=is_regex)
        self._finds_excluded = _compile("exclude", exclude, is_regex=is_regex)
        self._level = level
        self._levels: dict[int, Level] = {}  # of the last line of each stream

    def passes(self, stream: int, text: str) -> bool:
        if self._level and not has_level(self._find_level(stream, text), self._level):
            return False
        if self._finds_included is not None and not self._finds_included(text):
            return False
        return self._finds_excluded is None or not self._finds_excluded(text)

    def _find_level(self, stream: int, text: str) -> Level:
        level = find_level(text)
        if not level and is_continued(text):
            level = self._levels.get(stream, "")
        self._levels[stream] = level
        return level


def _compile(field: str, text: str, *, is_regex: bool) -> Callable[[str], bool] | None:
    if not text:
        return None
    if not is_regex:
        lowered = text.lower()
        return lambda line: lowered in line.lower()
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    try:
        pattern = re2.compile(text, options)
    except re2.error as error:
        raise BadExpression(field, _describe(error)) from None
    return lambda line: pattern.search(line) is not None


def _describe(error: Exception) -> str:
    """The library gives its words as bytes."""
    words = error.args[0] if error.args else ""
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
