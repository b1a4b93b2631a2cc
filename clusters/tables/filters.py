"""Row filters: parses terms, `Column=value` and `Column!=value` of the filter box; all must match."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clusters.tables.columns import DisplayColumn

MAX_TERMS = 20  # terms; what is beyond is not looked at
_TERM = re.compile(r'(?:[^\s"]|"[^"]*")+')


@dataclass(frozen=True)
class RowFilter:
    """`words` are looked for in the whole row; `fields` are (column key, value, must it be equal)."""

    terms: tuple[str, ...] = ()
    fields: tuple[tuple[str, str, bool], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.terms and not self.fields


def read_filter(text: str, columns: Sequence[DisplayColumn]) -> RowFilter:
    """What was typed; a term whose column is not there is a word (so `app=web` finds that label)."""
    keys = {column.key for column in columns}
    words: list[str] = []
    fields: list[tuple[str, str, bool]] = []
    for term in _TERM.findall(text)[:MAX_TERMS]:
        plain = term.replace('"', "").lower()
        name, sign, value = plain.partition("!=") if "!=" in plain else plain.partition("=")
        if sign and name in keys:
            fields.append((name, value, sign == "="))
        else:
            words.append(plain)
    return RowFilter(tuple(words), tuple(fields))
