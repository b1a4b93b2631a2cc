"""What does an open page subscribe to? Its own URL, resolved to the room that renders it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils import timezone

from clusters.api.errors import ApiError
from dashboard.overview.board import open_board
from dashboard.overview.live import OverviewSubscription
from dashboard.overview.wish import read_wish
from dashboard.resources.address import parse
from dashboard.resources.list_live import ListSubscription
from dashboard.resources.listing import open_listing
from dashboard.resources.object_live import ObjectSubscription, YamlSubscription, open_object
from dashboard.resources.templatetags.cluster_places import cluster_places
from dashboard.resources.waiting import Waiting
from people.audit.live import open_trail
from people.models import User

LONGEST = 8192  # characters of a page's URL


class Subscription(Protocol):
    """A page's content while its socket is open; see the rooms' own subscriptions."""

    def start(self, changed: Callable[[], None]) -> None: ...

    def render(self) -> str | None: ...

    def renew(self, query: str) -> None: ...

    def stop(self) -> None: ...

    def forget(self) -> None: ...


@runtime_checkable
class Pausing(Protocol):
    """A subscription that costs something only while its page is seen: a hidden tab pauses it."""

    def pause(self, paused: bool) -> None: ...


class NotLive(Exception):
    """This URL is no page that is live."""


def subscribe(user: User, page: str, window: str) -> Subscription:
    """Open what the page shows, under the same checks as the page itself; raises what `connect` raises.

    `page` is the page's path and query as the browser sees it, `window` the token of the rows that it shows.
    """
    parts = urlsplit(page[:LONGEST])
    if parts.scheme or parts.netloc:
        raise NotLive(page)
    try:
        match = resolve(_below_prefix(parts.path))
    except Resolver404:
        raise NotLive(page) from None
    query = QueryDict(parts.query)
    if match.view_name == "home":
        wish = read_wish(query)
        return OverviewSubscription(open_board(user, wish.words), wish, window)
    if match.view_name == "resources:list":
        return ListSubscription(open_listing(user, parse(match.kwargs, query)), window)
    if match.view_name == "resources:object":
        return ObjectSubscription(open_object(user, parse(match.kwargs, query)), window)
    if match.view_name == "resources:object_yaml":
        opened = open_object(user, parse(match.kwargs, query), with_related=False)
        return YamlSubscription(opened, window, query.get("page", ""))
    if match.view_name == "people:audit:trail":
        trail = open_trail(user, query, window, cluster_places)
        if trail is not None:
            return trail
    raise NotLive(page)


def waiting_for(user: User, page: str, error: ApiError, seen: str) -> Waiting | None:
    """What stands in for a page whose cluster does not answer now; None where waiting would not help.

    `seen` is when the page was last told something, in milliseconds since 1970, as its script says it: for words alone.
    """
    match = resolve(_below_prefix(urlsplit(page[:LONGEST]).path))
    slug = str(match.kwargs.get("clusters", "")).partition(",")[0]
    as_of = None
    if seen.isascii() and seen.isdigit() and len(seen) == 13:
        as_of = min(datetime.fromtimestamp(int(seen) / 1000, UTC), timezone.now())
    return Waiting(user, slug, error, as_of) if slug and error.passes else None


def _below_prefix(path: str) -> str:
    prefix = (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
    return path.removeprefix(prefix) if prefix else path
