"""WebSocket handshakes of Daphne, with the request ID in their response, accepted or rejected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from dashboard.monitoring.request_ids import HEADER, generate_id


class TrackedHandshake(WebSocketProtocol):  # type: ignore[misc] # daphne has no types
    """Daphne leaves the headers of `websocket.accept` out, and rejects without any."""

    request_id = ""

    def handle_reply(self, message: dict[str, Any]) -> None:
        for name, value in message.get("headers", ()):
            if name == HEADER.encode():
                self.request_id = value.decode()
        super().handle_reply(message)

    def serverAccept(self, subprotocol: str | None = None) -> None:
        super().serverAccept((subprotocol, {HEADER: self.request_id or generate_id()}))

    def sendHttpErrorResponse(
        self, code: int, reason: str, responseHeaders: Sequence[tuple[str, str]] | None = None
    ) -> None:
        headers = [*(responseHeaders or ()), (HEADER, self.request_id or generate_id())]
        super().sendHttpErrorResponse(code, reason, headers)
