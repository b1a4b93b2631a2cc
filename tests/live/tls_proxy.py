"""TLS-terminating proxy, as small as a test needs it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.controlplane.certificates import Authority


class TlsProxy:
    """Ends TLS on a port of its own and hands each connection on, one request each, with these headers added."""

    def __init__(self, folder: Path, port: int, backend: int, headers: Iterable[str]) -> None:
        pair = Authority("proxy").server()
        file = folder / "proxy.pem"
        file.write_text(pair.certificate + pair.key)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(file)
        self._listener = socket.create_server(("127.0.0.1", port))
        self._backend = backend
        self._added_headers = "".join(f"{line}\r\n" for line in headers).encode()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_raised: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        with suppress(OSError), self._context.wrap_socket(accepted, server_side=True) as client:
            head = b""
            while b"\r\n\r\n" not in head:
                part = client.recv(65536)
                if not part:
                    return
                head += part
            with socket.create_connection(("127.0.0.1", self._backend)) as server:
                server.sendall(self._rewrite_head(head))
                threading.Thread(target=_pump, args=(client, server), daemon=True).start()
                _pump(server, client)

    def _rewrite_head(self, head: bytes) -> bytes:
        """The head with our headers, and without keep-alive: the next request comes over a connection of its own."""
        first, _, rest = head.partition(b"\r\n")
        lines = rest.replace(b"Connection: keep-alive", b"Connection: close")
        return first + b"\r\n" + self._added_headers + lines


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
