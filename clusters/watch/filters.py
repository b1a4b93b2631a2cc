"""Which rows does a page's filter box keep? Words, `Column=value` and `Column!=value`, all of which must hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clusters.watch.columns import Shown

MOST = 20  # terms; what is beyond is not looked at
_TERM = re.compile(r'(?:[^\s"]|"[^"]*")+')


@dataclass(frozen=True)
class Filter:
    """`words` are looked for in the whole row; `fields` are (column key, value, must it be equal)."""

    words: tuple[str, ...] = ()
    fields: tuple[tuple[str, str, bool], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.fields


def read_filter(text: str, columns: Sequence[Shown]) -> Filter:
    """What was typed; a term whose column is not there is a word (so `app=web` finds that label)."""
    keys = {column.key for column in columns}
    words: list[str] = []
    fields: list[tuple[str, str, bool]] = []
    for term in _TERM.findall(text)[:MOST]:
        plain = term.replace('"', "").lower()
        name, sign, value = plain.partition("!=") if "!=" in plain else plain.partition("=")
        if sign and name in keys:
            fields.append((name, value, sign == "="))
        else:
            words.append(plain)
    return Filter(tuple(words), tuple(fields))
