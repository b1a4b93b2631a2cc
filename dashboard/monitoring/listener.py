"""Metrics listener: `/metrics` on an address of its own, apart from what users reach."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from twisted.internet import reactor
from twisted.internet.error import CannotListenError
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from dashboard.monitoring import metrics
from dashboard.monitoring.request_ids import HEADER, generate_id
from dashboard.monitoring.views import TEXT, is_address, is_token_valid

IDLE_SECONDS = 30  # until a connection without a request is closed


class MetricsRequest(Request):
    """A request whose body, if somebody sends one, is dropped as it arrives."""

    def handleContentChunk(self, data: bytes) -> None:
        pass


class MetricsResource(Resource):
    """GET and HEAD of `/metrics`."""

    isLeaf = True

    def render(self, request: Request) -> bytes:
        for name, value in (
            ("Server", "quarterdeck"),
            ("Content-Type", TEXT),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            (HEADER, generate_id()),
        ):
            request.setHeader(name, value)  # type: ignore[no-untyped-call]
        status, text = check_request(request)
        if status:
            request.setResponseCode(status)
            return text.encode()
        request.setHeader("Content-Type", metrics.CONTENT_TYPE)  # type: ignore[no-untyped-call]
        return metrics.render()


def check_request(request: Request) -> tuple[int, str]:
    """Status and text of a rejection; 0 for none.

    Without a token only an IP address or `localhost` is accepted as host: otherwise a page elsewhere could read the
    metrics by a name that it points at this address (DNS rebinding).
    """
    if request.method not in (b"GET", b"HEAD"):
        return 405, "method not allowed"
    if request.path != b"/metrics":
        return 404, "not found"
    if settings.METRICS_TOKEN:
        is_valid = is_token_valid((request.getHeader("Authorization") or "").strip())
        return (0, "") if is_valid else (401, "unauthorized")
    host = request.getHeader("Host") or ""
    if is_address(host) or host.partition(":")[0] in ("", "localhost"):
        return 0, ""
    return 400, "bad request"


def listen(address: tuple[str, int]) -> None:
    """Serve there from the start of the reactor on. ImproperlyConfigured where it cannot listen."""
    tcp: Any = reactor  # twisted's types do not say which reactor it is
    site = Site(MetricsResource(), requestFactory=MetricsRequest, timeout=IDLE_SECONDS)  # type: ignore[no-untyped-call]
    try:
        tcp.listenTCP(address[1], site, interface=address[0])
    except CannotListenError as error:
        raise ImproperlyConfigured(
            f"QUARTERDECK_METRICS_LISTEN: Quarterdeck cannot listen: {error} "
            "Set it to a different address or port."
        ) from error
