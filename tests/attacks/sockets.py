"""WebSocket client of the attack tests: socket routes, handshakes in process, and the list of live pages.

The whole application is spoken to, as a server speaks to it: proxies, origins, routes and consumers.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from channels.db import database_sync_to_async
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.testing import WebsocketCommunicator
from django.conf import settings

from dashboard.asgi import application
from dashboard.origins import OwnPagesOnly, refuse
from tests.attacks.installation import ADMINISTRATOR, Installation
from tests.attacks.routes import list_routes

HOST = "127.0.0.1:8000"
OWN = f"http://{HOST}"
LIVE = "/live/"  # the socket of live pages; a terminal's is open to a terminal of one's own only
PATIENCE = 30.0  # seconds
SIGNED_OUT, REFUSED, NOT_FOUND = 4401, 4403, 4404


def list_socket_paths() -> list[str]:
    """The path of every socket route, each below the check of origins."""
    return list(_list_paths(_find_socket_router(application)))


def knock(
    path: str,
    *,
    session: str = "",
    page: str = "",
    origins: tuple[str, ...] = (OWN,),
    hosts: tuple[str, ...] = (HOST,),
    more: tuple[tuple[str, str], ...] = (),
    client: str = "127.0.0.1",
) -> WebsocketCommunicator:
    """A handshake that was not sent yet, for `?page=` on this path with this session's cookie."""
    headers = [("host", each) for each in hosts] + [("origin", each) for each in origins] + list(more)
    if session:
        headers.append(("cookie", f"{settings.SESSION_COOKIE_NAME}={session}"))
    encoded = [(name.encode(), value.encode("latin1")) for name, value in headers]
    communicator = WebsocketCommunicator(application, f"{path}?page={quote(page)}", encoded)
    communicator.scope["client"] = [client, 40000]
    return communicator


async def handshake(communicator: WebsocketCommunicator) -> int:
    """0 where the socket is accepted (it is closed again), else the code with which it is refused."""
    accepted, code = await communicator.connect(timeout=PATIENCE)
    if not accepted:
        return int(code)
    await communicator.disconnect(timeout=PATIENCE)
    return 0


@asynccontextmanager
async def open_socket(communicator: WebsocketCommunicator) -> AsyncIterator[WebsocketCommunicator]:
    """A socket that must be accepted."""
    accepted, code = await communicator.connect(timeout=PATIENCE)
    assert accepted, f"refused with {code}"
    try:
        yield communicator
    finally:
        await communicator.disconnect(timeout=PATIENCE)


async def wait_for_close(communicator: WebsocketCommunicator, seconds: float = PATIENCE) -> int:
    """The code with which the server ends an open socket; what it sends before that is thrown away."""
    while True:
        message = await communicator.receive_output(seconds)
        if message["type"] == "websocket.close":
            return int(message.get("code", 1000))


async def list_live_pages(installation: Installation) -> dict[str, str]:
    """View name -> address of every page that an administrator's socket is accepted for; some are always there."""
    found = {}
    for route in list_routes():
        if "GET" not in await database_sync_to_async(installation.methods)(route):
            continue
        page = await database_sync_to_async(installation.address)(route)
        for path in list_socket_paths():
            if await handshake(knock(path, session=installation.sessions[ADMINISTRATOR], page=page)) == 0:
                found[route.name] = page
    assert set(found) >= {"resources:list", "resources:object", "resources:object_yaml"}
    return found


def _find_socket_router(inner: object) -> URLRouter:
    """Through what wraps all of it, down to the routes. What stands before them must be the check of origins."""
    has_origins = False
    while not isinstance(inner, URLRouter):
        if isinstance(inner, ProtocolTypeRouter):
            inner = inner.application_mapping["websocket"]
        else:
            has_origins = has_origins or isinstance(inner, OwnPagesOnly)
            inner = inner.application  # type: ignore[attr-defined]
    assert has_origins, "a socket route that is not below OwnPagesOnly"
    return inner


def _list_paths(router: URLRouter) -> Iterator[str]:
    for route in router.routes:
        if route.callback is refuse:
            continue
        text = str(route.pattern)
        plain = text.removeprefix("^").removesuffix("$")
        assert not re.search(r"[<(\[\\*+?]", plain), (
            f"The socket route {text} has arguments: say in _paths of tests/attacks/sockets.py what fills them."
        )
        yield "/" + plain
