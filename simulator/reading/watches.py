"""Watch endpoint: changes since a resourceVersion, bookmarks, initial events, timeout and 410."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from simulator.reading.lists import read_page
from simulator.reading.options import ListOptions, Selection, read_options
from simulator.reading.rendering import ObjectRenderer, create_renderer
from simulator.reading.streams import StreamNotOpened, open_stream
from simulator.requests.call import Call
from simulator.requests.responses import encode_json
from simulator.requests.statuses import StatusError, expired_error
from simulator.schemas.resources import Object
from simulator.store import Compacted, Event, Subscription

BOOKMARK_SECONDS = 60.0
SHORTEST, LONGEST = 1800, 3600  # seconds of a watch that says nothing of its time-out
INITIAL_END = "k8s.io/initial-events-end"


@dataclass
class Watch:
    """One open watch: `revision` is the last that was sent, or that the watch began with."""

    call: Call
    options: ListOptions
    renderer: ObjectRenderer
    write: Callable[[bytes], Awaitable[None]]
    revision: int

    async def send(self, kind: str, thing: Object) -> None:
        await self.write(encode_json(self.renderer.render_event(kind, thing)) + b"\n")

    async def send_error(self, one: StatusError) -> None:
        await self.write(encode_json({"type": "ERROR", "object": one.status()}) + b"\n")

    async def bookmark(self, revision: int, *, ends_initial: bool = False) -> None:
        metadata: dict[str, Any] = {"resourceVersion": str(revision)}
        if ends_initial:
            metadata["annotations"] = {INITIAL_END: "true"}
        await self.send("BOOKMARK", bookmark_object(self.call, metadata))


async def watch_objects(call: Call) -> web.StreamResponse:
    """Raises only before the head is sent; what goes wrong later is an ERROR event."""
    shape = create_renderer(call, is_watch=True)
    options = read_options(call.query, call.resource, is_watch=True)
    subscription = call.cluster.store.subscribe(call.resource.storage)
    name = call.resource.definition["metadata"]["name"] if call.resource.definition else ""
    unlisten = call.cluster.catalog.listen_to(name, subscription.finish) if name else _nothing
    response: web.StreamResponse = web.Response()
    try:
        async with open_stream(call, subscription.finish) as stream:
            response = stream.response
            watch = Watch(call, options, shape, stream.write, call.cluster.store.revision)
            await _run(watch, _first_events(watch), subscription)
    except StreamNotOpened as error:
        response = error.response
    except ConnectionResetError:
        pass  # the caller went away
    finally:
        unlisten()
        subscription.close()
    return response


def transitions(event: Event, selection: Selection, namespace: str) -> tuple[str, Object] | None:
    """What a watcher of a selection sees of one change: an object that leaves it is DELETED."""
    if namespace and not event.key.startswith(f"{namespace}/"):
        return None
    if selection.is_all:
        return event.type, event.object
    had = event.previous is not None and selection.holds(event.previous)
    if event.type == "DELETED":
        return ("DELETED", event.object) if had else None
    has = selection.holds(event.object)
    if has:
        return ("MODIFIED" if had else "ADDED"), event.object
    if had and event.previous is not None:
        metadata = event.previous["metadata"] | {"resourceVersion": str(event.revision)}
        return "DELETED", event.previous | {"metadata": metadata}
    return None


def bookmark_object(call: Call, metadata: dict[str, Any]) -> Object:
    return {"kind": call.resource.kind, "apiVersion": call.resource.api_version, "metadata": metadata}


def _nothing() -> None:
    return


def _first_events(watch: Watch) -> list[Event] | StatusError | None:
    """What came since the resourceVersion; None where the state of now comes first; a 410 as it is sent."""
    options = watch.options
    if options.number == 0 or options.sends_initial:
        return None
    watch.revision = options.number
    try:
        return watch.call.cluster.store.events_since(watch.call.resource.storage, options.number)
    except Compacted as gone:
        return expired_error(str(gone))


async def _run(watch: Watch, first: list[Event] | StatusError | None, subscription: Subscription) -> None:
    if isinstance(first, StatusError):
        await watch.send_error(first)
        return
    if watch.renderer.form.kind == "PartialObjectMetadataList":
        return  # a shape that no event has: the real one ends without a word
    deadline = _deadline(watch.options)
    if first is None:
        await _send_initial(watch)
    else:
        await _send(watch, first)
    await _follow(watch, subscription, deadline)


def _deadline(options: ListOptions) -> float:
    seconds = options.seconds
    if not seconds:
        seconds = random.randint(SHORTEST, LONGEST)  # noqa: S311 - no secret
    return asyncio.get_running_loop().time() + seconds


async def _send_initial(watch: Watch) -> None:
    """The state of now as ADDED events."""
    revision = watch.call.cluster.store.revision
    is_initial_wanted = watch.options.sends_initial is not False
    if is_initial_wanted:
        listed = ListOptions(watch.options.selection)
        for thing in read_page(watch.call, listed).items:
            await watch.send("ADDED", thing)
    watch.revision = revision
    if (
        is_initial_wanted
        and watch.options.bookmarks
        and (watch.options.sends_initial or not watch.options.revision)
    ):
        await watch.bookmark(revision, ends_initial=True)


async def _follow(watch: Watch, subscription: Subscription, deadline: float) -> None:
    """Until the time is up, the kind is gone, or the watcher is too slow."""
    loop = asyncio.get_running_loop()
    marked = loop.time()
    while (left := deadline - loop.time()) > 0 and not subscription.is_finished:
        events = await subscription.next(min(left, BOOKMARK_SECONDS))
        if subscription.is_overrun:
            return
        await _send(watch, events)
        now = loop.time()
        if watch.options.bookmarks and now - marked >= BOOKMARK_SECONDS:
            marked = now
            revision = watch.call.cluster.store.revision
            if revision > watch.revision:
                watch.revision = revision
                await watch.bookmark(revision)


async def _send(watch: Watch, events: list[Event]) -> None:
    for kind, thing in _iterate_new(watch, events):
        await watch.send(kind, thing)


def _iterate_new(watch: Watch, events: list[Event]) -> Iterator[tuple[str, Object]]:
    for event in events:
        if event.revision <= watch.revision:
            continue
        watch.revision = event.revision
        found = transitions(event, watch.options.selection, watch.call.namespace)
        if found is not None:
            yield found
