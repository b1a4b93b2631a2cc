"""Demo options: seed, speed and pod count, read from the environment and validated."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_SPEED = 3600.0  # an hour in a second; beyond that nobody sees anything
MAX_PODS = 100_000  # in each cluster
NUMBER = re.compile(r"\d{1,18}")
SPEED = re.compile(r"\d{1,9}(\.\d{1,9})?")


def parse_options(environment: Mapping[str, str]) -> list[str]:
    """As arguments of `demo.clusters`; ValueError, with a sentence that names the variable, for what is none."""
    found = []
    if seed := environment.get("QUARTERDECK_DEMO_SEED", "").strip():
        if not NUMBER.fullmatch(seed):
            raise ValueError(f"QUARTERDECK_DEMO_SEED must be a whole number, not {seed!r}.")
        found.append(f"--seed={seed}")
    if speed := environment.get("QUARTERDECK_DEMO_SPEED", "").strip():
        if not SPEED.fullmatch(speed) or float(speed) > MAX_SPEED:
            raise ValueError(
                f"QUARTERDECK_DEMO_SPEED must be a number from 0 to {MAX_SPEED:.0f}, not {speed!r}."
            )
        found.append(f"--speed={speed}")
    if pods := environment.get("QUARTERDECK_DEMO_PODS", "").strip():
        if not NUMBER.fullmatch(pods) or int(pods) > MAX_PODS:
            raise ValueError(
                f"QUARTERDECK_DEMO_PODS must be a whole number from 0 to {MAX_PODS}, not {pods!r}."
            )
        found.append(f"--pods={pods}")
    return found
