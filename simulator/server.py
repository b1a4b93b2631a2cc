"""HTTPS server of a simulated cluster: one port each, all in one event loop."""

from __future__ import annotations

import asyncio
import base64
import socket
import uuid
from urllib.parse import unquote

import yaml
from aiohttp import web

from simulator.cluster import Cluster
from simulator.reconcilers.runner import ReconcilerRunner
from simulator.requests.authentication import ANONYMOUS, read_impersonated_user
from simulator.requests.call import Call
from simulator.requests.deprecations import deprecation
from simulator.requests.impersonation import check_impersonation
from simulator.requests.info import Query, read_path
from simulator.requests.rbac_messages import rbac_forbidden_error
from simulator.requests.responses import error_response
from simulator.requests.statuses import StatusError
from simulator.routes import handler
from simulator.runtime.cluster_runtime import ClusterRuntime

HEADER_SIZE = 64 * 1024
CLOSING_SECONDS = 2.0


class Server:
    """One cluster on 127.0.0.1: `await start()`, then `port`; `await stop()`. Controllers run with `runtime`."""

    def __init__(self, cluster: Cluster, runtime: ClusterRuntime | None = None) -> None:
        self.cluster = cluster
        self.port = 0
        self.runtime = runtime
        self.reconcilers = ReconcilerRunner(cluster) if runtime is None else runtime.reconcilers
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """On that port, or a free one."""
        server = web.Server(
            self._respond,
            handler_cancellation=True,
            access_log=None,
            max_line_size=HEADER_SIZE,
            max_field_size=HEADER_SIZE,
            auto_decompress=False,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=CLOSING_SECONDS)
        await self._runner.setup()
        listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = listener.getsockname()[1]
        context = await asyncio.to_thread(self.cluster.authority.context)
        site = web.SockSite(self._runner, listener, ssl_context=context)
        await site.start()
        if self.runtime is not None:
            self.runtime.start()

    async def stop(self) -> None:
        """Closes open watches and stops the runtime."""
        if self.runtime is not None:
            self.runtime.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        call = self._make_call(request)
        try:
            call.user = self.cluster.authentication.authenticate(call)
            self._impersonate(call)
            self._authorize(call)
            answer = handler(call)
            if call.resource_or_none is not None and (warning := deprecation(call.resource)):
                call.warnings.append(warning)
            return await answer(call)
        except StatusError as one:
            return error_response(call, one)

    def _make_call(self, request: web.BaseRequest) -> Call:
        path, _, text = request.raw_path.partition("?")
        query = Query.parse(text)
        info = read_path(request.method, unquote(path), query)
        audit_id = request.headers.get("Audit-Id") or str(uuid.uuid4())
        call = Call(self.cluster, request, info, query, audit_id, ANONYMOUS)
        if info.is_resource:
            call.resource_or_none = self.cluster.catalog.find(info.group, info.version, info.resource)
        return call

    def _impersonate(self, call: Call) -> None:
        """Impersonation: replaces the user of the call where its user may impersonate that one."""
        impersonated = read_impersonated_user(
            call.headers, call.request.headers.getall("Impersonate-Group", [])
        )
        if impersonated is not None:
            check_impersonation(self.cluster.rbac, call.user, impersonated, call.attributes())
            call.user = impersonated

    def _authorize(self, call: Call) -> None:
        attributes = call.attributes()
        decision = self.cluster.rbac.decide(call.user, attributes)
        if not decision.is_allowed:
            raise rbac_forbidden_error(call.user, attributes, decision.reason)


def kubeconfig(server: Server, token: str, *, name: str = "admin") -> str:
    """YAML with everything inline."""
    authority = base64.b64encode(server.cluster.authority.pem.encode()).decode()
    found = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": server.cluster.name,
                "cluster": {"server": server.url, "certificate-authority-data": authority},
            }
        ],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [
            {"name": server.cluster.name, "context": {"cluster": server.cluster.name, "user": name}}
        ],
        "current-context": server.cluster.name,
    }
    text: str = yaml.safe_dump(found, sort_keys=False)
    return text
