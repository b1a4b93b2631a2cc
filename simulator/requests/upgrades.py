"""WebSocket upgrade detection."""

from __future__ import annotations

from simulator.requests.call import Call


def is_websocket(call: Call) -> bool:
    is_upgrade = "upgrade" in call.headers.get("Connection", "").lower()
    return is_upgrade and call.headers.get("Upgrade", "").lower() == "websocket"
