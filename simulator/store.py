"""Object store of a cluster: one resourceVersion counter and a bounded event log.

Objects are plain dictionaries, found by storage (group, plural), namespace and name. **One that was put in is
never changed**: a change puts in another, so parts may be shared between objects and with events. All of it is
of one thread: the event loop's.
"""

from __future__ import annotations

import asyncio
import bisect
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

Object = dict[str, Any]
Storage = tuple[str, str]  # group and plural
EventType = Literal["ADDED", "MODIFIED", "DELETED"]
MAX_EVENTS = 20_000  # of each storage; older ones are compacted
LARGEST_BACKLOG = 50_000  # events that a subscription holds before it is given up


class Compacted(Exception):
    """Events after that resourceVersion are no longer all there; `oldest` is the first that may be requested."""

    def __init__(self, requested: int, oldest: int) -> None:
        super().__init__(f"too old resource version: {requested} ({oldest})")
        self.requested, self.oldest = requested, oldest


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `object` is the new one (of DELETED the last, with the deletion's resourceVersion),
    `previous` what was there before."""

    revision: int
    type: EventType
    storage: Storage
    key: str
    object: Object
    previous: Object | None


class _Collection:
    """The objects of one storage: by key, the keys in order, and the last events."""

    def __init__(self, max_events: int) -> None:
        self.objects: dict[str, Object] = {}
        self.keys: list[str] = []
        self.events: deque[Event] = deque(maxlen=max_events)
        self.compacted_revision = 0  # events up to this revision are gone

    def log(self, event: Event) -> None:
        if len(self.events) == self.events.maxlen:
            self.compacted_revision = self.events[0].revision
        self.events.append(event)

    def list_keys(self, namespace: str) -> list[str]:
        """The keys of a namespace ("" is all), in order."""
        if not namespace:
            return self.keys
        begin = bisect.bisect_left(self.keys, f"{namespace}/")
        return self.keys[begin : bisect.bisect_left(self.keys, f"{namespace}0")]  # "0" follows "/"


class Store:
    """One cluster's objects."""

    def __init__(self, *, max_events: int = MAX_EVENTS) -> None:
        self.revision = 1
        self._max_events = max_events
        self._collections: dict[Storage, _Collection] = {}
        self._listeners: list[Callable[[Event], None]] = []

    # --- reading

    def get(self, storage: Storage, namespace: str, name: str) -> Object | None:
        return self._get_collection(storage).objects.get(_key(namespace, name))

    def items(self, storage: Storage, namespace: str = "") -> list[Object]:
        """In the order of namespace and name; "" is the whole cluster."""
        shelf = self._get_collection(storage)
        return [shelf.objects[key] for key in shelf.list_keys(namespace)]

    def page(self, storage: Storage, namespace: str, start: str, size: int) -> tuple[list[Object], int]:
        """At most so many objects whose key is at or after `start`, and how many follow them."""
        shelf = self._get_collection(storage)
        keys = shelf.list_keys(namespace)
        begin = bisect.bisect_left(keys, start)
        chosen = keys[begin : begin + size]
        return [shelf.objects[key] for key in chosen], len(keys) - begin - len(chosen)

    def count(self, storage: Storage) -> int:
        return len(self._get_collection(storage).keys)

    def storages(self) -> list[Storage]:
        """Those that hold anything."""
        return [storage for storage, shelf in self._collections.items() if shelf.objects]

    def items_at(self, storage: Storage, revision: int, namespace: str = "") -> list[Object]:
        """As items() was at that resourceVersion; raises Compacted."""
        shelf = self._get_collection(storage)
        changed = self.events_since(storage, revision)
        if not changed:
            return self.items(storage, namespace)
        objects: dict[str, Object | None] = {key: shelf.objects[key] for key in shelf.list_keys(namespace)}
        for event in reversed(changed):
            if not namespace or event.key.startswith(f"{namespace}/"):
                objects[event.key] = event.previous
        return [one for key in sorted(objects) if (one := objects[key]) is not None]

    def events_since(self, storage: Storage, revision: int) -> list[Event]:
        """The events after that resourceVersion, oldest first; raises Compacted."""
        shelf = self._get_collection(storage)
        if revision < shelf.compacted_revision:
            raise Compacted(revision, shelf.compacted_revision)
        found = []
        for event in reversed(shelf.events):
            if event.revision <= revision:
                break
            found.append(event)
        return found[::-1]

    # --- writing

    def put(self, storage: Storage, thing: Object) -> Object:
        """Create or replace, with a new resourceVersion; returns the object as it is stored."""
        shelf = self._get_collection(storage)
        self.revision += 1
        metadata = dict(thing["metadata"], resourceVersion=str(self.revision))
        stored = dict(thing, metadata=metadata)
        key = _key(metadata.get("namespace", ""), metadata["name"])
        previous = shelf.objects.get(key)
        shelf.objects[key] = stored
        if previous is None:
            bisect.insort(shelf.keys, key)
        self._publish(
            shelf, Event(self.revision, "MODIFIED" if previous else "ADDED", storage, key, stored, previous)
        )
        return stored

    def remove(self, storage: Storage, namespace: str, name: str) -> Object | None:
        """The last state, with the deletion's resourceVersion; None where there is no such object."""
        shelf, key = self._get_collection(storage), _key(namespace, name)
        previous = shelf.objects.pop(key, None)
        if previous is None:
            return None
        del shelf.keys[bisect.bisect_left(shelf.keys, key)]
        self.revision += 1
        last = dict(previous, metadata=dict(previous["metadata"], resourceVersion=str(self.revision)))
        self._publish(shelf, Event(self.revision, "DELETED", storage, key, last, previous))
        return last

    def load(self, storage: Storage, things: Iterable[Object]) -> None:
        """Put in many at once, without events: the first content of a world."""
        shelf = self._get_collection(storage)
        for thing in things:
            self.revision += 1
            metadata = dict(thing["metadata"], resourceVersion=str(self.revision))
            shelf.objects[_key(metadata.get("namespace", ""), metadata["name"])] = dict(
                thing, metadata=metadata
            )
        shelf.keys = sorted(shelf.objects)
        shelf.compacted_revision = self.revision

    def compact(self) -> None:
        """Forget all events: what is older than now answers 410."""
        for shelf in self._collections.values():
            shelf.events.clear()
            shelf.compacted_revision = self.revision

    # --- hearing

    def listen(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Called after each change, at once; it must be quick. Answers how to stop it."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def subscribe(self, storage: Storage) -> Subscription:
        return Subscription(self, storage)

    def _publish(self, collection: _Collection, event: Event) -> None:
        collection.log(event)
        for callback in list(self._listeners):
            callback(event)

    def _get_collection(self, storage: Storage) -> _Collection:
        shelf = self._collections.get(storage)
        if shelf is None:
            shelf = self._collections[storage] = _Collection(self._max_events)
            shelf.compacted_revision = 0
        return shelf


class Subscription:
    """The events of one storage from now on. `close()` it."""

    def __init__(self, store: Store, storage: Storage) -> None:
        self._storage = storage
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()
        self.is_overrun = False
        self.is_finished = False
        self.close = store.listen(self._receive)

    async def next(self, seconds: float) -> list[Event]:
        """Events since the last call; [] after so many seconds without any."""
        if not self._events:
            self._wake.clear()
            try:
                async with asyncio.timeout(max(seconds, 0)):
                    await self._wake.wait()
            except TimeoutError:
                return []
        found = list(self._events)
        self._events.clear()
        return found

    def finish(self) -> None:
        """No more is to come; next() answers at once."""
        self.is_finished = True
        self._wake.set()

    def _receive(self, event: Event) -> None:
        if event.storage != self._storage or self.is_overrun:
            return
        if len(self._events) >= LARGEST_BACKLOG:
            self.is_overrun = True
            self._events.clear()
        else:
            self._events.append(event)
        self._wake.set()


def _key(namespace: str, name: str) -> str:
    return f"{namespace}/{name}"
