"""TLS front: terminates TLS before a dashboard as a load balancer does; kubectl sends no token over plain HTTP."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import threading
from contextlib import suppress
from typing import Self

from tests.controlplane.certificates import Authority

AUTHORITY = Authority("front")


class TlsFront:
    """On a port of its own, in a thread of its own; passes bytes on in both directions."""

    def __init__(self, backend: int) -> None:
        self._backend = backend
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        pair = AUTHORITY.server()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(pair.certificate + pair.key)
            file.flush()
            self._context.load_cert_chain(file.name)
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca(self) -> str:
        return AUTHORITY.pem

    def __enter__(self) -> Self:
        self._thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_raised: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def cut(self) -> None:
        """Break all open connections."""

        def close() -> None:
            for writer in self._writers:
                writer.transport.abort()

        self._loop.call_soon_threadsafe(close)

    async def _serve(self, source: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            onward_source, onward = await asyncio.open_connection("127.0.0.1", self._backend)
            self._writers |= {writer, onward}
            try:
                await asyncio.wait(
                    [
                        asyncio.ensure_future(_copy(source, onward)),
                        asyncio.ensure_future(_copy(onward_source, writer)),
                    ],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                self._writers -= {writer, onward}
                for one in (writer, onward):
                    one.close()


async def _copy(source: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while content := await source.read(65536):
            writer.write(content)
            await writer.drain()
