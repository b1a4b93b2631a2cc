"""Which function prints the rows of which built-in kind? The one table, written out by hand."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from simulator.schemas.resources import Object

# (object, now) -> one cell for each captured column of the kind, in their order
Print = Callable[[Object, datetime.datetime], list[Any]]

PRINTERS: dict[tuple[str, str], Print] = {}  # by (group, plural); others print Name and Age alone

# Row conditions ({"type": "Completed", "status": "True", ...}) of kinds that have any
CONDITIONS: dict[tuple[str, str], Callable[[Object], list[dict[str, str]]]] = {}
