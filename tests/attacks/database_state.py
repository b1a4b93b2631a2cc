"""Database state: a dump of every table, and the difference between two dumps."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Model

# Written by looking alone, and changing nothing that anybody decides by.
FLEETING = {"people.Session": ("seen_at",)}
# What was done, and what was refused, is written down: that is its purpose.
RECORDS = {"audit"}

Dump = dict[str, list[tuple[Any, ...]]]


def dump(*, excluded: tuple[str, ...] = ()) -> Dump:
    """Every row of every table of ours by model; `excluded` names models such as people.Session."""
    return {
        model._meta.label: _rows(model)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in RECORDS and model._meta.label not in excluded
    }


def diff(before: Dump, after: Dump) -> list[str]:
    """One line for each table that is not as it was."""
    return [
        f"{label}: {[row for row in after[label] if row not in rows]} instead of "
        f"{[row for row in rows if row not in after[label]]}"
        for label, rows in before.items()
        if after[label] != rows
    ]


def _rows(model: type[Model]) -> list[tuple[Any, ...]]:
    fleeting = FLEETING.get(model._meta.label, ())
    names = [one.attname for one in model._meta.concrete_fields if one.attname not in fleeting]
    rows = model._default_manager.order_by("pk").values_list(*names)
    return [tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in rows]
