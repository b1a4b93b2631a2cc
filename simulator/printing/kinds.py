"""Which function prints the rows of which built-in kind? The one table, written out by hand."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from simulator.printing.ages import age
from simulator.schemas.resources import Object


def config_map(thing: Object, now: datetime.datetime) -> list[Any]:
    metadata = thing["metadata"]
    count = len(thing.get("data") or {}) + len(thing.get("binaryData") or {})
    return [metadata["name"], count, age(metadata.get("creationTimestamp"), now)]


# (object, now) -> one cell for each captured column of the kind, in their order
Print = Callable[[Object, datetime.datetime], list[Any]]

# by (group, plural); others print Name and Age alone
PRINTERS: dict[tuple[str, str], Print] = {("", "configmaps"): config_map}

# Row conditions ({"type": "Completed", "status": "True", ...}) of kinds that have any
CONDITIONS: dict[tuple[str, str], Callable[[Object], list[dict[str, str]]]] = {}
