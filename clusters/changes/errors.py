"""Errors of a change that somebody typed: what is wrong with the text, and in which line."""

from __future__ import annotations


class UnreadableText(ValueError):
    """The text is no YAML or JSON that kubectl would read, or exceeds a limit; `line` is 0 where none is to blame."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
