"""WebSocket side of the fault server: accepts an upgrade and sends frames, well formed or not."""

from __future__ import annotations

import base64
import hashlib

from tests.clusters.api.faults import Wire

_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
BINARY, CLOSE, PING = 2, 8, 9


def accept_upgrade(wire: Wire, protocol: str = "v5.channel.k8s.io") -> None:
    """101, with a subprotocol unless it is empty."""
    digest = hashlib.sha1((wire.request.headers["sec-websocket-key"] + _KEY).encode()).digest()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}",
        *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []),
    ]
    wire.upgraded = True
    wire.send("\r\n".join([*lines, "", ""]).encode())


def build_frame(content: bytes, opcode: int = BINARY) -> bytes:
    """One whole frame, unmasked as a server's are."""
    size = len(content)
    if size < 126:
        head = bytes([size])
    elif size < 65536:
        head = bytes([126]) + size.to_bytes(2, "big")
    else:
        head = bytes([127]) + size.to_bytes(8, "big")
    return bytes([0x80 | opcode]) + head + content
