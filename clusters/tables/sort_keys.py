"""Sort keys: values as comparable text, for numbers, quantities, durations and natural order.

Numbers, quantities and durations come first and by size, then texts in natural order (web-2 before web-10), and
what is empty last.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import Any

from clusters.api.cell_limits import LONGEST_CELL
from clusters.tables.columns import seconds_of, text_of

SortKey = str

LONGEST_NUMBER = 40  # characters of what is taken for a number; the longest quantity has some 20
EMPTY = "2"  # after every number ("0…") and every other text ("1…")
_DIGITS = re.compile(r"(\d+)").split
_QUANTITY = re.compile(r"^(-?\d+(?:\.\d+)?)(n|u|m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|%)?$").match
_NUMBER_STARTS = frozenset("-0123456789")
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
    number = text.partition(" (")[0] if text.endswith(")") else text  # "5 (73m ago)" is a number with a note
    if len(number) <= LONGEST_NUMBER and number[:1] in _NUMBER_STARTS and (matched := _QUANTITY(number)):
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
    parts = _DIGITS(text[:LONGEST_CELL])
    if len(parts) > 1:
        parts[1::2] = [part.zfill(12) for part in parts[1::2]]
        return "".join(parts)
    return text


class SortKeyCache:
    """The sort keys of values that many rows hold; all of them are forgotten beyond a bound. Any thread."""

    def __init__(self, *, is_duration: bool = False, max_size: int = 20_000) -> None:
        self._is_duration = is_duration
        self._max_size = max_size
        self._keys: dict[Any, SortKey] = {}

    def keys_for(self, values: Sequence[Any]) -> list[SortKey]:
        """The key of each value, in their order."""
        known = self._keys
        try:
            return [known[value] for value in values]
        except (KeyError, TypeError):
            return [self._key_for(value) for value in values]

    def _key_for(self, value: Any) -> SortKey:
        try:
            found = self._keys.get(value)
        except TypeError:  # an array of a CRD
            return sort_key(value, is_duration=self._is_duration)
        if found is None:
            if len(self._keys) > self._max_size:
                self._keys.clear()
            found = self._keys[value] = sort_key(value, is_duration=self._is_duration)
        return found


KEYS = SortKeyCache()
DURATION_KEYS = SortKeyCache(is_duration=True)
