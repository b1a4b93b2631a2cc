"""API call: one request with its user, path info and resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from simulator.cluster import Cluster
from simulator.requests.authentication import User
from simulator.requests.info import Query, RequestInfo
from simulator.requests.rbac import Attributes
from simulator.requests.statuses import StatusError, status_error, unknown_resource_error
from simulator.schemas.resources import Resource

LARGEST_BODY = 3 * 1024 * 1024  # bytes, as the real one


@dataclass
class Call:
    """One request of one person to one cluster."""

    cluster: Cluster
    request: web.BaseRequest
    info: RequestInfo
    query: Query
    audit_id: str
    user: User
    resource_or_none: Resource | None = None
    warnings: list[str] = field(default_factory=list)  # sent as Warning headers

    @property
    def resource(self) -> Resource:
        """Of a resource request whose kind exists."""
        if self.resource_or_none is None:
            raise unknown_resource_error()
        return self.resource_or_none

    @property
    def namespace(self) -> str:
        """Of the objects in the store: "" of a kind that has none, though a Namespace is authorized in itself."""
        return self.info.namespace if self.resource.is_namespaced else ""

    @property
    def headers(self) -> Mapping[str, str]:
        return self.request.headers

    @property
    def peer(self) -> Mapping[str, Any] | None:
        """The client certificate, where one was sent and the cluster's authority signed it."""
        transport = self.request.transport
        found: Mapping[str, Any] | None = transport.get_extra_info("peercert") if transport else None
        return found or None

    @property
    def peer_bytes(self) -> bytes:
        transport = self.request.transport
        tls = transport.get_extra_info("ssl_object") if transport else None
        return (tls.getpeercert(binary_form=True) or b"") if tls is not None else b""

    @property
    def manager(self) -> str:
        """Who is recorded in managedFields: `fieldManager`, else the User-Agent up to its slash."""
        agent = self.headers.get("User-Agent", "").partition("/")[0]
        return self.query.get("fieldManager") or agent[:128] or "unknown"

    @property
    def is_dry_run(self) -> bool:
        return self.query.has("dryRun")

    def attributes(self, verb: str = "") -> Attributes:
        """What RBAC authorizes for this request, or for another verb on the same."""
        one = self.info
        if not one.is_resource:
            return Attributes(verb or one.verb, path=one.path)
        return Attributes(
            verb or one.verb,
            one.group,
            one.resource,
            one.subresource,
            one.namespace,
            one.name,
            version=one.version,
        )

    async def body(self) -> bytes:
        """Raises 413 beyond 3 MiB."""
        found = bytearray()
        async for part in self.request.content.iter_chunked(65_536):
            found += part
            if len(found) > LARGEST_BODY:
                raise _too_large()
        return bytes(found)


def _too_large() -> StatusError:
    return status_error(413, f"Request entity too large: limit is {LARGEST_BODY}")
