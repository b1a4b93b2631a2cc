"""HTTP client of the tests for an API server, simulated or real, without a client library."""

from __future__ import annotations

import http.client
import json
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SECONDS = 30


@dataclass(frozen=True)
class Reply:
    """One answer. `json` is None where the body is none."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    warnings: tuple[str, ...] = ()
    json: Any = field(default=None)

    @property
    def message(self) -> str:
        return self.json.get("message", "") if isinstance(self.json, dict) else ""

    @property
    def reason(self) -> str:
        return self.json.get("reason", "") if isinstance(self.json, dict) else ""

    @property
    def causes(self) -> list[tuple[str, str, str]]:
        found = (self.json.get("details") or {}).get("causes") or []
        return [(one.get("reason", ""), one.get("field", ""), one.get("message", "")) for one in found]

    def events(self) -> list[Any]:
        """Of a watch that has ended."""
        return [json.loads(line) for line in self.body.splitlines()]


class Caller:
    """One person at one API server; connections are reused."""

    def __init__(self, server: str, ca: str, token: str = "", pair: tuple[str, str] | None = None) -> None:
        self.server, self.token = server, token
        self._idle: list[http.client.HTTPSConnection] = []
        self.context = ssl.create_default_context(cadata=ca)
        if pair is not None:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "pair.pem"
                path.write_text("".join(pair))
                self.context.load_cert_chain(path)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """`body` is bytes, text, or a value to send as JSON."""
        sent = self._headers(body, content_type, accept, headers)
        answer, raw = self._exchange(method, path, _bytes(body), sent)
        warnings = tuple(value for name, value in answer.getheaders() if name.lower() == "warning")
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, found, raw, warnings, _json(raw))

    def get(self, path: str, **same: Any) -> Reply:
        return self.call("GET", path, **same)

    def post(self, path: str, body: Any = None, **same: Any) -> Reply:
        return self.call("POST", path, body, **same)

    def put(self, path: str, body: Any = None, **same: Any) -> Reply:
        return self.call("PUT", path, body, **same)

    def patch(self, path: str, body: Any = None, kind: str = "merge", **same: Any) -> Reply:
        """`kind` is json, merge, strategic or apply."""
        media = {
            "json": "json-patch+json",
            "merge": "merge-patch+json",
            "strategic": "strategic-merge-patch+json",
        }
        name = media.get(kind, "apply-patch+yaml")
        return self.call("PATCH", path, body, content_type=f"application/{name}", **same)

    def delete(self, path: str, body: Any = None, **same: Any) -> Reply:
        return self.call("DELETE", path, body, **same)

    def watch(self, path: str, **same: Any) -> list[Any]:
        """All events until the server ends it: name `timeoutSeconds` in the path."""
        reply = self.get(path, **same)
        assert reply.status == 200, reply.body
        return [json.loads(line) for line in reply.body.splitlines()]

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Over an idle connection, or where the server has closed that one over a new one."""
        while True:
            connection, is_kept = (self._idle.pop(), True) if self._idle else (self._connection(), False)
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                raw = answer.read()
            except (ConnectionError, http.client.RemoteDisconnected, ssl.SSLError):
                connection.close()
                if not is_kept:
                    raise
                continue
            if answer.will_close:
                connection.close()
            else:
                self._idle.append(connection)
            return answer, raw

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _connection(self) -> http.client.HTTPSConnection:
        parts = urlsplit(self.server)
        return http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=SECONDS, context=self.context
        )

    def _headers(
        self, body: Any, content_type: str, accept: str, headers: Mapping[str, str] | None
    ) -> dict[str, str]:
        found = {"Accept": accept, "User-Agent": "quarterdeck-tests/1"}
        if self.token:
            found["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            found["Content-Type"] = content_type
        return found | dict(headers or {})


def _bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
