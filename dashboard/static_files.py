"""Static files: served before Django, as WhiteNoise decides.

Behind Django each would cost a thread and all of the middleware. WhiteNoise decides what is sent, here as there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Response, StaticFile

from dashboard.monitoring.request_ids import set_route

REQUEST_HEADERS = (
    "accept-encoding",
    "if-none-match",
    "if-modified-since",
    "range",
)  # what an answer depends on
Application = Callable[..., Awaitable[None]]


class StaticFiles:
    """Answers what whitenoise knows; all else, and all of it in development, where files change, goes on."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._files: dict[str, StaticFile] = {}
        if not settings.WHITENOISE_AUTOREFRESH:
            self._files = WhiteNoiseMiddleware().files

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        file = self._files.get(scope["path"].removeprefix(scope.get("root_path", "")))
        if file is None:
            await self.application(scope, receive, send)
            return
        set_route("static")
        answer = file.get_response(scope["method"], _read_headers(scope))
        headers = [(name.encode("latin1"), value.encode("latin1")) for name, value in answer.headers]
        await send(
            {
                "type": "http.response.start",
                "status": int(answer.status),
                "headers": [*headers, *_hsts_header(scope)],
            }
        )
        await send({"type": "http.response.body", "body": _body(answer)})


def _read_headers(scope: dict[str, Any]) -> dict[str, str]:
    """The request's headers as whitenoise reads them."""
    found = {name.decode("latin1").lower(): value.decode("latin1") for name, value in scope["headers"]}
    return {
        f"HTTP_{name.upper().replace('-', '_')}": found[name] for name in REQUEST_HEADERS if name in found
    }


def _body(response: Response) -> bytes:
    if response.file is None:
        return b""
    with response.file as file:
        return bytes(file.read())


def _hsts_header(scope: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """What Django's middleware would add under TLS; the rest is in dashboard.headers."""
    seconds = settings.SECURE_HSTS_SECONDS
    if not seconds or scope.get("scheme") != "https":
        return []
    return [(b"Strict-Transport-Security", f"max-age={seconds}".encode())]
