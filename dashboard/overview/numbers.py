"""Count cells of the overview: figures and status words, each linked to its list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.counting.snapshot import Count, CountStatus, Nodes, Pods, Warnings
from clusters.counting.tallies import OTHER
from clusters.tables.filters import MAX_TERMS
from dashboard.address.paths import address
from dashboard.kinds.table import find_kind
from dashboard.kinds.tones import tone

NODES, PODS, EVENTS = (find_kind("", kind) for kind in ("Node", "Pod", "Event"))
WORDS = 5  # statuses of pods that are written out
REASONS = 2  # of warnings
TONES = ("error", "warning", "progress", "unknown", "ok", "done")  # worst first
READY = re.compile(r"\d+/\d+")
MIN_BAR_PERCENT = 1.5  # percent of the bar that the smallest part has at least


@dataclass(frozen=True)
class Word:
    """One number and what it counts: "3 CrashLoopBackOff"."""

    number: int
    name: str
    tone: str
    href: str = ""

    @property
    def text(self) -> str:
        return f"{self.number} {self.name}"


@dataclass(frozen=True)
class Segment:
    """A part of the bar, in hundredths of its width."""

    tone: str
    start: str
    width: str


@dataclass(frozen=True)
class Cell:
    """One count of a row: its figure, and the words below it (`more` are not written out).

    `tone` is the worst of it, `is_marked` whether its sign stands beside the figure. `note` says where it was
    counted, `why` what went wrong, `stale` the time of a count that is old.
    """

    href: str
    text: str
    tone: str
    is_marked: bool = True
    words: tuple[Word, ...] = ()
    more: int = 0
    bar: tuple[Segment, ...] = ()
    note: str = ""
    why: str = ""
    stale: datetime | None = None


def nodes_cell(slug: str, count: Count[Nodes]) -> Cell:
    """Ready of all, and how many are cordoned."""
    href = address(slug, NODES.slug, namespaced=False).url()
    found = count.value
    if found is None:
        return _empty_cell(count, href)
    text = _("%(ready)d of %(total)d ready") % {"ready": found.ready, "total": found.total}
    if found.at_least:
        text = _("at least %(text)s") % {"text": text}
    words = (Word(found.cordoned, _("cordoned"), "warning", href),) if found.cordoned else ()
    return Cell(href, text, "error" if found.ready < found.total else "ok", words=words, **_age(count))


def pods_cell(slug: str, count: Count[Pods]) -> Cell:
    """All, by the word that kubectl prints for each; the worst first."""
    list_address = address(slug, PODS.slug)
    href = list_address.url()
    found = count.value
    if found is None:
        return _empty_cell(count, href)
    words = _pod_words(found, list_address.path())
    number = ngettext("%(n)d pod", "%(n)d pods", found.total) % {"n": found.total}
    is_partial = found.at_least or count.left_out > 0
    return Cell(
        href,
        _("at least %(text)s") % {"text": number} if is_partial else number,
        words[0].tone if words else "ok",
        is_marked=False,
        words=_select_words(words),
        more=max(0, len(words) - WORDS),
        bar=_bar(words),
        note=_describe_namespaces(count),
        **_age(count),
    )


def warnings_cell(slug: str, count: Count[Warnings]) -> Cell:
    """Of the last hour, with the reasons that most of them have."""
    list_address, chosen = address(slug, EVENTS.slug), ("fields", "type=Warning")
    href = list_address.with_query(chosen).url()
    found = count.value
    if found is None:
        return _empty_cell(count, href)
    reasons = list(found.reasons.items())
    is_partial = found.at_least or count.left_out > 0
    number = str(found.total) if found.total else _("None")
    return Cell(
        href,
        _("at least %(text)s") % {"text": found.total} if is_partial else number,
        "warning" if found.total else "ok",
        words=tuple(
            Word(
                number,
                reason,
                "",
                list_address.with_query(chosen, ("q", _filter_term("Reason", reason))).url(),
            )
            for reason, number in reasons[:REASONS]
        ),
        more=max(0, len(reasons) - REASONS),
        note=_describe_namespaces(count),
        **_age(count),
    )


def _pod_words(found: Pods, path: str) -> tuple[Word, ...]:
    words = [_pod_word(status, number, path) for status, number in found.statuses.items()]
    if found.unready:
        words = [word for word in words if word.name != "Running"]
        ready = found.statuses.get("Running", 0) - found.unready
        unready = _("Running, not ready")
        words.append(Word(found.unready, unready, "warning", _running_without(found.full, path)))
        words += [Word(ready, "Running", "ok", _running_without(found.partial, path))] if ready else []
    return tuple(sorted(words, key=lambda word: (TONES.index(word.tone), -word.number, word.name)))


def _select_words(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The worst, and what most of them are in any case."""
    most = max(words, key=lambda word: word.number, default=None)
    if most is None or most in words[:WORDS]:
        return words[:WORDS]
    return (*words[: WORDS - 1], most)


def _pod_word(status: str, number: int, path: str) -> Word:
    """A status links to exactly these pods; one that the filter box could not say links to all."""
    said = _filter_term("Status", status)
    href = f"{path}?{urlencode({'q': said})}" if said else path
    return Word(number, status or _("No status"), tone("status", status, PODS.tones) or "unknown", href)


def _running_without(cells: frozenset[str], path: str) -> str:
    """The Running pods whose READY cell is none of these; all Running pods if the filter cannot hold so many terms."""
    terms = [f"Ready!={cell}" for cell in sorted(cells)]
    if len(terms) >= MAX_TERMS or not all(READY.fullmatch(cell) for cell in cells):
        terms = []
    return f"{path}?{urlencode({'q': ' '.join(['Status=Running', *terms])})}"


def _filter_term(column: str, value: str) -> str:
    """What the filter box of a list takes to mean exactly this; nothing for what it cannot say."""
    if not value or '"' in value or value == OTHER:
        return ""
    return f'{column}="{value}"' if " " in value else f"{column}={value}"


def _bar(words: Sequence[Word]) -> tuple[Segment, ...]:
    """Good ones at the left, the worst at the right end; even the smallest part is seen."""
    sums = {each: sum(word.number for word in words if word.tone == each) for each in reversed(TONES)}
    total = sum(sums.values())
    if not total:
        return ()
    shares = {each: max(MIN_BAR_PERCENT, number * 100 / total) for each, number in sums.items() if number}
    scale = 100 / sum(shares.values())
    segments, at = [], 0.0
    for each, share in shares.items():
        segments.append(Segment(each, f"{at:.2f}", f"{share * scale:.2f}"))
        at += share * scale
    return tuple(segments)


def _empty_cell(count: Count[Any], href: str) -> Cell:
    if count.status is CountStatus.DENIED:
        why = count.error.message if count.error is not None else ""
        return Cell("", _("No permission to list"), "unknown", why=why)
    if count.status is CountStatus.FAILED and count.error is not None:
        return Cell(href, _("Not available"), "warning", why=_(count.error.title))
    return Cell(href, _("Loading…"), "progress")


def _describe_namespaces(count: Count[Any]) -> str:
    """Which namespaces it is the sum of."""
    if not count.namespaces:
        return ""
    names = ", ".join(count.namespaces)
    if count.left_out:
        return _("in %(names)s (%(n)d more namespaces not counted)") % {"names": names, "n": count.left_out}
    return _("in %(names)s") % {"names": names}


def _age(count: Count[Any]) -> dict[str, Any]:
    """Of a count that failed since: when it was true, and what failed."""
    if count.status is not CountStatus.FAILED or count.error is None:
        return {}
    return {"stale": count.counted_at, "why": _(count.error.title)}
