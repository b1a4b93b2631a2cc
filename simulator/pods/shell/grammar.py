"""What does a script mean? Lists, pipes, redirections, if, for, while: as much of a shell as people type."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.pods.shell.words import Misspelt, Sign, Token, Unfinished, Word, plain, tokens

REDIRECTIONS = (">", ">>", "2>", "&>", "<")
JOINS = ("2>&1", "1>&2", ">&2")  # one stream into the other
DEEPEST = 20  # loops and branches in one another
RESERVED = ("then", "else", "elif", "fi", "do", "done")


@dataclass(frozen=True)
class Simple:
    words: tuple[Word, ...]
    redirections: tuple[tuple[str, Word | None], ...] = ()


@dataclass(frozen=True)
class Pipe:
    parts: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True)
class Either:
    """`second` is run where the first succeeded (&&) or failed (||)."""

    first: Node
    sign: str
    second: Node


@dataclass(frozen=True)
class Many:
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class If:
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True)
class While:
    condition: Node
    body: Node
    until: bool


@dataclass(frozen=True)
class For:
    name: str
    words: tuple[Word, ...]
    body: Node


Node = Simple | Pipe | Either | Many | If | While | For


def parse(script: str) -> Many:
    """Raises Unfinished and Misspelt."""
    reader = _Reader(tokens(script))
    found = reader.many(())
    if reader.next is not None:
        raise reader.unexpected()
    return found


class _Reader:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def unexpected(self) -> Exception:
        token = self.next
        if token is None:
            return Unfinished()
        text = token.text if isinstance(token, Sign) else "".join(piece.text for piece in token)
        return Misspelt(f'syntax error: unexpected "{text}"')

    def many(self, ends: tuple[str, ...]) -> Many:
        """Up to one of those words, which is left for the caller."""
        nodes: list[Node] = []
        while self.next is not None:
            if self._is_sign(";"):
                self._at += 1
                continue
            if self._word() in ends:
                return Many(tuple(nodes))
            nodes.append(self._either())
            if self.next is not None and not self._is_sign(";") and self._word() not in ends:
                raise self.unexpected()
        if ends:
            raise Unfinished
        return Many(tuple(nodes))

    def _either(self) -> Node:
        found = self._pipe()
        while (sign := self.next) in (Sign("&&"), Sign("||")) and isinstance(sign, Sign):
            self._at += 1
            self._skip_lines()
            found = Either(found, sign.text, self._pipe())
        return found

    def _pipe(self) -> Node:
        negated = self._word() == "!"
        self._at += negated
        parts = [self._one()]
        while self._is_sign("|"):
            self._at += 1
            self._skip_lines()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 and not negated else Pipe(tuple(parts), negated)

    def _one(self) -> Node:
        word = self._word()
        if word not in ("if", "while", "until", "for"):
            return self._simple()
        self._depth += 1
        if self._depth > DEEPEST:
            raise Misspelt("too deep")
        self._at += 1
        found = self._if() if word == "if" else self._for() if word == "for" else self._while(word == "until")
        self._depth -= 1
        return found

    def _if(self) -> Node:
        condition = self.many(("then",))
        self._at += 1
        then = self.many(("elif", "else", "fi"))
        word = self._word()
        self._at += 1
        if word == "elif":
            return If(condition, then, self._if())
        if word == "fi":
            return If(condition, then, Many(()))
        otherwise = self.many(("fi",))
        self._at += 1
        return If(condition, then, otherwise)

    def _while(self, until: bool) -> Node:
        condition = self.many(("do",))
        self._at += 1
        body = self.many(("done",))
        self._at += 1
        return While(condition, body, until)

    def _for(self) -> Node:
        name = self._word()
        if name is None or not name.isidentifier():
            raise self.unexpected()
        self._at += 1
        words: list[Word] = []
        if self._word() == "in":
            self._at += 1
            while isinstance(self.next, tuple):
                words.append(self.next)
                self._at += 1
        self._skip_lines()
        if self._word() != "do":
            raise self.unexpected()
        self._at += 1
        body = self.many(("done",))
        self._at += 1
        return For(name, tuple(words), body)

    def _simple(self) -> Node:
        words: list[Word] = []
        redirections: list[tuple[str, Word | None]] = []
        while (token := self.next) is not None:
            if isinstance(token, tuple):
                if not words and plain(token) in RESERVED:
                    raise self.unexpected()
                words.append(token)
                self._at += 1
            elif token.text in REDIRECTIONS or token.text in JOINS:
                self._at += 1
                redirections.append((token.text, None if token.text in JOINS else self._target()))
            else:
                break
        if not words and not redirections:
            raise self.unexpected()
        return Simple(tuple(words), tuple(redirections))

    def _target(self) -> Word:
        found = self.next
        if not isinstance(found, tuple):
            raise self.unexpected()
        self._at += 1
        return found

    def _word(self) -> str | None:
        return None if self.next is None else plain(self.next)

    def _is_sign(self, text: str) -> bool:
        return self.next == Sign(text)

    def _skip_lines(self) -> None:
        while self._is_sign(";"):
            self._at += 1
