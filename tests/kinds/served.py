"""Served resources: what a real API server says of its kinds, from the simulator's captured documents.

tests/contract/test_documents.py and test_tables.py compare these documents with a real control plane's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from simulator.schemas.archive import archive


@dataclass(frozen=True)
class ServedResource:
    """One resource; `columns` are the titles of its table in lower case."""

    kind: str
    verbs: Collection[str]
    columns: Collection[str]


@cache
def list_served() -> Mapping[tuple[str, str], ServedResource]:
    """By group and resource, in each group's preferred version."""
    found: dict[tuple[str, str], ServedResource] = {}
    documents = archive().discovery
    for item in (*documents["api"]["items"], *documents["apis"]["items"]):
        group = item["metadata"].get("name", "")
        for version in item["versions"]:
            path = f"/apis/{group}/{version['version']}" if group else f"/api/{version['version']}"
            for one in version["resources"]:
                columns = archive().columns.get(f"{path}/{one['resource']}") or []
                titles = frozenset(column["name"].lower() for column in columns)
                served = ServedResource(one["responseKind"]["kind"], frozenset(one["verbs"]), titles)
                found.setdefault((group, one["resource"]), served)
    return found


@cache
def list_served_kinds() -> frozenset[tuple[str, str]]:
    """By group and kind."""
    return frozenset((group, served.kind) for (group, _plural), served in list_served().items())
