"""ASGI requests: the whole application called as a server calls it, with raw headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from dashboard.asgi import application as whole
from tests import canary

HOST = "127.0.0.1:8000"
PATIENCE = 60.0  # seconds
HeaderPairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """An answer; `headers` hold each name in lower case, as often as it was sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def list_values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def get_value(self, name: str) -> str:
        """The header's value, "" where it is not there; a header that was sent twice is a mistake."""
        found = self.list_values(name)
        assert len(found) < 2, f"{name} was sent {len(found)} times"
        return found[0] if found else ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


async def send_request(
    method: str,
    path: str,
    headers: HeaderPairs = (),
    body: bytes = b"",
    *,
    session: str = "",
    host: str = HOST,
    client: str = "127.0.0.1",
    scheme: str = "http",
    application: Any = whole,
    query: bytes | None = None,
) -> Reply:
    """`path` with its query as in an address bar; `host` is left out where it is empty."""
    requested, _, words = path.partition("?")
    sent = [("host", host)] if host else []
    sent += list(headers)
    if session:
        sent.append(("cookie", f"{settings.SESSION_COOKIE_NAME}={session}"))
    if body:
        sent.append(("content-length", str(len(body))))
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": unquote(requested),
        "raw_path": requested.encode(),
        "query_string": quote(words, safe="=&%+/:,").encode() if query is None else query,
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin1")) for name, value in sent],
        "client": [client, 40000],
        "server": ["127.0.0.1", 8000],
    }
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": body})
    start = await communicator.receive_output(PATIENCE)
    parts, more = b"", True
    while more:
        part = await communicator.receive_output(PATIENCE)
        parts, more = parts + part.get("body", b""), part.get("more_body", False)
    await communicator.wait(PATIENCE)
    names = tuple((key.decode("latin1").lower(), value.decode("latin1")) for key, value in start["headers"])
    shown = "\n".join(f"{name}: {value}" for name, value in names if name != "set-cookie")
    canary.check_text(shown, f"the headers of {method} {path}")
    return Reply(start["status"], names, parts)
