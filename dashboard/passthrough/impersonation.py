"""Impersonation: its headers reach a cluster only where the person's own credential may impersonate all of them.

As https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation has it. Kubernetes
decides again; this keeps a header that nobody reviewed from being sent at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import unquote

from clusters.api.resource_attributes import ResourceAttributes
from clusters.gateway.connect import ClusterSession
from clusters.passthrough.header_rules import normalize
from clusters.runtime import runtime

SERVICE_ACCOUNT = "system:serviceaccount:"
AUTHENTICATION = "authentication.k8s.io"
EXTRA = b"impersonate-extra-"
RESOURCES = {b"impersonate-group": ("", "groups"), b"impersonate-uid": (AUTHENTICATION, "uids")}
MAX_HEADERS = 40


async def check_impersonation(session: ClusterSession, headers: Sequence[tuple[bytes, bytes]]) -> str:
    """Why it is refused; nothing where each header is permitted."""
    if len(headers) > MAX_HEADERS:
        return f"There are more than {MAX_HEADERS} impersonation headers."
    if not any(normalize(name) == b"impersonate-user" for name, _value in headers):
        return "Impersonation needs Impersonate-User."
    checks = [_attributes(normalize(name), value.decode("latin1")) for name, value in headers]
    known = [one for one in checks if one is not None]
    if len(known) != len(checks):
        return "An impersonation header is unknown."
    found = await asyncio.get_running_loop().run_in_executor(
        runtime.pool("passthrough"), session.review_access, known
    )
    denied = next((one for one in known if found[one].state != "allowed"), None)
    if denied is None:
        return ""
    return f"Your credential cannot impersonate {denied.resource} “{denied.name}”."


def _attributes(name: bytes, value: str) -> ResourceAttributes | None:
    """What has to be permitted for one header; None for one that is unknown."""
    if name == b"impersonate-user":
        namespace, separator, account = value.removeprefix(SERVICE_ACCOUNT).partition(":")
        if value.startswith(SERVICE_ACCOUNT) and separator:
            return ResourceAttributes(
                "impersonate", version="v1", resource="serviceaccounts", namespace=namespace, name=account
            )
        return ResourceAttributes("impersonate", version="v1", resource="users", name=value)
    if name in RESOURCES:
        group, resource = RESOURCES[name]
        return ResourceAttributes("impersonate", group, "v1", resource, name=value)
    if name.startswith(EXTRA):
        key = unquote(name.removeprefix(EXTRA).decode("latin1"))
        return ResourceAttributes(
            "impersonate", AUTHENTICATION, "v1", "userextras", subresource=key, name=value
        )
    return None
