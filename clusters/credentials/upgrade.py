"""Upgrade of credentials that were sealed to the number of their row alone (version 1)."""

from __future__ import annotations

from typing import Any

from clusters.credentials.binding import build_binding, destination_of
from clusters.credentials.sealing import SealBroken, open_sealed_to_row, seal


def seal_with_binding(row: Any) -> str:
    """Fill in the sealed value and binding of a row of the migration's model; why not, where it cannot be opened.

    Who added a team's credential is not known: it must be added again where its cluster moves.
    """
    try:
        plain = open_sealed_to_row(bytes(row.sealed), row=row.pk)
    except SealBroken as error:
        return str(error)
    binding = build_binding(row, destination_of(row.cluster))
    row.sealed, row.binding = seal(plain, context=binding.context), binding.to_json()
    return ""
