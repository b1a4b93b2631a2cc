"""Updates of open pages, as a test reads them without a socket."""

from __future__ import annotations

from dashboard.live.subscriptions import Subscription


def render_html(subscription: Subscription) -> str:
    """What the socket would send now; empty where it would send nothing."""
    update = subscription.render()
    return update.to_html() if update is not None else ""
