"""Navigation model: groups of entries, each allowed, denied or unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

State = Literal["allowed", "denied", "unknown"]


@dataclass(frozen=True)
class Entry:
    """A link to a page.

    `reason` says why it is denied or unknown, `goto` is the letter after g, `icon` the name of a drawing.
    """

    label: str
    href: str
    current: bool = False
    state: State = "allowed"
    reason: str = ""
    count: int | None = None
    goto: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Group:
    """Entries under a title ("Workloads"); an empty title is the group at the top."""

    title: str
    entries: Sequence[Entry] = field(default_factory=tuple)
