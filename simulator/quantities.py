"""Kubernetes quantities: parsing and canonical form of 250m, 1.5Gi, 2e3 (common-definitions/quantity)."""

import functools
from decimal import ROUND_UP, Context, Decimal
from typing import Any

_SUFFIXES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1), "k": Decimal("1e3"),
    "M": Decimal("1e6"), "G": Decimal("1e9"), "T": Decimal("1e12"), "P": Decimal("1e15"), "E": Decimal("1e18"),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40), "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}  # fmt: skip


def parse_quantity(value: Any) -> Decimal:
    """Raises ValueError (decimal.InvalidOperation) where it is none."""
    text = str(value)
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        if suffix and text.endswith(suffix):
            return Decimal(text.removesuffix(suffix)) * _SUFFIXES[suffix]
    return Decimal(text)


_NANO = Decimal("1e-9")
_WIDE = Context(prec=60)
_DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_LARGEST = 2**63 - 1  # of a binary one


@functools.lru_cache(10_000)
def format_canonical(value: str | float) -> str:
    """As the API server writes it, in the form that it was given in: 0.5 -> 500m, 1024Mi -> 1Gi, 12e4 -> 120e3.

    Raises ValueError (decimal.InvalidOperation) where it is none. The rules:
    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    text = str(value)
    number = parse_quantity(text).quantize(_NANO, ROUND_UP, _WIDE)
    if not number:
        return "0"
    if text.endswith("i"):
        number = min(number, Decimal(_LARGEST))
        if abs(number) >= 1024 and number == number.to_integral_value():
            return _binary(int(number))
    return _decimal(number, has_exponent="e" in text or "E" in text[:-1])


def _binary(number: int) -> str:
    power = 0
    while abs(number) >= 1024 and number % 1024 == 0 and power + 1 < len(_BINARY):
        number, power = number // 1024, power + 1
    return f"{number}{_BINARY[power]}"


def _decimal(number: Decimal, *, has_exponent: bool) -> str:
    """With the largest power of a thousand that leaves an integer."""
    parts = number.normalize(_WIDE)
    exponent = int(parts.as_tuple().exponent)
    power = exponent - exponent % 3 if has_exponent else min(exponent - exponent % 3, max(_DECIMAL))
    shown = int(parts.scaleb(-power, _WIDE))
    if has_exponent:
        return f"{shown}e{power}" if power else str(shown)
    return f"{shown}{_DECIMAL[power]}"
