"""Timings of creating several objects: how long all of them together may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CreationTimings:
    """All in seconds. After `review` no further object is checked, after `create` no further one is sent.

    `served` is how long a kind is waited for whose CustomResourceDefinition was just created, `poll` between two looks.
    """

    review: float = 40.0
    create: float = 60.0
    served: float = 10.0
    poll: float = 0.25
