"""Object content: a GET of one object, followed by a watch of that name.

The resourceVersion of an object is no version to begin a watch at: it is as old as the object's last change, and the
API server knows only the newest changes of a kind, after its start none at all (410). So the watch begins without
one: the API server sends the object as it is (ADDED) and then a bookmark, whose resourceVersion is one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from clusters.api.connection import Connection
from clusters.api.errors import NotFound, NotKubernetes, ResponseTooLarge, error_of_status
from clusters.api.json_limits import decode_object, estimate_decoded
from clusters.api.memory import MEBIBYTE, UNCOUNTED, Account
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.selectors import build_field_selector
from clusters.api.streams import Streams
from clusters.discovery import Resource
from clusters.feeds.content import Query

OBJECT_BYTES = 6 * MEBIBYTE  # twice what an API server takes in a request
INITIAL_END = "k8s.io/initial-events-end"  # the bookmark's annotation (KEP-3157)


@dataclass(frozen=True)
class ObjectSnapshot:
    """The raw object as the API server sent it (Secrets are not masked here), None before the first answer.

    `is_cut`: it is nested deeper than `json_limits.OBJECT_LEVELS`; MARK stands where something is left out.
    """

    object: Mapping[str, Any] | None
    is_deleted: bool
    version: int
    is_cut: bool = False


class ObjectContent:
    """One object by its name, charged to `account`; one larger than OBJECT_BYTES is ResponseTooLarge."""

    def __init__(
        self, resource: Resource, namespace: str, name: str, *, account: Account = UNCOUNTED
    ) -> None:
        self._account = account
        self._charged = 0
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.version = 0
        self.resource_version = ""
        self.can_watch = "watch" in resource.verbs
        self.needs_list = False
        self._object: Mapping[str, Any] | None = None
        self._is_deleted = False
        self._is_cut = False
        self._is_confirmed = False  # by the watch: it is there since the stream began

    def access_checks(self) -> tuple[ResourceAttributes, ...]:
        """The permission that this object depends on; for a Namespace both name and namespace, each its name."""
        return (self.resource.attributes("get", self.namespace, self.name),)

    async def load(
        self, streams: Streams, connection: Connection
    ) -> AsyncGenerator[tuple[int, int | None], None]:
        """GET the object; one that is not there (any more) is marked deleted and the error raised."""
        try:
            body = await streams.get(connection, self.load_path(), max_bytes=OBJECT_BYTES)
        except NotFound:
            self._is_deleted = True
            self.version += 1
            raise
        size = _measure(body)
        with self._account.hold(size):
            found, self._is_cut = _decode(body)
        self._set_object(found, size)
        self.resource_version, self._is_confirmed = "", False
        yield 1, 1

    async def fetch_newest_version(self, streams: Streams, connection: Connection) -> str:
        """Nothing is known of an object but by reading it, which comes next."""
        return ""

    def load_path(self) -> str:
        return self.resource.object_path(self.namespace, self.name)

    def load_query(self) -> Query:
        return ()

    def watch_path(self) -> str:
        return self.resource.list_path(self.namespace)

    def watch_query(self) -> Query:
        return [("fieldSelector", build_field_selector({"metadata.name": self.name}))]

    def watch_accept(self) -> str:
        return "application/json"

    def apply(self, line: bytes) -> bool:
        """Take one event in. Raises ApiError for an ERROR event."""
        if len(line) > OBJECT_BYTES:
            raise ResponseTooLarge(f"It is larger than {OBJECT_BYTES:,} bytes.")
        size = _measure(line)
        with self._account.hold(size):
            event, is_cut = _decode(line)
        kind, found = event.get("type"), event.get("object")
        if not isinstance(found, dict):
            raise NotKubernetes("A watch event contains no object.")
        if kind == "ERROR":
            raise error_of_status(found)
        metadata = _metadata(found)
        if kind == "BOOKMARK":
            self.resource_version = str(metadata.get("resourceVersion") or self.resource_version)
            return self._is_gone_unseen(metadata)
        if metadata.get("name") != self.name:
            return False
        if kind != "ADDED" or self._is_confirmed:  # the first ADDED is the object as it was
            self.resource_version = str(metadata.get("resourceVersion") or self.resource_version)
        self._is_confirmed, self._is_cut = True, is_cut
        self._set_object(found, size, is_deleted=kind == "DELETED")
        return True

    def _is_gone_unseen(self, bookmark: Mapping[str, Any]) -> bool:
        """The end of what is there already, without the object: it was deleted between the GET and the watch."""
        annotations = bookmark.get("annotations")
        is_end = isinstance(annotations, dict) and annotations.get(INITIAL_END) == "true"
        if not is_end or self._is_confirmed or self._is_deleted:
            return False
        self._is_deleted = True
        self.version += 1
        return True

    def clear(self) -> None:
        """Drop the object at once: the permission is gone."""
        self._object = None
        self._account.release(self._charged)
        self._charged = 0
        self.version += 1

    def size(self) -> int:
        return 0 if self._object is None else 1

    def loading_size(self) -> int:
        return 0

    def snapshot(self) -> ObjectSnapshot:
        return ObjectSnapshot(self._object, self._is_deleted, self.version, self._is_cut)

    def _set_object(self, found: Mapping[str, Any], size: int, *, is_deleted: bool = False) -> None:
        """`size` is charged in place of the object before."""
        self._account.move(self._charged, size)
        self._charged = size
        self._object = found
        self._is_deleted = is_deleted
        self.version += 1


def _measure(content: bytes) -> int:
    """Bytes that an object takes while it is read and once it is."""
    return len(content) + estimate_decoded(content)


def _decode(content: bytes) -> tuple[dict[str, Any], bool]:
    """A JSON object, and whether it was cut; NotKubernetes for anything else: a page of a proxy, half a line."""
    try:
        found, is_cut = decode_object(content)
    except (msgspec.DecodeError, RecursionError) as unreadable:
        raise NotKubernetes("The response is not JSON.") from unreadable
    if not isinstance(found, dict):
        raise NotKubernetes("The response is not an object.")
    return found, is_cut


def _metadata(found: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = found.get("metadata")
    return metadata if isinstance(metadata, dict) else {}
