"""Actions: one for each event, and for each request together with its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from people.audit.models import AuditEntry, Phase, Result


@dataclass(frozen=True)
class Action:
    """`first` is the event or request, `result_entry` the row that followed a request; `sequence` is its position.

    A request without a recorded result, or whose response never came, is unknown.
    """

    first: AuditEntry
    result_entry: AuditEntry | None
    sequence: int

    @property
    def last(self) -> AuditEntry:
        """The row that says what became of it."""
        return self.result_entry or self.first

    @property
    def id(self) -> str:
        """Tells it apart on a page; it says nothing about other rows."""
        return f"d{self.first.hash[:20]}"

    @property
    def version(self) -> str:
        """A token that changes when the result is recorded."""
        return self.last.hash[:20]

    @property
    def at(self) -> datetime:
        return self.first.at

    @property
    def result(self) -> str:
        return self.last.result or str(Result.UNKNOWN)

    @property
    def is_pending(self) -> bool:
        """Whether it is a request without a recorded result."""
        return self.first.phase == Phase.REQUEST and self.result_entry is None

    @property
    def kind(self) -> str:
        """`deployments.apps/scale`."""
        entry = self.first
        whole = f"{entry.resource}.{entry.group}" if entry.group else entry.resource
        return f"{whole}/{entry.subresource}" if entry.subresource else whole


def build_actions(found: Sequence[AuditEntry]) -> list[Action]:
    """The actions of these rows, in their order.

    What belongs to a row is looked up by its number alone, and is shown only where it is of the same person: who may
    read the one may read the other.
    """
    requests = [one.sequence for one in found if one.phase == Phase.REQUEST]
    results = {
        one.request: one for one in _fetch_entries("request__in", requests) if one.phase == Phase.RESULT
    }
    before = [one.request for one in found if one.phase == Phase.RESULT and one.request is not None]
    firsts = {one.sequence: one for one in _fetch_entries("sequence__in", before)}
    return [_build_action(one, results, firsts) for one in found]


def _build_action(
    entry: AuditEntry, results: Mapping[int | None, AuditEntry], firsts: Mapping[int, AuditEntry]
) -> Action:
    if entry.phase != Phase.RESULT:
        return Action(entry, _same_person(entry, results.get(entry.sequence)), entry.sequence)
    first = _same_person(entry, firsts.get(entry.request or 0))
    return Action(first, entry, entry.sequence) if first else Action(entry, None, entry.sequence)


def _same_person(entry: AuditEntry, other: AuditEntry | None) -> AuditEntry | None:
    return other if other is not None and other.person_id == entry.person_id else None


def _fetch_entries(condition: str, numbers: list[int]) -> Iterator[AuditEntry]:
    """Rows by their numbers, a few hundred in one query (SQLite takes a thousand variables)."""
    for start in range(0, len(numbers), 500):
        yield from AuditEntry.objects.filter(**{condition: numbers[start : start + 500]}).order_by()
