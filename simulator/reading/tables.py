"""Table columns and cells of a kind: captured for built-in kinds, from the CRD for custom ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.cluster import Cluster
from simulator.printing.ages import age
from simulator.printing.custom import custom_cells, custom_columns
from simulator.printing.kinds import CONDITIONS, ORDER, PRINTERS
from simulator.printing.parts import name
from simulator.schemas.resources import Object, Resource

COLUMNS_OF_EVENTS = None  # after the first event of a watch


class Printer:
    """Prints the objects of one resource; ages by the cluster's clock, as it is when the cells are printed."""

    def __init__(self, cluster: Cluster, resource: Resource) -> None:
        self._clock = cluster.clock
        self._resource = resource
        self._print = PRINTERS.get((resource.group, resource.plural))
        if resource.definition is not None:
            self.columns = custom_columns(resource)
        else:
            self.columns = cluster.archive.columns.get(resource.path) or []
        # Kinds without a printer of their own go through another function there, which leaves it out.
        self.no_rows: list[Object] | None = None if self._names() == ["Name", "Created At"] else []

    def sort_items(self, things: Sequence[Object]) -> Sequence[Object]:
        """As the rows of a list come."""
        key = ORDER.get((self._resource.group, self._resource.plural))
        return sorted(things, key=key) if key else things

    def cells(self, thing: Object) -> list[Any]:
        """One for each column: text, number, boolean, or null."""
        now = self._clock.now()
        if self._resource.definition is not None:
            return custom_cells(thing, self._resource, now)
        if self._print is not None:
            return self._print(thing, now)
        return [self._default(column["name"], thing) for column in self.columns]

    def conditions(self, thing: Object) -> list[dict[str, str]]:
        """`Completed` of a row that is over."""
        found = CONDITIONS.get((self._resource.group, self._resource.plural))
        return found(thing) if found else []

    def _names(self) -> list[str]:
        return [column["name"] for column in self.columns]

    def _default(self, column: str, thing: Object) -> Any:
        metadata = thing["metadata"]
        if column == "Name":
            return name(thing)
        if column in ("Age", "Created At"):
            stamp = metadata.get("creationTimestamp")
            return stamp if column == "Created At" else age(stamp, self._clock.now())
        return None
