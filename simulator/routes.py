"""Which function answers which request? The one table of what is served."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from simulator.reading.documents import discovery, health, openapi_v2, openapi_v3, release, root
from simulator.reading.lists import list_objects
from simulator.reading.objects import get_object
from simulator.reading.watches import watch_objects
from simulator.requests.call import Call
from simulator.requests.statuses import method_not_allowed, no_such_page, no_such_resource
from simulator.writing.calls import (
    create_object,
    delete_collection,
    delete_object,
    patch_object,
    update_object,
)

Handler = Callable[[Call], Awaitable[web.StreamResponse]]

PATHS: dict[str, Handler] = {
    "": root,
    "version": release,
    "healthz": health,
    "livez": health,
    "readyz": health,
    "api": discovery,
    "apis": discovery,
}

VERBS: dict[str, Handler] = {
    "get": get_object,
    "list": list_objects,
    "watch": watch_objects,
    "create": create_object,
    "update": update_object,
    "patch": patch_object,
    "delete": delete_object,
    "deletecollection": delete_collection,
}

# What a kind answers in its own way: by group, plural, subresource, and RBAC's verb
SPECIAL: dict[tuple[str, str, str, str], Handler] = {}

# Subresources that are the object itself, less what may be changed there
OBJECT_PARTS = {"status", "finalize", "approval", "ephemeralcontainers", "resize"}


def handler(call: Call) -> Handler:
    """Raises 404 and 405."""
    info = call.info
    if not info.is_resource:
        return _of_path(call)
    if call.resource_or_none is None:
        raise (
            no_such_resource()
            if call.cluster.catalogue.has_version(info.group, info.version)
            else no_such_page()
        )
    special = SPECIAL.get((info.group, info.resource, info.subresource, info.verb))
    if special is not None:
        return special
    if info.rest or (info.subresource and info.subresource not in call.resource.subresources):
        raise no_such_resource()
    if call.request.method not in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        raise method_not_allowed()
    verbs = call.resource.subresources[info.subresource].verbs if info.subresource else call.resource.verbs
    is_on_name = info.verb in ("get", "update", "patch", "delete")
    if (
        info.verb not in verbs
        or is_on_name != bool(_name_in_path(call))
        or call.resource.is_namespaced < bool(info.namespace)
    ):
        raise method_not_allowed()
    if info.subresource and info.subresource not in OBJECT_PARTS:
        raise method_not_allowed()
    return VERBS[info.verb]


def _of_path(call: Call) -> Handler:
    parts = call.info.path.strip("/").split("/")
    if call.request.method not in ("GET", "HEAD"):
        raise method_not_allowed() if parts[0] in PATHS else no_such_page()
    if parts[:2] == ["openapi", "v3"]:
        return openapi_v3
    if parts == ["openapi", "v2"]:
        return openapi_v2
    if parts[0] in PATHS and (parts[0] in ("api", "apis", "healthz", "livez", "readyz") or len(parts) == 1):
        return PATHS[parts[0]]
    raise no_such_page()


def _name_in_path(call: Call) -> str:
    """The name of a list by field selector is RBAC's alone."""
    return "" if call.info.verb in ("list", "watch", "deletecollection", "create") else call.info.name
