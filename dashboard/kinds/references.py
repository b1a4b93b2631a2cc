"""Reference types: an object that another names, or a list that it selects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """One object. `label` is what it is to the other, as a person reads it."""

    label: str
    group: str
    kind: str
    name: str
    namespace: str = ""


@dataclass(frozen=True)
class Pick:
    """A list: a kind in a namespace (empty: all) by a selector. `is_live` ones get a small table."""

    label: str
    group: str
    kind: str
    namespace: str = ""
    labels: str = ""
    fields: str = ""
    is_live: bool = False
