"""What was done? One deed for each event, and for each intent together with its outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from people.audit.models import Entry, Phase, Result


@dataclass(frozen=True)
class Deed:
    """`first` is the event or the intent, `outcome` the row that followed an intent; `place` is what it is found by.

    A write whose outcome was never recorded, or whose answer never came, is unknown.
    """

    first: Entry
    outcome: Entry | None
    place: int

    @property
    def last(self) -> Entry:
        """The row that says what became of it."""
        return self.outcome or self.first

    @property
    def id(self) -> str:
        """Tells it apart on a page; it says nothing about other rows."""
        return f"d{self.first.hash[:20]}"

    @property
    def version(self) -> str:
        """Changes when the outcome comes."""
        return self.last.hash[:20]

    @property
    def at(self) -> datetime:
        return self.first.at

    @property
    def result(self) -> str:
        return self.last.result or str(Result.UNKNOWN)

    @property
    def is_pending(self) -> bool:
        """Whether it is an intent of which nothing more was recorded."""
        return self.first.phase == Phase.INTENT and self.outcome is None

    @property
    def kind(self) -> str:
        """`deployments.apps/scale`."""
        entry = self.first
        whole = f"{entry.resource}.{entry.group}" if entry.group else entry.resource
        return f"{whole}/{entry.subresource}" if entry.subresource else whole


def deeds(found: Sequence[Entry]) -> list[Deed]:
    """The deeds of these rows, in their order.

    What belongs to a row is looked up by its number alone, and is shown only where it is of the same person: who may
    read the one may read the other.
    """
    wanted = [one.sequence for one in found if one.phase == Phase.INTENT]
    outcomes = {one.intent: one for one in _some("intent__in", wanted) if one.phase == Phase.OUTCOME}
    before = [one.intent for one in found if one.phase == Phase.OUTCOME and one.intent is not None]
    firsts = {one.sequence: one for one in _some("sequence__in", before)}
    return [_deed(one, outcomes, firsts) for one in found]


def _deed(entry: Entry, outcomes: Mapping[int | None, Entry], firsts: Mapping[int, Entry]) -> Deed:
    if entry.phase != Phase.OUTCOME:
        return Deed(entry, _same_person(entry, outcomes.get(entry.sequence)), entry.sequence)
    first = _same_person(entry, firsts.get(entry.intent or 0))
    return Deed(first, entry, entry.sequence) if first else Deed(entry, None, entry.sequence)


def _same_person(entry: Entry, other: Entry | None) -> Entry | None:
    return other if other is not None and other.person_id == entry.person_id else None


def _some(condition: str, numbers: list[int]) -> Iterator[Entry]:
    """Rows by their numbers, a few hundred in one query (SQLite takes a thousand variables)."""
    for start in range(0, len(numbers), 500):
        yield from Entry.objects.filter(**{condition: numbers[start : start + 500]}).order_by()
