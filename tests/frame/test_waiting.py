"""Waiting subscription: the socket of a page whose cluster does not answer."""

from __future__ import annotations

import asyncio

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from dashboard.live.consumer import REFUSED
from tests import database_fixtures
from tests.attacks.sockets import knock, open_socket, wait_for_close

UNKNOWN = {"hello": "not a message of a page"}  # closes the socket, once the messages before it were handled


async def test_a_tab_can_be_hidden_while_its_cluster_is_down(transactional_db: None) -> None:
    await database_sync_to_async(database_fixtures.create_users)()
    await database_sync_to_async(database_fixtures.create_dead_cluster)("harbour", "dana")
    session = await database_sync_to_async(database_fixtures.create_session)("dana")
    async with open_socket(knock("/live/", session=session, page="/c/harbour/shop/pods")) as socket:
        await _read_until(socket, 'data-state="unreachable"')
        for message in ({"pause": True}, {"pause": False}, UNKNOWN):
            await socket.send_json_to(message)
        assert await wait_for_close(socket) == REFUSED


async def _read_until(socket: WebsocketCommunicator, text: str) -> None:
    async with asyncio.timeout(30):
        while text not in await socket.receive_from(timeout=30):
            pass
