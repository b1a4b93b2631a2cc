"""Summary types: what a kind adds to its object page, as fields and small tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.kinds.facts import ObjectState
from dashboard.kinds.fields import KubernetesObject
from dashboard.kinds.tones import Level


@dataclass(frozen=True)
class SummaryField:
    """A word and what is true of it. `when` is a time (RFC 3339) shown by its age instead of `value`."""

    label: str
    value: str = ""
    level: Level | None = None
    url: str = ""
    when: str = ""
    title: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a small table; with `values` several short ones, with `when` an age; `note` is a line below it."""

    text: str = ""
    level: Level | None = None
    url: str = ""
    when: str = ""
    title: str = ""
    values: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class SmallTable:
    """A table that belongs to one object, such as its containers. `name` is unique within the object."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class KindSummary:
    """`state` goes before what conditions and phase say."""

    summary_fields: Sequence[SummaryField] = ()
    tables: Sequence[SmallTable] = ()
    state: ObjectState | None = None


def make_summary_fields(*pairs: tuple[str, Any]) -> Sequence[SummaryField]:
    """Summary fields of labels and values; those without a value are left out."""
    return [SummaryField(label, str(value)) for label, value in pairs if value not in (None, "", [])]


def table(
    name: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Sequence[SmallTable]:
    """One table, or none where it has no rows; at most 200 rows."""
    limited = list(rows)[:200]
    return [SmallTable(name, title, columns, limited)] if limited else []


def immutable_pair(found: KubernetesObject) -> Sequence[tuple[str, str]]:
    """For `make_summary_fields`: that a ConfigMap or Secret is immutable; nothing where it is not."""
    return ((_("Immutable"), _("Yes")),) if found.get("immutable") is True else ()
