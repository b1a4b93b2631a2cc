"""WebSocket hijacking: a socket opens for a page of our own origin only (class 1).

How an Origin is read is tested with the other spellings in tests/dashboard/test_origins.py.
"""

from __future__ import annotations

import socket

import pytest

from tests.attacks.installation import Installation
from tests.attacks.recorder import Recorder
from tests.attacks.sockets import HOST, OWN, REFUSED, handshake, knock, list_live_pages, list_socket_paths
from tests.dashboard_server import DashboardServer

EVIL: dict[str, tuple[str, ...]] = {
    "another site": ("https://evil.example",),
    "null": ("null",),
    "none": (),
    "empty": ("",),
    "a look-alike": (f"http://{HOST}.evil.example",),
    "ours as a user name": (f"http://{HOST}@evil.example",),
    "ours as a subdomain": ("http://127.0.0.1.evil.example:8000",),
    "two, both ours": (OWN, OWN),
    "two, ours first": (OWN, "https://evil.example"),
    "two, ours last": ("https://evil.example", OWN),
    "two in one": (f"{OWN}, https://evil.example",),
    "another scheme": (f"https://{HOST}",),
    "another port": ("http://127.0.0.1:8001",),
    "no port": ("http://127.0.0.1",),
    "another name of this machine": ("http://localhost:8000",),
}


@pytest.mark.parametrize("origins", EVIL.values(), ids=EVIL.keys())
async def test_no_socket_opens_for_a_page_of_another_origin(
    committed_installation: Installation, recorder: Recorder, origins: tuple[str, ...]
) -> None:
    """Before it is accepted, and before anything is sent to the cluster, though the cookie is dana's own."""
    pages = ["/c/harbour/shop/secrets", "/c/harbour/shop/secrets/web", "/people/", ""]
    with recorder.record() as seen:
        for path in [*list_socket_paths(), "/", "/nowhere/"]:
            for page in pages:
                found = await handshake(
                    knock(path, session=committed_installation.sessions["dana"], page=page, origins=origins)
                )
                assert found == REFUSED, f"{path} for {page} from {origins}"
    assert seen.is_empty, seen


async def test_every_live_page_opens_for_a_page_of_our_own_and_for_no_other(
    committed_installation: Installation, recorder: Recorder
) -> None:
    for view, page in (await list_live_pages(committed_installation)).items():
        for path in list_socket_paths():
            with recorder.record() as seen:
                for origins in EVIL.values():
                    found = await handshake(
                        knock(
                            path, session=committed_installation.sessions["ada"], page=page, origins=origins
                        )
                    )
                    assert found == REFUSED, f"{view} from {origins}"
            assert seen.is_empty, f"{view}: {seen}"


async def test_a_foreign_host_makes_no_foreign_page_ours(
    committed_installation: Installation, recorder: Recorder
) -> None:
    """DNS rebinding: the name in the address bar is theirs, the address behind it ours."""
    evil, session = "evil.example:8000", committed_installation.sessions["dana"]
    forged = (("x-forwarded-host", HOST), ("forwarded", f"host={HOST}"))
    with recorder.record() as seen:
        for path in list_socket_paths():
            for hosts, origins in (((evil,), (f"http://{evil}",)), ((HOST, evil), (OWN,)), ((evil,), (OWN,))):
                found = await handshake(
                    knock(
                        path,
                        session=session,
                        page="/c/harbour/shop/secrets",
                        origins=origins,
                        hosts=hosts,
                        more=forged,
                    )
                )
                assert found == REFUSED, f"{hosts} {origins}"
    assert seen.is_empty, seen


@pytest.mark.parametrize(
    "origins", [(), ("null",), ("https://evil.example",), ("{own}", "{own}"), ("{own}",)]
)
def test_the_real_server_answers_403_before_it_upgrades(
    dashboard_server: DashboardServer, origins: tuple[str, ...]
) -> None:
    """By Daphne, with the headers as they come over the wire; the last is our own page's, which opens."""
    session = dashboard_server.run_command("session", name="dana")
    lines = [
        "GET /live/?page=/c/harbour/shop/pods HTTP/1.1",
        f"Host: 127.0.0.1:{dashboard_server.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Cookie: quarterdeck-session={session}",
        *[f"Origin: {each.format(own=dashboard_server.url)}" for each in origins],
    ]
    with socket.create_connection(("127.0.0.1", dashboard_server.port), 30) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        status = wire.recv(4096).split(b" ", 2)[1]
    ours, twice = origins == ("{own}",), len(origins) > 1  # (which is no request at all, says Daphne)
    assert status == (b"101" if ours else b"400" if twice else b"403")
