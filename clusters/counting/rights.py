"""What may one credential do on a cluster? Reviews before anything is listed, so that nothing is asked in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from clusters.access import Answer, Ask, Budget, review_async
from clusters.api.connection import Connection
from clusters.api.errors import ApiError, Unauthorized, Unreachable
from clusters.api.paths import resource_path
from clusters.api.streams import Streams
from clusters.api.tables import TABLE_ACCEPT, decode_page
from clusters.counting.snapshot import PlaceRights, Rights

PLACES = 10  # namespaces that are asked about and counted, where the whole cluster may not be
NAMES = 500  # names of namespaces that are read to find them
REVIEWS = 40  # of one look at the rights (design, section 5)
AT_ONCE = 10
PATIENCE = 4.0  # seconds that one review may take

EVERYTHING = Ask("*", "*", "*", "*")
PODS = Ask("list", "", "v1", "pods")
NODES = Ask("list", "", "v1", "nodes")
EVENTS = Ask("list", "", "v1", "events")
EDIT = Ask("patch", "apps", "v1", "deployments")
NAMESPACES = Ask("list", "", "v1", "namespaces")
PROJECTS = Ask("list", "project.openshift.io", "v1", "projects")


@dataclass(frozen=True)
class _Reviewer:
    """One look at the rights: at most so many reviews, so many of them at once."""

    streams: Streams
    connection: Connection
    budget: Budget
    slots: asyncio.Semaphore

    async def all(self, asks: Sequence[Ask]) -> list[Answer]:
        """The answers in the order of the questions; raises Unauthorized and Unreachable, which meet all alike."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._one(ask)) for ask in asks]
        return [task.result() for task in tasks]

    async def _one(self, ask: Ask) -> Answer:
        if not self.budget.take():
            return Answer("unknown", source="budget")
        async with self.slots:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await review_async(self.streams, self.connection, ask)
            except TimeoutError:
                return Answer("unknown")
            except (Unauthorized, Unreachable):
                raise
            except ApiError as error:
                return Answer("unknown", error.message)


async def look(streams: Streams, connection: Connection, known: Sequence[str]) -> Rights:
    """The rights now. `known` are namespaces that the person knows of, the likeliest first."""
    reviewer = _Reviewer(streams, connection, Budget(REVIEWS), asyncio.Semaphore(AT_ONCE))
    try:
        everything, pods, nodes, events, edit, namespaces = await reviewer.all(
            (EVERYTHING, PODS, NODES, EVENTS, EDIT, NAMESPACES)
        )
        rights = Rights(True, everything, pods, nodes, events, edit)
        if edit.state == "allowed" and pods.state == "allowed":
            return rights
        names = list(dict.fromkeys(known))
        if pods.state == "denied":
            names = list(dict.fromkeys([*names, *await _names(reviewer, namespaces)]))
        places = await _places(reviewer, names[:PLACES])
        return replace(rights, places=places, left_out=max(0, len(names) - PLACES))
    except ExceptionGroup as several:
        raise _first(several) from None


async def _places(reviewer: _Reviewer, names: Sequence[str]) -> tuple[PlaceRights, ...]:
    asks = [replace(ask, namespace=name) for name in names for ask in (PODS, EVENTS, EDIT)]
    answers = iter(await reviewer.all(asks))
    return tuple(PlaceRights(name, next(answers), next(answers), next(answers)) for name in names)


async def _names(reviewer: _Reviewer, namespaces: Answer) -> list[str]:
    """The namespaces that can be listed, else OpenShift's projects; never more than one page of either."""
    kind = NAMESPACES
    if namespaces.state == "denied":
        kind = PROJECTS
        (projects,) = await reviewer.all((PROJECTS,))
        if projects.state != "allowed":
            return []
    query = [("limit", str(NAMES)), ("includeObject", "None")]
    path = resource_path(kind.group, kind.version, kind.resource)
    try:
        body = await reviewer.streams.get(
            reviewer.connection, path, query, accept=TABLE_ACCEPT, timeout=PATIENCE
        )
    except (Unauthorized, Unreachable):
        raise
    except ApiError:
        return []
    return [row.name for row in decode_page(body).rows if row.name]


def _first(several: ExceptionGroup[Exception]) -> Exception:
    """What met one of the reviews meets all of them: one of the errors tells it."""
    one = several.exceptions[0]
    return _first(one) if isinstance(one, ExceptionGroup) else one
