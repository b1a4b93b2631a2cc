"""Object list content: the whole objects of one selection, listed in pages and kept by a watch, bounded in number."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec

from clusters.api.connection import Connection
from clusters.api.errors import LimitReached, NotKubernetes, ResponseTooLarge, error_of_status
from clusters.api.json_limits import OBJECT_LEVELS, cut_levels, estimate_decoded
from clusters.api.memory import MEBIBYTE, UNCOUNTED, Account
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.streams import Streams
from clusters.discovery import Resource
from clusters.feeds.content import Query

PAGE = 250  # objects of one page
PAGE_BYTES = 16 * MEBIBYTE
MAX_PAGES = 400  # of one list, those of halved pages among them
MAX_EVENT_BYTES = 6 * MEBIBYTE  # twice what an API server takes in a request


@dataclass(frozen=True)
class ObjectListQuery:
    """Which objects: a kind in one namespace, narrowed by selectors as Kubernetes writes them, at most `limit`."""

    resource: Resource
    namespace: str
    label_selector: str = ""
    field_selector: str = ""
    limit: int = 500


@dataclass(frozen=True)
class ObjectListSnapshot:
    """The objects at one moment by their uid, without managedFields; `is_cut`: there are more than the limit."""

    objects: Mapping[str, Mapping[str, Any]]
    is_cut: bool
    version: int


class ObjectListContent:
    """The objects of one query, charged to `account`. Beyond the limit the object that came first gives way."""

    def __init__(self, query: ObjectListQuery, *, account: Account = UNCOUNTED) -> None:
        self.query = query
        self.version = 0
        self.resource_version = ""
        self.can_watch = "watch" in query.resource.verbs
        self.needs_list = False
        self._account = account
        self._objects: dict[str, Mapping[str, Any]] = {}
        self._sizes: dict[str, int] = {}  # bytes that each is charged
        self._is_cut = False
        self._lock = threading.Lock()
        self._selectors = [
            (name, value)
            for name, value in (
                ("labelSelector", query.label_selector),
                ("fieldSelector", query.field_selector),
            )
            if value
        ]

    def access_checks(self) -> tuple[ResourceAttributes, ...]:
        """The permissions that this list depends on."""
        verbs = ("list", "watch") if self.can_watch else ("list",)
        return tuple(self.query.resource.attributes(verb, self.query.namespace) for verb in verbs)

    async def load(
        self, streams: Streams, connection: Connection
    ) -> AsyncGenerator[tuple[int, int | None], None]:
        """List in pages until all, or as many as the limit, are there; then they replace those before."""
        fresh: dict[str, Mapping[str, Any]] = {}
        sizes: dict[str, int] = {}
        token, version, page_size, is_cut = "", "", PAGE, False
        try:
            for _page in range(MAX_PAGES):
                try:
                    body = await self._read_page(streams, connection, token, page_size)
                except ResponseTooLarge:
                    if page_size == 1:
                        raise
                    page_size //= 2
                    continue
                with self._account.hold(len(body) + estimate_decoded(body)):
                    found = _decode(body)
                    is_cut = self._add_page(fresh, sizes, found) or is_cut
                metadata = _mapping(found.get("metadata"))
                version, token = (
                    str(metadata.get("resourceVersion") or version),
                    str(metadata.get("continue") or ""),
                )
                if not token or len(fresh) >= self.query.limit:
                    break
                yield len(fresh), None
            else:
                raise LimitReached(f"This list did not end after {MAX_PAGES} pages.")
            self._replace(fresh, sizes, is_cut=is_cut or bool(token))
            sizes = {}
        finally:
            self._account.release(sum(sizes.values()))
        self.resource_version, self.needs_list = version, False
        yield len(fresh), len(fresh)

    async def fetch_newest_version(self, streams: Streams, connection: Connection) -> str:
        """The resourceVersion that a list of one object has now."""
        found = _decode(await self._read_page(streams, connection, "", 1))
        return str(_mapping(found.get("metadata")).get("resourceVersion") or "")

    def load_path(self) -> str:
        return self.watch_path()

    def load_query(self) -> Query:
        return self._selectors

    def watch_path(self) -> str:
        return self.query.resource.list_path(self.query.namespace)

    def watch_query(self) -> Query:
        return self._selectors

    def watch_accept(self) -> str:
        return "application/json"

    def apply(self, line: bytes) -> bool:
        """Take one event in; bookmarks only move the position. Raises ApiError for an ERROR event."""
        if len(line) > MAX_EVENT_BYTES:
            raise ResponseTooLarge(f"It is larger than {MAX_EVENT_BYTES:,} bytes.")
        size = len(line) + estimate_decoded(line)
        with self._account.hold(size):
            event = _decode(line)
        found = event.get("object")
        if not isinstance(found, dict):
            raise NotKubernetes("A watch event contains no object.")
        if event.get("type") == "ERROR":
            raise error_of_status(found)
        metadata = _mapping(found.get("metadata"))
        self.resource_version = str(metadata.get("resourceVersion") or self.resource_version)
        uid = str(metadata.get("uid") or "")
        if event.get("type") == "BOOKMARK" or not uid:
            return False
        with self._lock:
            self._drop(uid)
            if event.get("type") != "DELETED":
                if len(self._objects) >= self.query.limit:
                    self._drop(next(iter(self._objects)))
                    self._is_cut = True
                self._account.charge(size)
                self._objects[uid], self._sizes[uid] = _strip(found), size
            self.version += 1
        return True

    def clear(self) -> None:
        """Drop every object at once: the permission is gone."""
        self._replace({}, {}, is_cut=False)

    def size(self) -> int:
        return len(self._objects)

    def loading_size(self) -> int:
        return 0

    def snapshot(self) -> ObjectListSnapshot:
        """The objects now. Any thread."""
        with self._lock:
            return ObjectListSnapshot(MappingProxyType(dict(self._objects)), self._is_cut, self.version)

    async def _read_page(self, streams: Streams, connection: Connection, token: str, page_size: int) -> bytes:
        position = [("continue", token)] if token else []
        query = [("limit", str(page_size)), *self.load_query(), *position]
        return await streams.get(connection, self.load_path(), query, max_bytes=PAGE_BYTES)

    def _add_page(
        self, fresh: dict[str, Mapping[str, Any]], sizes: dict[str, int], page: Mapping[str, Any]
    ) -> bool:
        """Add its objects up to the limit, and say whether some are left; `sizes` always holds what is charged."""
        items, is_cut = page.get("items"), False
        for found in items if isinstance(items, list) else ():
            uid = str(_mapping(_mapping(found).get("metadata")).get("uid") or "")
            if uid not in fresh and len(fresh) >= self.query.limit:
                is_cut = True
            if not uid or (uid not in fresh and is_cut):
                continue
            stripped = _strip(found)
            written = msgspec.json.encode(stripped)
            size = len(written) + estimate_decoded(written)
            self._account.charge(size)
            fresh[uid], sizes[uid] = stripped, size + sizes.get(uid, 0)
        return is_cut

    def _replace(self, objects: dict[str, Mapping[str, Any]], sizes: dict[str, int], *, is_cut: bool) -> None:
        with self._lock:
            self._account.release(sum(self._sizes.values()))
            self._objects, self._sizes, self._is_cut = objects, sizes, is_cut
            self.version += 1

    def _drop(self, uid: str) -> None:
        if self._objects.pop(uid, None) is not None:
            self._account.release(self._sizes.pop(uid, 0))


def _decode(content: bytes) -> dict[str, Any]:
    """A JSON object cut at OBJECT_LEVELS; NotKubernetes for anything else."""
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as unreadable:
        raise NotKubernetes("The response is not JSON.") from unreadable
    if not isinstance(found, dict):
        raise NotKubernetes("The response is not an object.")
    cut_levels(found, OBJECT_LEVELS)
    return found


def _strip(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without managedFields, which are a third of an object and say nothing of its state."""
    metadata = {
        key: value for key, value in _mapping(found.get("metadata")).items() if key != "managedFields"
    }
    return {**found, "metadata": metadata}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
