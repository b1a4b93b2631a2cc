"""Which parts of the overview move? The same for the first load and for the socket."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from dashboard.overview.board import Board
from dashboard.overview.rows import BROKEN, FINE, LOOK, NOT_MINE, Group, Row
from dashboard.overview.wish import Wish

LABELS = 12  # keys that the page offers to group by
COMMANDS = 20  # clusters in the command below the table


@dataclass(frozen=True)
class Choice:
    """A link that changes one part of the wish."""

    title: str
    href: str
    is_current: bool


@dataclass(frozen=True)
class Summary:
    """How many clusters stand how, and how many of those that may be counted are still being asked."""

    total: int
    broken: int
    look: int
    fine: int
    not_mine: int
    asking: int


def summary_of(rows: Sequence[Row]) -> Summary:
    """Of all clusters of the page, whatever the filter keeps."""
    asking = sum(row.level == "progress" for row in rows)
    found = Counter(row.weight for row in rows)
    return Summary(len(rows), found[BROKEN], found[LOOK], found[FINE] - asking, found[NOT_MINE], asking)


def foot_of(groups: Sequence[Group], total: int, wish: Wish) -> dict[str, Any]:
    """What is said below the table."""
    return {"shown": sum(len(group.rows) for group in groups), "total": total, "wish": wish}


def sorts(wish: Wish) -> list[Choice]:
    """The orders."""
    return [
        Choice(_("Problems first"), wish.url(sort="trouble"), wish.sort == "trouble"),
        Choice(_("Name"), wish.url(sort="name"), wish.sort == "name"),
    ]


def groupings(board: Board, wish: Wish) -> list[Choice]:
    """The labels of the clusters, the most used first; none where there are no labels."""
    keys = Counter(key for line in board.lines for key in line.standing.cluster.labels)
    named = [key for key, _number in keys.most_common(LABELS)]
    if wish.group and wish.group not in named:
        named.append(wish.group)
    if not named:
        return []
    nothing = Choice(_("No grouping"), wish.url(group=""), not wish.group)
    return [nothing, *(Choice(key, wish.url(group=key), wish.group == key) for key in named)]


def command_of(groups: Sequence[Group]) -> str:
    """What counts the same with kubectl."""
    slugs = [row.standing.cluster.slug for group in groups for row in group.rows if row.trouble is None]
    if not slugs:
        return ""
    names = " ".join(shlex.quote(slug) for slug in slugs[:COMMANDS])
    what = ("nodes", "pods --all-namespaces", "events --all-namespaces --field-selector type=Warning")
    each = "; ".join(f'kubectl --context "$c" get {words}' for words in what)
    return f"for c in {names}; do {each}; done"


def query_of(text: str) -> QueryDict:
    """The query of a page as the socket tells it."""
    return QueryDict(text[:4000])
