"""Tallies: node, pod and warning totals from the cells of Table rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from clusters.api.tables import Page
from clusters.counting.snapshot import Nodes, Pods, Warnings

WORDS = 40  # different statuses or reasons that are kept apart; the others are counted as OTHER
LONGEST = 60  # characters of one that are kept: both can be any text that somebody wrote
OTHER = "…"
HOUR = 3600
# apimachinery's HumanDuration, the only form in which a Table tells when an event was last seen
_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_SECONDS = (365 * 86400, 86400, 3600, 60, 1)


def nodes(pages: Sequence[Page], *, at_least: bool) -> Nodes:
    """kubectl's words for a node: Ready or NotReady, then SchedulingDisabled where it is cordoned."""
    words = [status.split(",") for (status,) in _cells(pages, "status")]
    return Nodes(
        total=len(words),
        ready=sum(word[0] == "Ready" for word in words),
        cordoned=sum("SchedulingDisabled" in word for word in words),
        at_least=at_least,
    )


def pods(pages: Sequence[Page], *, at_least: bool) -> Pods:
    """By the word that kubectl prints as their status."""
    found = Counter(_cells(pages, "status", "ready"))
    statuses: Counter[str] = Counter()
    unready = 0
    full: set[str] = set()
    partial: set[str] = set()
    for (status, ready), number in found.items():
        statuses[status] += number
        if status != "Running":
            continue
        have, _, want = ready.partition("/")
        unready += number if have != want else 0
        (full if have == want else partial).add(ready)
    return Pods(sum(statuses.values()), unready, _limit(statuses), at_least, _few(full), _few(partial))


def warnings(pages: Sequence[Page], *, at_least: bool) -> Warnings:
    """Those last seen within an hour; when an event without a time was seen cannot be told."""
    reasons = Counter(
        reason for seen, reason in _cells(pages, "last seen", "reason") if is_within_an_hour(seen)
    )
    return Warnings(sum(reasons.values()), _limit(reasons), at_least)


def is_within_an_hour(text: str) -> bool:
    """Whether `5m12s` is; `<invalid>` is a clock that runs ahead of the API server's."""
    if text == "<invalid>":
        return True
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        return False
    seconds = sum(int(part) * each for part, each in zip(found.groups(), _SECONDS, strict=True) if part)
    return seconds < HOUR


def join_nodes(one: Nodes, other: Nodes) -> Nodes:
    return Nodes(
        one.total + other.total,
        one.ready + other.ready,
        one.cordoned + other.cordoned,
        one.at_least or other.at_least,
    )


def join_pods(one: Pods, other: Pods) -> Pods:
    """The pods of two counts."""
    statuses = _limit(Counter(one.statuses) + Counter(other.statuses))
    at_least = one.at_least or other.at_least
    full, partial = _few(one.full | other.full), _few(one.partial | other.partial)
    return Pods(one.total + other.total, one.unready + other.unready, statuses, at_least, full, partial)


def join_warnings(one: Warnings, other: Warnings) -> Warnings:
    """The warnings of two counts."""
    reasons = _limit(Counter(one.reasons) + Counter(other.reasons))
    return Warnings(one.total + other.total, reasons, one.at_least or other.at_least)


def _few(cells: Iterable[str]) -> frozenset[str]:
    """At most `WORDS` different cells: they can be any text that somebody wrote."""
    return frozenset(sorted(cells)[:WORDS])


def _cells(pages: Sequence[Page], *names: str) -> Iterable[tuple[str, ...]]:
    """The cells of each row under these columns; a column that is not there is empty. Columns come with each page."""
    for page in pages:
        titles = [column.name.lower() for column in page.columns or ()]
        readers = [_reader(titles, name) for name in names]
        for row in page.rows:
            yield tuple(read(row.cells) for read in readers)


def _reader(titles: Sequence[str], name: str) -> Callable[[Sequence[Any]], str]:
    if name not in titles:
        return lambda cells: ""
    at = titles.index(name)
    return lambda cells: str(cells[at])[:LONGEST] if at < len(cells) and cells[at] is not None else ""


def _limit(found: Mapping[str, int]) -> dict[str, int]:
    """The most frequent words, then by alphabet; what is beyond the bound goes together."""
    ordered = sorted(found.items(), key=lambda pair: (pair[0] == OTHER, -pair[1], pair[0]))
    kept = dict(ordered[:WORDS])
    beyond = sum(number for _word, number in ordered[WORDS:])
    if beyond:
        kept[OTHER] = kept.get(OTHER, 0) + beyond
    return kept
