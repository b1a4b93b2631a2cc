"""Quantities of Kubernetes as numbers: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

LONGEST = 40  # characters of a quantity
_FACTORS = {
    "n": Decimal(10) ** -9,
    "u": Decimal(10) ** -6,
    "m": Decimal(10) ** -3,
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10,
    "Mi": Decimal(2) ** 20,
    "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40,
    "Pi": Decimal(2) ** 50,
    "Ei": Decimal(2) ** 60,
}


def parse_quantity(text: object) -> Decimal | None:
    """The number; None for what is no quantity."""
    written = str(text).strip()
    if not written or len(written) > LONGEST or not written.isascii() or "_" in written:
        return None
    for suffix in sorted(_FACTORS, key=len, reverse=True):
        if written.endswith(suffix):
            number = _parse_number(written.removesuffix(suffix))
            return None if number is None else number * _FACTORS[suffix]
    return _parse_number(written)


def _parse_number(written: str) -> Decimal | None:
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
