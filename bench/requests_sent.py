"""Benchmark of API requests: counted in the API server's audit log, at a page view and when idle."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.figures import Figure
from bench.world import CACHE_SECONDS, World, run_alone
from clusters.api.connection import USER_AGENT
from clusters.feeds.timings import FeedTimings

HEALTHY_INTERVAL = FeedTimings().healthy_interval  # seconds
GOAL = 10  # requests beside list pages and reviews
HEALTH = "get /readyz"
IDLE = 100.0  # seconds of an open page that nobody touches


def measure(world: World) -> Sequence[Figure]:
    """Of somebody new; before it the server forgets what it remembers, so that nothing is answered from memory."""
    world.say("requests: waiting until nothing is remembered")
    time.sleep(world.seconds(60 + CACHE_SECONDS))
    begun = _position(world)
    page = world.live_page()
    page.wait_for_timeout(1000)
    viewed = Counter(_kind(one) for one in _read_requests(world, begun))
    page.wait_for_timeout(1000 * world.seconds(5))
    begun = _position(world)
    world.say("requests: idle")
    page.wait_for_timeout(1000 * world.seconds(IDLE))
    idle = Counter(_kind(one) for one in _read_requests(world, begun))
    page.context.close()
    return [_view(viewed), _idle(idle, world.seconds(IDLE))]


def _view(found: Counter[str]) -> Figure:
    others = sum(count for kind, count in found.items() if kind not in ("list page", "review"))
    return Figure(
        "requests to the API server for a page view, beside list pages and reviews",
        f"<= {GOAL}",
        str(others),
        others <= GOAL,
        notes=(f"All of them: {_words(found)}.",),
    )


def _idle(found: Counter[str], seconds: float) -> Figure:
    others = {kind: count for kind, count in found.items() if kind not in ("watch", "review", HEALTH)}
    most = seconds / HEALTHY_INTERVAL + 1
    return Figure(
        "requests to the API server when idle",
        "only renewals, re-reviews and health",
        _words(found) or "none",
        not others and found[HEALTH] <= most,
        notes=(
            f"In {seconds:.0f} s of an open page. Renewals are watches that begin anew.",
            f"Health is `{HEALTH}`, at most once in {HEALTHY_INTERVAL:.0f} s for each API server, however many pages "
            "are open on it: a chosen cost, since an API server that is stopping leaves its watches open and silent "
            "for a minute.",
        ),
    )


def _words(found: Counter[str]) -> str:
    return ", ".join(f"{count} x {kind}" for kind, count in found.most_common())


def _kind(one: dict[str, Any]) -> str:
    """`list page` (of pods), `watch`, `review`, or the verb and the path."""
    path, _, _query = one["requestURI"].partition("?")
    if "selfsubject" in path:
        return "review"
    if one["verb"] == "watch":
        return "watch"
    if one["verb"] == "list" and path.endswith("/pods"):
        return "list page"
    return f"{one['verb']} {path}"


def _position(world: World) -> int:
    return world.plane.audit_log.stat().st_size


def _read_requests(world: World, begun: int) -> list[dict[str, Any]]:
    """The requests of our server that began since then; a stage of the same request counts once."""
    with world.plane.audit_log.open("rb") as log:
        log.seek(begun)
        lines = log.read().decode(errors="replace").splitlines()
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        try:
            one = json.loads(line)
        except ValueError:
            continue  # the line that is being written
        if str(one.get("userAgent", "")) == USER_AGENT:
            found.setdefault(one["auditID"], one)
    return list(found.values())


if __name__ == "__main__":
    run_alone(measure)
