"""API timings: how long a request waits that somebody waits for, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ApiTimings:
    """In seconds. `verification` is how long each request may take by which an address or a credential is tried."""

    verification: float = 10.0
