"""Does a socket open for a page of our own only, whoever's cookie the browser sends along? (Class 1.)

How an Origin is read is tested with the other spellings in tests/dashboard/test_origins.py.
"""

from __future__ import annotations

import socket

import pytest

from tests.attacks.house import House
from tests.attacks.sockets import HOST, OWN, REFUSED, answer, knock, live_pages, socket_paths
from tests.attacks.upstream import Recorder
from tests.served import Served

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
    open_house: House, recorder: Recorder, origins: tuple[str, ...]
) -> None:
    """Before it is accepted, and before anything is asked of the cluster, though the cookie is dana's own."""
    pages = ["/c/harbour/shop/secrets", "/c/harbour/shop/secrets/web", "/people/", ""]
    with recorder.watched() as seen:
        for path in [*socket_paths(), "/", "/nowhere/"]:
            for page in pages:
                found = await answer(
                    knock(path, session=open_house.sessions["dana"], page=page, origins=origins)
                )
                assert found == REFUSED, f"{path} for {page} from {origins}"
    assert seen.is_nothing, seen


async def test_every_live_page_opens_for_a_page_of_our_own_and_for_no_other(
    open_house: House, recorder: Recorder
) -> None:
    for view, page in (await live_pages(open_house)).items():
        for path in socket_paths():
            with recorder.watched() as seen:
                for origins in EVIL.values():
                    found = await answer(
                        knock(path, session=open_house.sessions["ada"], page=page, origins=origins)
                    )
                    assert found == REFUSED, f"{view} from {origins}"
            assert seen.is_nothing, f"{view}: {seen}"


async def test_a_foreign_host_makes_no_foreign_page_ours(open_house: House, recorder: Recorder) -> None:
    """DNS rebinding: the name in the address bar is theirs, the address behind it ours."""
    evil, session = "evil.example:8000", open_house.sessions["dana"]
    forged = (("x-forwarded-host", HOST), ("forwarded", f"host={HOST}"))
    with recorder.watched() as seen:
        for path in socket_paths():
            for hosts, origins in (((evil,), (f"http://{evil}",)), ((HOST, evil), (OWN,)), ((evil,), (OWN,))):
                found = await answer(
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
    assert seen.is_nothing, seen


@pytest.mark.parametrize(
    "origins", [(), ("null",), ("https://evil.example",), ("{own}", "{own}"), ("{own}",)]
)
def test_the_real_server_answers_403_before_it_upgrades(served: Served, origins: tuple[str, ...]) -> None:
    """By Daphne, with the headers as they come over the wire; the last is our own page's, which opens."""
    session = served.do("session", name="dana")
    lines = [
        "GET /live/?page=/c/harbour/shop/pods HTTP/1.1",
        f"Host: 127.0.0.1:{served.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Cookie: quarterdeck-session={session}",
        *[f"Origin: {each.format(own=served.url)}" for each in origins],
    ]
    with socket.create_connection(("127.0.0.1", served.port), 30) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        status = wire.recv(4096).split(b" ", 2)[1]
    ours, twice = origins == ("{own}",), len(origins) > 1  # (which is no request at all, says Daphne)
    assert status == (b"101" if ours else b"400" if twice else b"403")
