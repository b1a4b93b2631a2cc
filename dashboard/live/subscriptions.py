"""Subscriptions: resolves an open page's URL to the package that renders it live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils import timezone

from clusters.api.errors import ApiError
from dashboard.address.paths import parse
from dashboard.audit.live import open_audit_trail
from dashboard.drains.live import open_drain
from dashboard.frame.templatetags.cluster_links import cluster_links
from dashboard.frame.waiting import WaitingSubscription
from dashboard.lists.listing import open_listing
from dashboard.lists.live import ListSubscription
from dashboard.logs.live import subscribe_to_object_logs, subscribe_to_selected_logs
from dashboard.objects.live import ObjectSubscription, YamlSubscription, open_object
from dashboard.overview.board import open_board
from dashboard.overview.live import OverviewSubscription
from dashboard.overview.query import read_query
from dashboard.pieces.update import Update
from dashboard.rollouts.live import RolloutSubscription
from people.models import User

MAX_URL = 8192  # characters of a page's URL


class Subscription(Protocol):
    """A page's content while its socket is open; see the packages' own subscriptions."""

    def start(self, changed: Callable[[], None]) -> None: ...

    def render(self) -> Update | None: ...

    def renew(self, query: str) -> None: ...

    def stop(self) -> None: ...

    def forget(self) -> None: ...


@runtime_checkable
class Pausable(Protocol):
    """A subscription that costs something only while its page is seen: a hidden tab pauses it."""

    def pause(self, paused: bool) -> None: ...


class NotLive(Exception):
    """This URL is no page that is live."""


@dataclass(frozen=True)
class LivePage:
    """An open page of one user: the values that its route captured, its query, and the token of its rows."""

    user: User
    values: Mapping[str, Any]
    query: QueryDict
    window: str


def subscribe(user: User, page: str, window: str) -> Subscription:
    """Open what the page shows, under the same checks as the page itself; raises what `connect` raises.

    `page` is the page's path and query as the browser sees it, `window` the token of the rows that it shows.
    """
    parts = _split(page)
    try:
        match, query = resolve(_strip_prefix(parts.path)), QueryDict(parts.query)
    except (Resolver404, TooManyFieldsSent):
        raise NotLive(page) from None
    open_page = LIVE_PAGES.get(match.view_name)
    if open_page is None:
        raise NotLive(page)
    return open_page(LivePage(user, match.kwargs, query, window))


def create_waiting(user: User, page: str, error: ApiError, last_update: str) -> WaitingSubscription | None:
    """What stands in for a page whose cluster does not answer now; None where waiting would not help.

    `last_update` is when the page last received something, in milliseconds since 1970, as its script says.
    """
    match = resolve(_strip_prefix(_split(page).path))
    slug = str(match.kwargs.get("clusters", "")).partition(",")[0]
    as_of = None
    if last_update.isascii() and last_update.isdigit() and len(last_update) == 13:
        as_of = min(datetime.fromtimestamp(int(last_update) / 1000, UTC), timezone.now())
    return WaitingSubscription(user, slug, error, as_of) if slug and error.is_transient else None


def _split(page: str) -> SplitResult:
    """The parts of a page's path and query; NotLive for what is none, such as `//[` or a whole URL."""
    try:
        parts = urlsplit(page[:MAX_URL])
    except ValueError:
        raise NotLive(page) from None
    if parts.scheme or parts.netloc:
        raise NotLive(page)
    return parts


def _open_overview(page: LivePage) -> Subscription:
    query = read_query(page.query)
    return OverviewSubscription(open_board(page.user, query.terms), query, page.window)


def _open_list(page: LivePage) -> Subscription:
    return ListSubscription(open_listing(page.user, parse(page.values, page.query)), page.window)


def _open_object(page: LivePage) -> Subscription:
    return ObjectSubscription(open_object(page.user, parse(page.values, page.query)), page.window)


def _open_yaml(page: LivePage) -> Subscription:
    opened = open_object(page.user, parse(page.values, page.query), with_related=False)
    return YamlSubscription(opened, page.window, page.query.get("page", ""))


def _open_object_logs(page: LivePage) -> Subscription:
    return subscribe_to_object_logs(page.user, parse(page.values, page.query), page.query, page.window)


def _open_selected_logs(page: LivePage) -> Subscription:
    address = parse({**page.values, "resource": "pods"}, page.query)
    return subscribe_to_selected_logs(page.user, address, page.query, page.window)


def _open_rollout(page: LivePage) -> Subscription:
    opened = open_object(page.user, parse(page.values, page.query), with_related=False, with_rollout=True)
    return RolloutSubscription(opened, page.window)


def _open_audit_trail(page: LivePage) -> Subscription:
    audit_trail = open_audit_trail(page.user, page.query, page.window, cluster_links)
    if audit_trail is None:
        raise NotLive(page.query.urlencode())
    return audit_trail


def _open_drain(page: LivePage) -> Subscription:
    drain = open_drain(page.user, page.values["cluster"], page.values["number"], page.window)
    if drain is None:
        raise NotLive(page.values["cluster"])
    return drain


# The name of a page's view -> what opens its subscription.
LIVE_PAGES: Mapping[str, Callable[[LivePage], Subscription]] = {
    "home": _open_overview,
    "resources:list": _open_list,
    "resources:object": _open_object,
    "resources:object_yaml": _open_yaml,
    "resources:drain": _open_drain,
    "resources:object_logs": _open_object_logs,
    "resources:selected_logs": _open_selected_logs,
    "resources:rollout": _open_rollout,
    "accounts:audit:trail": _open_audit_trail,
}


def _strip_prefix(path: str) -> str:
    prefix = (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
    return path.removeprefix(prefix) if prefix else path
