"""What does a value sort by? A text that compares as people expect; worked out once for each value of a table.

Numbers, quantities and durations come first and by size, then texts in natural order (web-2 before web-10), and
what is empty last. The values of a table are learned as its rows come, so that a sort that is asked for the first
time has only to look them up.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from clusters.watch.columns import seconds_of, text_of

SortKey = str

EMPTY = "2"  # after every number ("0…") and every other text ("1…")
_DIGITS = re.compile(r"(\d+)").split
_QUANTITY = re.compile(r"^(-?\d+(?:\.\d+)?)(n|u|m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|%)?$").match
_SCALE = {
    None: 1.0, "": 1.0, "%": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
}  # fmt: skip
_ALL_BITS = (1 << 64) - 1
_SIGN = 1 << 63


def sort_key(value: Any, *, is_duration: bool = False) -> SortKey:
    """Numbers, quantities and durations by size, texts in natural order, what is empty last."""
    if isinstance(value, (int, float)):
        return number_key(value)
    text = text_of(value)
    if not text or text in ("<none>", "<unset>", "<unknown>"):
        return EMPTY
    if is_duration and (seconds := seconds_of(text)) is not None:
        return number_key(seconds)
    if text[0] in "-0123456789" and (matched := _QUANTITY(text)):
        return number_key(float(matched[1]) * _SCALE[matched[2]])
    return "1" + _natural(text.lower())


def number_key(value: float) -> SortKey:
    """A number as a text that compares like it: the bits of IEEE 754 are in order but for the sign."""
    try:
        bits = int.from_bytes(struct.pack(">d", float(value) + 0.0), "big")
    except OverflowError:  # an integer of more than 308 digits
        return "0" + ("f" if value > 0 else "0") * 16
    return f"0{bits ^ _ALL_BITS if bits & _SIGN else bits | _SIGN:016x}"


def _natural(text: str) -> str:
    parts = _DIGITS(text)
    if len(parts) > 1:
        parts[1::2] = [part.zfill(12) for part in parts[1::2]]
        return "".join(parts)
    return text


class Keys:
    """The sort keys of values, by value. Any thread: what two work out at once is equal."""

    def __init__(self) -> None:
        self._known: dict[Any, SortKey] = {}
        self._durations: dict[Any, SortKey] = {}

    def learn(self, values: Iterable[Any]) -> None:
        """Take in the cells of a row."""
        known = self._known
        for value in values:
            try:
                if value not in known:
                    known[value] = sort_key(value)
            except TypeError:
                continue  # an array of a CRD: worked out each time

    def of(self, values: Sequence[Any], *, is_duration: bool = False) -> list[SortKey]:
        """The key of each value, in their order."""
        known = self._durations if is_duration else self._known
        try:
            return [known[value] for value in values]
        except (KeyError, TypeError):
            return [self._one(known, value, is_duration) for value in values]

    def forget_beyond(self, count: int) -> None:
        """Drop all where more than `count` are known: most of them are of rows that are gone."""
        for known in (self._known, self._durations):
            if len(known) > count:
                known.clear()

    def _one(self, known: dict[Any, SortKey], value: Any, is_duration: bool) -> SortKey:
        try:
            found = known.get(value)
            if found is None:
                found = known[value] = sort_key(value, is_duration=is_duration)
            return found
        except TypeError:
            return sort_key(value, is_duration=is_duration)
