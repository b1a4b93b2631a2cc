"""Downloads: read in a loop of their own, bounded, closed from anywhere, with the errors of their source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from clusters.files.downloads import MAX_WAITING, DownloadService
from clusters.runtime import Runtime
from tests.clusters.api.faults import wait_until


class Source:
    """So many parts, and then an error where one is given; `seen` counts parts that were read, `is_open` says so."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self.count, self.error = count, error
        self.seen = 0
        self.is_open = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[bytes]]:
        self.is_open = True
        try:
            yield self._read()
        finally:
            self.is_open = False

    async def _read(self) -> AsyncIterator[bytes]:
        for number in range(self.count):
            self.seen += 1
            yield b"%d," % number
        if self.error is not None:
            raise self.error


@pytest.fixture
def service():
    runtime = Runtime()
    yield DownloadService(runtime.start_loop)
    runtime.shutdown()


async def collect(parts: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in parts])


def test_all_of_it_arrives_in_another_loop_and_the_source_is_closed(service):
    source = Source(100)
    download = service.open(source.open(), seconds=10.0)
    assert asyncio.run(collect(download.read())) == b"".join(b"%d," % number for number in range(100))
    wait_until(lambda: not source.is_open)
    assert asyncio.run(collect(service.open(Source(0).open(), seconds=10.0).read())) == b""


def test_an_error_before_the_first_part_is_raised_at_once_and_a_later_one_breaks_it_off(service):
    source = Source(0, RuntimeError("first"))
    with pytest.raises(RuntimeError, match="first"):
        service.open(source.open(), seconds=10.0)
    wait_until(lambda: not source.is_open)
    download = service.open(Source(10, RuntimeError("later")).open(), seconds=10.0)
    got = []

    async def read() -> None:
        async for part in download.read():
            got.append(part)

    with pytest.raises(RuntimeError, match="later"):
        asyncio.run(read())
    assert len(got) == 10


def test_who_does_not_read_makes_it_wait_and_closing_ends_it(service):
    source = Source(1000)
    download = service.open(source.open(), seconds=10.0)
    wait_until(lambda: source.seen > MAX_WAITING)
    assert source.seen <= MAX_WAITING + 2, "one was taken, and one waits for its place"
    assert source.is_open
    download.close()
    wait_until(lambda: not source.is_open)


def test_a_source_that_sends_nothing_ends_in_time(service):
    @asynccontextmanager
    async def silent() -> AsyncIterator[AsyncIterator[bytes]]:
        state.append("open")
        try:
            await asyncio.Event().wait()
            yield Source(1)._read()
        finally:
            state.append("closed")

    state: list[str] = []
    with pytest.raises(TimeoutError):
        service.open(silent(), seconds=0.1)
    wait_until(lambda: state == ["open", "closed"])
