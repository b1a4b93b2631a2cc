"""Terminal sockets: a terminal is its owner's alone, in one browser; what is sent is checked (classes 3, 5 and 12)."""

from __future__ import annotations

import json

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from clusters.terminal.service import terminal_service
from clusters.terminal.session import TerminalOwner
from people.sessions import hash_key
from tests.attacks.installation import OWNER, SAMPLES, Installation
from tests.attacks.sockets import (
    NOT_FOUND,
    OWN,
    REFUSED,
    SIGNED_OUT,
    handshake,
    knock,
    open_socket,
    wait_for_close,
)
from tests.database_fixtures import create_session

BAD = [
    '{"in": 7}',
    '{"size": [80]}',
    '{"size": ["80", 24]}',
    '{"size": [true, 24]}',
    "[]",
    "x",
    '{"drawn": "1"}',
]


def build_path(terminal_id: str, begin: str = "0") -> str:
    return f"/terminal/live?terminal={terminal_id}&from={begin}&"


async def receive_json(socket: WebsocketCommunicator) -> dict[str, object]:
    found: dict[str, object] = json.loads(await socket.receive_from(10))
    return found


async def test_only_its_owners_own_browser_opens_it(committed_installation: Installation) -> None:
    sessions = committed_installation.sessions
    terminal_id = str(await sync_to_async(SAMPLES["terminal.terminal_id"])(committed_installation, OWNER))
    other_browser = await database_sync_to_async(create_session)(OWNER)
    path = build_path(terminal_id)
    assert await handshake(knock(path)) == SIGNED_OUT
    assert await handshake(knock(path, session=other_browser)) == NOT_FOUND
    assert await handshake(knock(path, session=sessions[OWNER], origins=("https://evil.example",))) == REFUSED
    others = [name for name in sessions if name not in (OWNER, "idle")]
    assert len(others) > 4
    for name in others:
        assert await handshake(knock(path, session=sessions[name])) == NOT_FOUND, name
    assert (
        await handshake(knock(build_path("x" * 5000), session=sessions[OWNER], origins=(OWN,))) == NOT_FOUND
    )


async def test_output_is_text_and_bad_messages_close_the_socket(committed_installation: Installation) -> None:
    session = committed_installation.sessions[OWNER]
    terminal_id = str(await sync_to_async(SAMPLES["terminal.terminal_id"])(committed_installation, OWNER))
    owner = TerminalOwner(committed_installation.users[OWNER].pk, hash_key(session))
    terminal = terminal_service.find(owner, terminal_id)
    assert terminal is not None
    terminal.history.append(b"<script>\x1b]0;x\x07\xff")
    for begin in ("0", "-1", "9" * 15, "%00", "1e3"):
        async with open_socket(knock(build_path(terminal_id, begin), session=session)) as socket:
            assert await receive_json(socket) == {"at": 0, "cut": False}
            assert await socket.receive_from(10) == b"<script>\x1b]0;x\x07\xff"
    for message in BAD:
        async with open_socket(knock(build_path(terminal_id), session=session)) as socket:
            await socket.send_to(text_data=message)
            assert await wait_for_close(socket) == REFUSED, message
