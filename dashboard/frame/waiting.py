"""Waiting subscription: stands in for a live page while its cluster is unreachable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone

from clusters.api.errors import ApiError, Forbidden, Unauthorized
from clusters.feeds.states import state_of
from clusters.gateway.connect import connect
from dashboard.frame import notices
from dashboard.frame.reachability import check_ready
from dashboard.pieces.update import Piece, Update
from people.models import User

MIN_INTERVAL = 1.0  # seconds
MAX_DENIALS = (
    4  # refusals that are not believed: an API server that has just started has not read its RBAC yet
)
TARGETS = ("list-notices", "object-feed-notice")  # the page has one of them


class WaitingSubscription:
    """Stands in for the subscription of a page until its cluster answers. `as_of` is what the page says of its rows."""

    def __init__(self, user: User, slug: str, error: ApiError, as_of: datetime | None) -> None:
        self.as_of = as_of
        self._user = user
        self._slug = slug
        self._error = error
        self._since = timezone.now()
        self._last_notice = ""
        self._denials = 0

    def probe(self) -> None:
        """Ask whether it answers; raises the ApiError that says why not."""
        check_ready(connect(self._user, self._slug))

    def fail(self, error: ApiError) -> bool:
        """It still does not, perhaps for another reason; False where waiting does not help any more."""
        if isinstance(error, Unauthorized | Forbidden) and self._denials < MAX_DENIALS:
            self._denials += 1
            return True
        self._error = error
        return error.is_transient

    def retry_delay(self) -> float:
        """Seconds until the next probe."""
        return max(MIN_INTERVAL, self._error.retry_after or 0.0)

    def start(self, changed: Callable[[], None]) -> None:
        """Whoever holds it asks for changes itself."""

    def render(self) -> Update | None:
        """The state line and the notice, once for each reason."""
        notice = notices.build_unreachable_notice(self._error, self._slug, self.as_of)
        text = f"{notice.title}{notice.message}"
        if text == self._last_notice:
            return None
        self._last_notice = text
        context = {"state": state_of(self._error).value, "since": self._since, "as_of": self.as_of}
        state = render_to_string("frame/waiting.html", context)
        notice_html = render_to_string("parts/notice.html", {"notice": notice})
        return Update((Piece("live-state", state), *(Piece(target, notice_html) for target in TARGETS)))

    def renew(self, query: str) -> None:
        """The page asks again when its cluster answers."""

    def stop(self) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        """Nothing is kept."""
