"""HTTP responses: JSON or YAML, indented for browsers and curl, compressed when large."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml
from aiohttp import web
from multidict import CIMultiDict

from simulator.requests.call import Call
from simulator.requests.negotiation import JSON, YAML, is_pretty, negotiate
from simulator.requests.statuses import StatusError

LARGE = 128 * 1024  # bytes; from here on answers are compressed
TEXT = "text/plain; charset=utf-8"
_encoder = msgspec.json.Encoder()


def encode_json(value: Any) -> bytes:
    """Compact JSON."""
    return _encoder.encode(value)


async def respond(
    call: Call, value: Any, status: int = 200, *, media: str = "", headers: Mapping[str, str] | None = None
) -> web.Response:
    """One value in the form that was requested (or in `media`)."""
    media = media or negotiate(call.headers.get("Accept", "")).media
    if media == YAML:
        body = yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True).encode()
    else:
        body = json_body(value, pretty=_wants_pretty(call))
    response = web.Response(status=status, body=body, headers=common_headers(call, headers))
    response.headers["Content-Type"] = media
    await compress(call, response)
    return response


async def compress(call: Call, response: web.Response) -> None:
    """A large body, where the caller takes gzip; in a thread, so that others are served."""
    body = response.body
    if isinstance(body, bytes) and len(body) > LARGE and "gzip" in call.headers.get("Accept-Encoding", ""):
        response.body = await asyncio.to_thread(gzip.compress, body, 1)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"


def json_body(value: Any, *, pretty: bool) -> bytes:
    raw = encode_json(value)
    return msgspec.json.format(raw, indent=2) if pretty else raw + b"\n"


def error_response(call: Call, one: StatusError) -> web.Response:
    """A Status, or plain text where the API server writes none."""
    if one.text:
        headers = common_headers(call, {"X-Content-Type-Options": "nosniff", **one.headers})
        response = web.Response(status=one.code, body=one.text.encode(), headers=headers)
        response.headers["Content-Type"] = TEXT
        return response
    body = json_body(one.status(), pretty=one.is_pretty or _wants_pretty(call))
    response = web.Response(status=one.code, body=body, headers=common_headers(call, one.headers))
    response.headers["Content-Type"] = JSON
    return response


def text_response(call: Call, text: str, status: int = 200) -> web.Response:
    headers = common_headers(call, {"X-Content-Type-Options": "nosniff"})
    response = web.Response(status=status, body=text.encode(), headers=headers)
    response.headers["Content-Type"] = TEXT
    return response


def common_headers(call: Call, more: Mapping[str, str] | None = None) -> CIMultiDict[str]:
    """Of every answer; a Warning for each of the call's warnings."""
    found: CIMultiDict[str] = CIMultiDict()
    found["Audit-Id"] = call.audit_id
    found["Cache-Control"] = "no-cache, private"
    for text in call.warnings:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        found.add("Warning", f'299 - "{quoted}"')
    for name, value in (more or {}).items():
        found[name] = value
    return found


def _wants_pretty(call: Call) -> bool:
    pretty = call.query.get("pretty") if call.query.has("pretty") else None
    return is_pretty(call.headers.get("User-Agent", ""), pretty)
