"""Redis outages: two processes over a Redis that stops or hangs lose no page, and nobody waits for it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from people.broadcast import CHANNEL
from tests.dashboard_server import DashboardServer
from tests.lanes import short_and_long
from tests.live.sockets import OpenSocket, Sockets, run
from tests.postgresql import PostgresqlServer
from tests.redis_server import RedisServer
from tests.several_processes import REAL_TIMINGS, run_processes

PAGE = "/"
PAGES = 4  # open at each process
LATE = "Some changes arrive late."
AT_ONCE, CHECKED = 2.0, 15.0  # seconds until another process has heard of something: by Redis, and without it
SIGNED_OUT, CHANGED = 4401, 4409
TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')
STRANGE = [
    b"",
    b"[]",
    b"7",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"from": "x"}',
    b'{"from": 1, "messages": [["user.1"]]}',
]

Break = Callable[[RedisServer], None]
BREAKS = [
    pytest.param(RedisServer.stop, RedisServer.start, id="stopped"),
    pytest.param(RedisServer.freeze, RedisServer.thaw, id="hung"),
]


@pytest.fixture(scope="module")
def redis_server(redis_program: str) -> Iterator[RedisServer]:
    server = RedisServer(redis_program).start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def processes(
    postgresql_server: PostgresqlServer,
    redis_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[DashboardServer]]:
    folder = tmp_path_factory.mktemp("processes")
    with run_processes(folder, postgresql_server.url, redis_server.url, **REAL_TIMINGS) as started:
        yield started


async def wait_for_close(socket: OpenSocket, seconds: float) -> int:
    """The code with which it is closed within this time."""
    async with asyncio.timeout(seconds):
        try:
            await socket.read_until("</never>")
        except ConnectionError as closed:
            return int(closed.args[0])
    raise AssertionError("it stays open")


def sign_out(process: DashboardServer, key: str) -> float:
    """By the page of this process; how many seconds it took to answer."""
    client = process.client()
    client.cookies.set("quarterdeck-session", key, domain="127.0.0.1")
    page = client.get(process.url + "/people/me/", timeout=60).text
    fields = {"csrfmiddlewaretoken": TOKEN.findall(page)[0]}
    began = time.monotonic()
    found = client.post(
        process.url + "/people/sign-out/",
        data=fields, headers={"Referer": process.url}, timeout=60, allow_redirects=False,
    )  # fmt: skip
    assert found.status_code == 302
    return time.monotonic() - began


async def expect_signed_out(one: DashboardServer, other: DashboardServer, key: str, within: float) -> float:
    """Signed out at one process, the sockets of both end; how long the page took that signed out."""
    async with Sockets(one) as here, Sockets(other) as there:
        sockets = [await here.open(key, PAGE), await there.open(key, PAGE)]
        took = await asyncio.to_thread(sign_out, one, key)
        codes = [await wait_for_close(socket, within) for socket in sockets]
    assert codes[0] == SIGNED_OUT, "this process needs no Redis for it"
    assert codes[1] in (SIGNED_OUT, CHANGED)
    return took


def test_sign_out_reaches_the_sockets_of_all_processes_at_once(processes: list[DashboardServer]) -> None:
    one, other = processes
    for first, second in ((one, other), (other, one)):
        run(lambda: expect_signed_out(first, second, one.session("dana"), AT_ONCE))  # noqa: B023 - run at once


@short_and_long("seconds", 12, 60)
def test_open_pages_of_two_processes_lose_no_socket(processes: list[DashboardServer], seconds: int) -> None:
    """A client that reads from Redis with a time-out of its own loses them one after the other, each some 5 s."""

    async def stay_open() -> None:
        async with Sockets(processes[0]) as here, Sockets(processes[1]) as there:
            key = processes[0].session("dana")
            sockets = [await client.open(key, PAGE) for client in (here, there) for _ in range(PAGES)]
            reading = [asyncio.create_task(wait_for_close(socket, seconds + 30)) for socket in sockets]
            lost, open_ones = await asyncio.wait(
                reading, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            assert (len(lost), len(open_ones)) == (0, 2 * PAGES)
            await asyncio.to_thread(sign_out, processes[1], key)
            codes = await asyncio.wait_for(asyncio.gather(*reading), AT_ONCE)
            assert set(codes) <= {SIGNED_OUT, CHANGED}

    run(stay_open, seconds + 60)


@pytest.mark.parametrize(("break_it", "mend"), BREAKS)
def test_without_redis_pages_stay_live_and_say_what_is_late(
    processes: list[DashboardServer], redis_server: RedisServer, break_it: Break, mend: Break
) -> None:
    one, other = processes

    async def go_on() -> None:
        async with Sockets(one) as here, Sockets(other) as there:
            key = one.session("dana")
            sockets = [await here.open(key, PAGE), await there.open(key, PAGE)]
            break_it(redis_server)
            try:
                for socket in sockets:
                    await socket.read_until(LATE)
                sockets.append(await there.open(key, PAGE))
                await sockets[-1].read_until(LATE)
                took = await expect_signed_out(one, other, one.session("rene"), CHECKED)
                assert took < AT_ONCE, "nobody waits for Redis"
            finally:
                mend(redis_server)
            for socket in sockets:
                html = await socket.read_until('data-target="#outage"')
                assert LATE not in html
            await expect_signed_out(one, other, one.session("stan"), AT_ONCE)
            assert [socket.socket.closed for socket in sockets] == [False] * 3

    run(go_on, 120)


def test_a_change_for_many_people_does_not_wait_for_a_redis_that_hangs(
    processes: list[DashboardServer], redis_server: RedisServer
) -> None:
    """All its messages are sent behind its back, in one go."""
    one, _other = processes
    names = [one.run_command("create_editor", name=f"crew-{number}") for number in range(30)]
    redis_server.freeze()
    try:
        began = time.monotonic()
        assert one.run_command("bump_access", names=names) == len(names)
        assert time.monotonic() - began < AT_ONCE
    finally:
        redis_server.thaw()


def test_strange_messages_in_redis_do_nothing(
    processes: list[DashboardServer], redis_server: RedisServer
) -> None:
    one, other = processes

    async def stay_open() -> None:
        async with Sockets(one) as here:
            key = one.session("dana")
            socket = await here.open(key, PAGE)
            with Redis.from_url(redis_server.url) as client:
                for message in STRANGE:
                    assert client.publish(CHANNEL, message) == 2, "both processes hear it"
            await expect_signed_out(other, one, one.session("rene"), AT_ONCE)
            assert not socket.socket.closed

    run(stay_open)
