"""Endpoints of discovery, OpenAPI, version and health."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from simulator.requests.call import Call
from simulator.requests.negotiation import JSON
from simulator.requests.responses import compress, encode_json, json_body, respond, text_response
from simulator.requests.statuses import not_acceptable_error, unknown_path_error, unknown_resource_error

CHECKS = (
    "ping",
    "log",
    "etcd",
    "etcd-readiness",
    "informer-sync",
    "poststarthook/crd-informer-synced",
    "shutdown",
)
AGGREGATED = f"{JSON};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


async def discovery(call: Call) -> web.StreamResponse:
    """/api, /apis, a group, a version; raises 404."""
    path = call.info.path.rstrip("/")
    if path in ("/api", "/apis") and _wants_aggregated(call):
        value, etag = call.cluster.discovery.get_aggregated(path)
        return await _public(call, value, etag, media=AGGREGATED)
    found = call.cluster.discovery.get_plain(path, call.request.host)
    if found is None:
        group = path.split("/")[2] if path.startswith("/apis/") else ""
        raise unknown_resource_error() if call.cluster.catalog.is_built_in(group) else unknown_path_error()
    return await respond(call, found)


async def root(call: Call) -> web.StreamResponse:
    return await respond(call, {"paths": call.cluster.discovery.get_root()})


async def release(call: Call) -> web.StreamResponse:
    """/version, always indented."""
    response = await respond(call, call.cluster.archive.release, media=JSON)
    response.body = json_body(call.cluster.archive.release, pretty=True)
    return response


async def health(call: Call) -> web.StreamResponse:
    """/readyz, /livez, /healthz: `ok`, or with ?verbose each check."""
    name = call.info.path.strip("/").partition("/")[0]
    if not call.query.has("verbose"):
        return text_response(call, "ok")
    lines = [f"[+]{check} ok" for check in CHECKS]
    return text_response(call, "\n".join([*lines, f"{name} check passed", ""]))


async def openapi_v3(call: Call) -> web.StreamResponse:
    """The index, or a document by its path; another hash than the right one is sent on to it."""
    path = call.info.path.removeprefix("/openapi/v3").strip("/")
    documents = call.cluster.openapi
    if not path:
        response = await respond(call, {"paths": documents.index()}, media=JSON)
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
        return response
    digest = documents.digest(path)
    if digest is None:
        return web.Response(status=404)
    requested_hash = call.query.get("hash")
    if requested_hash and requested_hash != digest:
        location = f"/openapi/v3/{path}?hash={digest}"
        return web.Response(
            status=301, headers={"Location": location, "ETag": f'"{digest}"', "Vary": "Accept"}
        )
    response = await _public(call, documents.document(path), f'"{digest}"', media=JSON)
    if requested_hash:
        response.headers["Cache-Control"] = "public, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache, private"
    return response


async def openapi_v2(call: Call) -> web.StreamResponse:
    accept = call.headers.get("Accept", "*/*")
    value, etag = call.cluster.openapi.v2()
    if V2_PROTOBUF in accept and not accept.startswith(JSON):
        response = web.Response(body=call.cluster.openapi.v2_protobuf())
        response.headers.update({"ETag": etag, "Cache-Control": "no-cache, private", "Content-Type": V2_TYPE})
        return response
    if JSON not in accept and "*/*" not in accept:
        raise not_acceptable_error((JSON, V2_PROTOBUF))
    response = await _public(call, value, etag, media=JSON)
    response.headers["Cache-Control"] = "no-cache, private"
    return response


def _wants_aggregated(call: Call) -> bool:
    """Where that is accepted before plain JSON."""
    for clause in call.headers.get("Accept", "").split(","):
        parts = {part.strip() for part in clause.split(";")}
        if JSON not in parts and "*/*" not in parts:
            continue
        if "as=APIGroupDiscoveryList" not in parts:
            return False
        if {"g=apidiscovery.k8s.io", "v=v2"} <= parts:
            return True
    return False


async def _public(call: Call, value: Any, etag: str, *, media: str) -> web.Response:
    headers = {"Cache-Control": "public", "ETag": etag, "Vary": "Accept", "Audit-Id": call.audit_id}
    if call.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers=headers)
    response = web.Response(body=encode_json(value), headers=headers)
    response.headers["Content-Type"] = media
    if media == JSON:
        await compress(call, response)
    return response
