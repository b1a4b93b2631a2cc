"""Into which words and signs does a line of shell fall?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

SIGNS = ("&&", "||", "2>&1", "1>&2", ">&2", "&>", "2>", ">>", ";;", ";", "|", ">", "<", "&", "\n", "(", ")")
ENDS = " \t\r\n;&|<>()"  # letters that end a word
LONGEST = 64 * 1024  # characters of a script
DEEPEST = 20  # $( ) in one another
_NAME = re.compile(r"[A-Za-z_]\w*|[?$#0-9]")


class Unfinished(Exception):
    """A quote, a $( or a loop that is not closed yet: more lines are wanted."""


class Misspelt(Exception):
    """What no shell understands; the text says it."""


@dataclass(frozen=True)
class Piece:
    """A part of a word. `text` is the letters themselves, the name of a variable, or the script inside $( )."""

    kind: Literal["letters", "variable", "command"]
    text: str
    quoted: bool


Word = tuple[Piece, ...]


@dataclass(frozen=True)
class Sign:
    """An operator; a new line is ";"."""

    text: str


Token = Word | Sign


def tokens(script: str) -> list[Token]:
    """Raises Unfinished and Misspelt."""
    if len(script) > LONGEST:
        raise Misspelt("too long")
    return list(_Reader(script).read())


def plain(word: Token) -> str | None:
    """Its letters, where it is a word without quotes and variables: `if`, `done`."""
    if isinstance(word, Sign) or len(word) != 1 or word[0].quoted or word[0].kind != "letters":
        return None
    return word[0].text


class _Reader:
    def __init__(self, script: str) -> None:
        self._script = script
        self._at = 0

    def read(self) -> list[Token]:
        found: list[Token] = []
        while self._at < len(self._script):
            letter = self._script[self._at]
            if letter in " \t\r":
                self._at += 1
            elif letter == "#":
                end = self._script.find("\n", self._at)
                self._at = len(self._script) if end < 0 else end
            elif sign := self._sign():
                found.append(Sign(";" if sign == "\n" else sign))
            else:
                found.append(self._word())
        return found

    def _sign(self) -> str:
        for sign in SIGNS:
            if self._script.startswith(sign, self._at):
                self._at += len(sign)
                return sign
        return ""

    def _word(self) -> Word:
        pieces: list[Piece] = []
        while self._at < len(self._script):
            letter = self._script[self._at]
            if letter in ENDS:
                break
            if letter == "'":
                pieces.append(self._single())
            elif letter == '"':
                pieces.extend(self._double())
            elif letter == "$":
                pieces.append(self._dollar(quoted=False))
            elif letter == "\\":
                pieces.append(Piece("letters", self._script[self._at + 1 : self._at + 2], True))
                self._at += 2
            else:
                pieces.append(Piece("letters", self._letters(), False))
        return tuple(pieces)

    def _letters(self) -> str:
        """Up to the next letter that means something."""
        begin = self._at
        self._at += 1
        while self._at < len(self._script) and self._script[self._at] not in ENDS + "'\"$\\":
            self._at += 1
        return self._script[begin : self._at]

    def _single(self) -> Piece:
        end = self._script.find("'", self._at + 1)
        if end < 0:
            raise Unfinished
        text, self._at = self._script[self._at + 1 : end], end + 1
        return Piece("letters", text, True)

    def _double(self) -> list[Piece]:
        self._at += 1
        pieces = [Piece("letters", "", True)]
        while self._at < len(self._script):
            letter = self._script[self._at]
            if letter == '"':
                self._at += 1
                return pieces
            if letter == "$":
                pieces.append(self._dollar(quoted=True))
                continue
            step = 2 if letter == "\\" and self._script[self._at + 1 : self._at + 2] in tuple('"\\$`') else 1
            pieces.append(Piece("letters", self._script[self._at + step - 1 : self._at + step], True))
            self._at += step
        raise Unfinished

    def _dollar(self, *, quoted: bool) -> Piece:
        rest = self._script[self._at + 1 :]
        if rest.startswith("("):
            return self._command(quoted=quoted)
        braced = re.match(r"\{([A-Za-z_]\w*|[?$#0-9])\}", rest)
        named = _NAME.match(rest)
        if braced:
            self._at += 1 + braced.end()
            return Piece("variable", braced[1], quoted)
        if named:
            self._at += 1 + named.end()
            return Piece("variable", named[0], quoted)
        if rest.startswith("{"):
            raise Misspelt("bad substitution")
        self._at += 1
        return Piece("letters", "$", quoted)

    def _command(self, *, quoted: bool) -> Piece:
        depth, begin = 0, self._at + 2
        for at in range(self._at + 1, len(self._script)):
            depth += {"(": 1, ")": -1}.get(self._script[at], 0)
            if depth > DEEPEST:
                raise Misspelt("too deep")
            if depth == 0:
                self._at = at + 1
                return Piece("command", self._script[begin:at], quoted)
        raise Unfinished
