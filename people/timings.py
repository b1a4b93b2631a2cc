"""People timings: how long a sign-in waits, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PeopleTimings:
    """In seconds. `hashing_slot` is how long a sign-in waits for one of the slots in which a password is checked."""

    hashing_slot: float = 10.0
