"""Three-way merge of an object by structure: what was started from, what is there now, and what was typed.

Mappings are merged by key, lists of which the schema names the keys element by element, sets value by value. All else
is one value. What both sides changed, and not to the same value, collides, and somebody chooses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from clusters.changes.list_keys import ListKeys
from clusters.changes.objects import MISSING, is_same

State = Literal["theirs", "yours", "both", "collision"]
Choice = Literal["theirs", "yours"]
Step = str  # the name of a field, or `[name=main]` of an element
_Elements = Mapping[Step, Any]


@dataclass(frozen=True)
class MergedField:
    """One value that is not the same on all three sides; a side that has none has MISSING."""

    path: tuple[Step, ...]
    base: Any = field(repr=False)
    theirs: Any = field(repr=False)
    yours: Any = field(repr=False)
    state: State
    choice: Choice | None = None

    @property
    def id(self) -> str:
        """Names the field on a form, with the values that somebody chooses between."""
        sides = [None if value is MISSING else [value] for value in (self.base, self.theirs)]
        return hashlib.sha256(json.dumps([self.path, sides], sort_keys=True).encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """The path as people write it: `spec.containers[name=main].image`."""
        return "".join(
            step if step.startswith("[") else f'["{step}"]' if "." in step else f".{step}"
            for step in self.path
        ).removeprefix(".")


@dataclass(frozen=True)
class Merge:
    """The merged object, and all that differs. It may be written only when `is_decided`."""

    merged: Any = field(repr=False)
    fields: Sequence[MergedField]

    @property
    def collisions(self) -> Sequence[MergedField]:
        return [one for one in self.fields if one.state == "collision"]

    @property
    def is_decided(self) -> bool:
        """Whether somebody chose for each collision."""
        return all(one.choice for one in self.collisions)


def merge(
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    yours: Mapping[str, Any],
    *,
    keys: ListKeys,
    choices: Mapping[str, Choice] | None = None,
    is_opaque: Callable[[Any], bool] = lambda _value: False,
) -> Merge:
    """Merge three objects. `choices` are those made so far, by the `id` of a field.

    A value that `is_opaque` stands for one that is not known, so that it may have changed although it looks the same.
    """
    merger = _Merger(choices or {}, is_opaque)
    merged = merger.merge((), keys, base, theirs, yours)
    return Merge(merged, merger.fields)


class _Merger:
    """Collects the fields on the way through the three objects."""

    def __init__(self, choices: Mapping[str, Choice], is_opaque: Callable[[Any], bool]) -> None:
        self.fields: list[MergedField] = []
        self._choices = choices
        self._is_opaque = is_opaque

    def merge(self, path: tuple[Step, ...], keys: ListKeys, base: Any, theirs: Any, yours: Any) -> Any:
        if _is_same(theirs, yours) and _is_same(yours, base):
            return theirs
        if isinstance(theirs, Mapping) and isinstance(yours, Mapping):
            return self._merge_mappings(path, keys, base, theirs, yours)
        named = keys.identify(theirs), keys.identify(yours)
        if named[0] is not None and named[1] is not None:
            merged = self._merge_lists(path, keys, keys.identify(base) or {}, named[0], named[1])
            if merged is not None:
                return merged
        return self._note(MergedField(path, base, theirs, yours, self._find_state(base, theirs, yours)))

    def _find_state(self, base: Any, theirs: Any, yours: Any) -> State:
        if _is_same(yours, base):
            return "theirs"
        if self._is_opaque(theirs):
            return "collision"
        if _is_same(theirs, yours):
            return "both"
        return "yours" if _is_same(theirs, base) else "collision"

    def _merge_mappings(
        self, path: tuple[Step, ...], keys: ListKeys, base: Any, theirs: Any, yours: Any
    ) -> dict[str, Any]:
        old = base if isinstance(base, Mapping) else {}
        merged = {
            name: self.merge(
                (*path, name),
                keys.field(name),
                old.get(name, MISSING),
                theirs.get(name, MISSING),
                yours.get(name, MISSING),
            )
            for name in dict.fromkeys((*theirs, *yours, *old))
        }
        return {name: value for name, value in merged.items() if value is not MISSING}

    def _merge_lists(
        self, path: tuple[Step, ...], keys: ListKeys, base: _Elements, theirs: _Elements, yours: _Elements
    ) -> list[Any] | None:
        """Element by element, in the order of whoever changed it; None where both did, and differently."""
        order = _merge_orders(list(base), list(theirs), list(yours))
        if order is None:
            return None
        merged = [
            self.merge(
                (*path, step),
                keys.element(),
                base.get(step, MISSING),
                theirs.get(step, MISSING),
                yours.get(step, MISSING),
            )
            for step in order
        ]
        return [value for value in merged if value is not MISSING]

    def _note(self, found: MergedField) -> Any:
        """Note what is not the same everywhere, and return what the merged object has there."""
        if found.state == "collision":
            found = replace(found, choice=self._choices.get(found.id))
        self.fields.append(found)
        is_yours = found.state == "yours" or (found.state == "collision" and found.choice != "theirs")
        return found.yours if is_yours else found.theirs


def _is_same(one: Any, other: Any) -> bool:
    if one is MISSING or other is MISSING:
        return one is other
    return is_same(one, other)


def _merge_orders(base: list[Step], theirs: list[Step], yours: list[Step]) -> list[Step] | None:
    """The steps of all three; None where both sides moved elements, and not to the same order."""
    common = set(base) & set(theirs) & set(yours)
    old, one, other = ([step for step in steps if step in common] for steps in (base, theirs, yours))
    if one != other and old not in (one, other):
        return None
    first, second = (yours, theirs) if one == old else (theirs, yours)
    return _interleave(_interleave(first, second), base)


def _interleave(first: list[Step], second: list[Step]) -> list[Step]:
    """All steps: those of the first in their order, each further one behind the one that it follows in the second."""
    order, known, position = list(first), set(first), 0
    for step in second:
        if step in known:
            position = order.index(step) + 1
            continue
        order.insert(position, step)
        known.add(step)
        position += 1
    return order
