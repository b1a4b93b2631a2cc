"""List endpoint: pagination, resourceVersion, label and field selectors."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from simulator.reading.options import ListOptions, read_options
from simulator.reading.rendering import create_renderer
from simulator.requests.call import Call
from simulator.requests.go_errors import go_error_message
from simulator.requests.responses import respond
from simulator.requests.statuses import StatusError, bad_request_error, expired_error
from simulator.schemas.resources import Object
from simulator.store import Compacted

WAIT_SECONDS = 3.0  # seconds for a resourceVersion of the future, as the real one waits
TOO_OLD = "The resourceVersion for the provided list is too old."
EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
    "the results. Continuing with the provided token results in an inconsistent list - objects that were "
    "created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True)
class Page:
    items: list[Object]
    metadata: dict[str, Any]


async def list_objects(call: Call) -> web.StreamResponse:
    shape = create_renderer(call, of_list=True)
    options = read_options(call.query, call.resource)
    if not options.token:
        await wait_for_revision(call, options.number)
    page = read_page(call, options)
    return await respond(call, shape.render_many(page.items, page.metadata), media=shape.form.media)


async def wait_for_revision(call: Call, revision: int) -> None:
    """A resourceVersion that the cluster has not reached: 504 after some seconds."""
    store = call.cluster.store
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while revision > store.revision:
        if asyncio.get_running_loop().time() >= deadline:
            causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
            message = f"Timeout: Too large resource version: {revision}, current: {store.revision}"
            raise StatusError(504, message, "Timeout", {"causes": causes, "retryAfterSeconds": 1})
        await asyncio.sleep(0.05)


def read_page(call: Call, options: ListOptions) -> Page:
    """Raises the 400 of a continue token that is none, the 410 of an old one."""
    if options.token:
        return _continue_page(call, options)
    revision = call.cluster.store.revision
    exact = options.match == "Exact" or (options.limit > 0 and options.number > 0 and not options.match)
    if exact:
        return _page(call, options, _items_at(call, options.number, TOO_OLD), options.number, "")
    limited = options if options.revision != "0" else None
    if limited is None or options.limit <= 0:
        return Page(_filter_items(options, _all(call)), {"resourceVersion": str(revision)})
    return _current_page(call, options, revision, "")


def _continue_page(call: Call, options: ListOptions) -> Page:
    revision, start = _decode(options.token)
    if options.revision and options.revision != "0":
        raise bad_request_error("specifying resource version is not allowed when using continue")
    store = call.cluster.store
    if revision < 0 or revision == store.revision:
        return _current_page(call, options, store.revision, start)
    try:
        things = store.items_at(call.resource.storage, revision, call.namespace)
    except Compacted:
        raise expired_error(EXPIRED, _encode(-1, start)) from None
    return _page(call, options, things, revision, start)


def _items_at(call: Call, revision: int, message: str) -> list[Object]:
    try:
        return call.cluster.store.items_at(call.resource.storage, revision, call.namespace)
    except Compacted:
        raise expired_error(message) from None


def _all(call: Call) -> list[Object]:
    return call.cluster.store.items(call.resource.storage, call.namespace)


def _filter_items(options: ListOptions, things: list[Object]) -> list[Object]:
    return things if options.selection.is_all else [one for one in things if options.selection.holds(one)]


def _current_page(call: Call, options: ListOptions, revision: int, start: str) -> Page:
    """From what is there now, without copying all of it."""
    store, storage, namespace = call.cluster.store, call.resource.storage, call.namespace
    if options.selection.is_all and options.limit > 0:
        items, left = store.page(storage, namespace, _absolute_key(start, namespace), options.limit)
        return Page(items, _page_metadata(items, namespace, revision, left, left))
    return _page(call, options, store.items(storage, namespace), revision, start)


def _page(call: Call, options: ListOptions, things: list[Object], revision: int, start: str) -> Page:
    first = _absolute_key(start, call.namespace)
    left = [one for one in things if _key(one) >= first] if start else things
    if options.limit <= 0:
        return Page(_filter_items(options, left), {"resourceVersion": str(revision)})
    items, rest = _first(_iterate_matching(options, left), options.limit)
    is_known = options.selection.is_all
    return Page(
        items,
        _page_metadata(items, call.namespace, revision, len(left) - len(items) if is_known else None, rest),
    )


def _iterate_matching(options: ListOptions, things: list[Object]) -> Iterator[Object]:
    return (one for one in things if options.selection.holds(one))


def _first(things: Iterator[Object], limit: int) -> tuple[list[Object], int]:
    """The first ones, and 1 where more follow."""
    found: list[Object] = []
    for one in things:
        if len(found) == limit:
            return found, 1
        found.append(one)
    return found, 0


def _page_metadata(
    items: list[Object], namespace: str, revision: int, remaining: int | None, rest: int
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if rest and items:
        relative = _key(items[-1]).removeprefix(f"{namespace}/" if namespace else "")
        metadata["continue"] = _encode(revision, relative + "\0")
        if remaining is not None:
            metadata["remainingItemCount"] = remaining
    return metadata


def _key(thing: Object) -> str:
    metadata = thing["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def _absolute_key(start: str, namespace: str) -> str:
    if not start:
        return ""
    return f"{namespace}/{start}" if namespace else start


def _encode(revision: int, start: str) -> str:
    """`start` is the first key of the page, below the path of the list."""
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _decode(token: str) -> tuple[int, str]:
    raw = b""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        found = json.loads(raw)
        revision, start = int(found["rv"]), str(found["start"])
    except (ValueError, KeyError, TypeError) as failure:
        why = go_error_message(raw, failure)
        raise bad_request_error(f"invalid continue token: continue key is not valid: {why}") from None
    return revision, start
