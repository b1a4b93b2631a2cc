"""How is a cluster reached? Over TLS on a port of its own, in one process with the others."""

from __future__ import annotations

import asyncio
import base64
import socket
import uuid
from urllib.parse import unquote

import yaml
from aiohttp import web

from simulator.cluster import Cluster
from simulator.keeping.house import House
from simulator.lives.lives import Lives
from simulator.requests.answers import refused
from simulator.requests.authentication import ANONYMOUS, impersonated
from simulator.requests.call import Call
from simulator.requests.deprecations import deprecation
from simulator.requests.impersonation import check_impersonation
from simulator.requests.info import Query, read_path
from simulator.requests.rbac_texts import forbidden_by_rbac
from simulator.requests.statuses import Refusal
from simulator.routes import handler

HEADER_SIZE = 64 * 1024
CLOSING_SECONDS = 2.0


class Server:
    """One cluster on 127.0.0.1. `await start()`, then `port`; `await stop()`. With `lives` it lives meanwhile."""

    def __init__(self, cluster: Cluster, lives: Lives | None = None) -> None:
        self.cluster = cluster
        self.port = 0
        self.lives = lives
        self.house = House(cluster) if lives is None else lives.house
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """On that port, or a free one."""
        server = web.Server(
            self._answer,
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
        if self.lives is not None:
            self.lives.start()

    async def stop(self) -> None:
        """Open watches are ended, and nothing goes on."""
        if self.lives is not None:
            self.lives.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        call = self._call(request)
        try:
            call.user = self.cluster.authentication.user_of(call)
            self._impersonate(call)
            self._authorize(call)
            answer = handler(call)
            if call.resource_or_none is not None and (warning := deprecation(call.resource)):
                call.warnings.append(warning)
            return await answer(call)
        except Refusal as one:
            return refused(call, one)

    def _call(self, request: web.BaseRequest) -> Call:
        path, _, text = request.raw_path.partition("?")
        query = Query.of(text)
        info = read_path(request.method, unquote(path), query)
        audit_id = request.headers.get("Audit-Id") or str(uuid.uuid4())
        call = Call(self.cluster, request, info, query, audit_id, ANONYMOUS)
        if info.is_resource:
            call.resource_or_none = self.cluster.catalogue.find(info.group, info.version, info.resource)
        return call

    def _impersonate(self, call: Call) -> None:
        """From here on the call is somebody else's, where its user may be them."""
        wanted = impersonated(call.headers, call.request.headers.getall("Impersonate-Group", []))
        if wanted is not None:
            check_impersonation(self.cluster.rbac, call.user, wanted, call.attributes())
            call.user = wanted

    def _authorize(self, call: Call) -> None:
        asked = call.attributes()
        decision = self.cluster.rbac.decide(call.user, asked)
        if not decision.is_allowed:
            raise forbidden_by_rbac(call.user, asked, decision.reason)


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
