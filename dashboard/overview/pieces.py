"""Live pieces of the overview: summary, footer and choices, for first load and socket."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from dashboard.overview.board import Board
from dashboard.overview.query import OverviewQuery
from dashboard.overview.rows import HEALTHY, NEEDS_ATTENTION, UNAVAILABLE, WITHOUT_CREDENTIAL, Group, Row

LABELS = 12  # keys that the page offers to group by
COMMANDS = 20  # clusters in the command below the table


@dataclass(frozen=True)
class Choice:
    """A link that changes one part of the query."""

    title: str
    href: str
    is_current: bool


@dataclass(frozen=True)
class Summary:
    """How many clusters stand how, and how many of those that may be counted are still being asked."""

    total: int
    unavailable: int
    needs_attention: int
    healthy: int
    without_credential: int
    connecting: int


def summary_of(rows: Sequence[Row]) -> Summary:
    """Of all clusters of the page, whatever the filter keeps."""
    asking = sum(row.level == "progress" for row in rows)
    found = Counter(row.weight for row in rows)
    return Summary(
        len(rows),
        found[UNAVAILABLE],
        found[NEEDS_ATTENTION],
        found[HEALTHY] - asking,
        found[WITHOUT_CREDENTIAL],
        asking,
    )


def foot_of(groups: Sequence[Group], total: int, query: OverviewQuery) -> dict[str, Any]:
    """What is said below the table."""
    return {"shown": sum(len(group.rows) for group in groups), "total": total, "query": query}


def sorts(query: OverviewQuery) -> list[Choice]:
    """The orders."""
    return [
        Choice(_("Problems first"), query.url(sort="severity"), query.sort == "severity"),
        Choice(_("Name"), query.url(sort="name"), query.sort == "name"),
    ]


def groupings(board: Board, query: OverviewQuery) -> list[Choice]:
    """The labels of the clusters, the most used first; none where there are no labels."""
    keys = Counter(key for cluster in board.clusters for key in cluster.access.cluster.labels)
    named = [key for key, _number in keys.most_common(LABELS)]
    if query.group and query.group not in named:
        named.append(query.group)
    if not named:
        return []
    nothing = Choice(_("No grouping"), query.url(group=""), not query.group)
    return [nothing, *(Choice(key, query.url(group=key), query.group == key) for key in named)]


def command_of(groups: Sequence[Group]) -> str:
    """What counts the same with kubectl."""
    slugs = [row.access.cluster.slug for group in groups for row in group.rows if row.notice is None]
    if not slugs:
        return ""
    names = " ".join(shlex.quote(slug) for slug in slugs[:COMMANDS])
    what = ("nodes", "pods --all-namespaces", "events --all-namespaces --field-selector type=Warning")
    each = "; ".join(f'kubectl --context "$c" get {words}' for words in what)
    return f"for c in {names}; do {each}; done"


def query_of(text: str) -> QueryDict:
    """The query of a page as the socket tells it."""
    return QueryDict(text[:4000])
