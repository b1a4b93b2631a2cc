"""Static file server: answers before Django, from memory.

Behind Django each file would cost a thread and all of the middleware. In development, where files change, all goes on.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from whitenoise.media_types import MediaTypes

from dashboard.assets.program import Asset, load_assets
from dashboard.assets.versions import OtherVersions
from dashboard.monitoring.request_ids import set_route

FOR_EVER = "max-age=315360000, public, immutable"
A_MINUTE = "max-age=60, public"  # a name without a hash: the next version may have other content
MAX_THEIRS = 500  # files of other versions that are kept compressed
WORTHWHILE = 0.95  # of its size, at most, that a compressed file may have
Application = Callable[..., Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
_media_types = MediaTypes()


@dataclass(frozen=True)
class StaticFile:
    """One file as it is sent; `compressed` is empty where that would save nothing."""

    content: bytes
    compressed: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    etag: bytes

    def respond(self, method: str, request: Mapping[bytes, bytes]) -> tuple[int, Headers, bytes]:
        """Status, headers and body."""
        if method not in ("GET", "HEAD"):
            return 405, [(b"Allow", b"GET, HEAD"), (b"Content-Length", b"0")], b""
        if request.get(b"if-none-match") == self.etag:
            return 304, list(self.headers), b""
        headers, body = list(self.headers), self.content
        if self.compressed and b"gzip" in request.get(b"accept-encoding", b""):
            headers, body = [*headers, (b"Content-Encoding", b"gzip")], self.compressed
        headers.append((b"Content-Length", str(len(body)).encode()))
        return 200, headers, body if method == "GET" else b""


class StaticFiles:
    """The files of this version under both of their names, and those of other versions under the hashed one."""

    def __init__(self, application: Application, *, others: OtherVersions | None = None) -> None:
        self.application = application
        self._is_on = bool(settings.PRODUCTION)
        self._prefix = settings.STATIC_URL.removeprefix(settings.FORCE_SCRIPT_NAME or "")  # "/static/"
        self._others = others or OtherVersions()
        self._own = dict(_build_own()) if self._is_on else {}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        file = await self._find(path.removeprefix(self._prefix)) if path.startswith(self._prefix) else None
        if file is None:
            await self.application(scope, receive, send)
            return
        set_route("static")
        found = {name.lower(): value for name, value in scope["headers"]}
        status, headers, body = file.respond(scope["method"], found)
        headers += _hsts_header(scope)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _find(self, name: str) -> StaticFile | None:
        if not self._is_on or name in self._own:
            return self._own.get(name)
        asset = await self._others.find(name)
        return None if asset is None else _build_theirs(asset)


def _build_own() -> list[tuple[str, StaticFile]]:
    return [
        (name, _build(name, one.content, cache_control))
        for one in load_assets().values()
        for name, cache_control in ((one.name, A_MINUTE), (one.hashed_name, FOR_EVER))
    ]


@lru_cache(maxsize=MAX_THEIRS)
def _build_theirs(asset: Asset) -> StaticFile:
    return _build(asset.hashed_name, asset.content, FOR_EVER)


def _build(name: str, content: bytes, cache_control: str) -> StaticFile:
    media_type = _media_types.get_type(name)
    if media_type.startswith("text/"):
        media_type += '; charset="utf-8"'
    compressed = gzip.compress(content, 9, mtime=0)
    if len(compressed) > WORTHWHILE * len(content):
        compressed = b""
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'.encode()
    headers = (
        (b"Content-Type", media_type.encode()),
        (b"Cache-Control", cache_control.encode()),
        (b"ETag", etag),
        *(((b"Vary", b"Accept-Encoding"),) if compressed else ()),
    )
    return StaticFile(content, compressed, headers, etag)


def _hsts_header(scope: dict[str, Any]) -> Headers:
    """What Django's middleware would add under TLS; the rest is in dashboard.headers."""
    seconds = settings.SECURE_HSTS_SECONDS
    if not seconds or scope.get("scheme") != "https":
        return []
    return [(b"Strict-Transport-Security", f"max-age={seconds}".encode())]
