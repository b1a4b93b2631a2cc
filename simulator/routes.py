"""Route table: the function that serves each request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from simulator.metrics.endpoints import get_metrics, list_metrics, reject_watch
from simulator.pods.evictions import evict
from simulator.pods.executions import attach, execute
from simulator.pods.log_requests import read_log
from simulator.pods.sessions import reject_port_forward
from simulator.reading.documents import discovery, health, openapi_v2, openapi_v3, release, root
from simulator.reading.lists import list_objects
from simulator.reading.objects import get_object
from simulator.reading.watches import watch_objects
from simulator.requests.call import Call
from simulator.requests.statuses import method_not_allowed_error, unknown_path_error, unknown_resource_error
from simulator.reviews.reviews import (
    access_review,
    local_access_review,
    self_access_review,
    self_review,
    self_rules_review,
    token_review,
)
from simulator.reviews.token_requests import request_token
from simulator.writing.calls import (
    create_object,
    delete_collection,
    delete_object,
    patch_object,
    update_object,
)
from simulator.writing.scale import get_scale, patch_scale, update_scale

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
AUTHORIZATION, AUTHENTICATION = "authorization.k8s.io", "authentication.k8s.io"
SPECIAL: dict[tuple[str, str, str, str], Handler] = {
    (AUTHORIZATION, "selfsubjectaccessreviews", "", "create"): self_access_review,
    (AUTHORIZATION, "selfsubjectrulesreviews", "", "create"): self_rules_review,
    (AUTHORIZATION, "subjectaccessreviews", "", "create"): access_review,
    (AUTHORIZATION, "localsubjectaccessreviews", "", "create"): local_access_review,
    (AUTHENTICATION, "selfsubjectreviews", "", "create"): self_review,
    (AUTHENTICATION, "tokenreviews", "", "create"): token_review,
    ("", "serviceaccounts", "token", "create"): request_token,
    ("", "pods", "log", "get"): read_log,
    ("", "pods", "exec", "create"): execute,
    ("", "pods", "exec", "get"): execute,
    ("", "pods", "attach", "create"): attach,
    ("", "pods", "attach", "get"): attach,
    ("", "pods", "portforward", "create"): reject_port_forward,
    ("", "pods", "portforward", "get"): reject_port_forward,
    ("", "pods", "eviction", "create"): evict,
    ("metrics.k8s.io", "pods", "", "get"): get_metrics,
    ("metrics.k8s.io", "nodes", "", "get"): get_metrics,
    ("metrics.k8s.io", "pods", "", "list"): list_metrics,
    ("metrics.k8s.io", "nodes", "", "list"): list_metrics,
    ("metrics.k8s.io", "pods", "", "watch"): reject_watch,
    ("metrics.k8s.io", "nodes", "", "watch"): reject_watch,
}

SCALE: dict[str, Handler] = {"get": get_scale, "update": update_scale, "patch": patch_scale}

# Subresources that are the object itself, less what may be changed there
OBJECT_PARTS = {"status", "finalize", "approval", "ephemeralcontainers", "resize"}


def handler(call: Call) -> Handler:
    """Raises 404 and 405."""
    info = call.info
    if not info.is_resource:
        return _find_path_handler(call)
    if call.resource_or_none is None:
        raise (
            unknown_resource_error() if call.cluster.catalog.is_built_in(info.group) else unknown_path_error()
        )
    special = SPECIAL.get((info.group, info.resource, info.subresource, info.verb))
    if special is not None:
        return special
    if _is_misplaced(call):
        raise unknown_resource_error()
    if call.request.method not in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        raise method_not_allowed_error()
    verbs = call.resource.subresources[info.subresource].verbs if info.subresource else call.resource.verbs
    is_one = info.verb in ("get", "update", "patch", "delete") or bool(info.subresource)
    is_homeless = info.verb == "create" and call.resource.is_namespaced and not info.namespace
    if info.verb not in verbs or is_one != bool(_name_in_path(call)) or is_homeless:
        raise method_not_allowed_error()
    if info.subresource == "scale":
        return SCALE[info.verb]
    if info.subresource and info.subresource not in OBJECT_PARTS:
        raise method_not_allowed_error()
    return VERBS[info.verb]


def _find_path_handler(call: Call) -> Handler:
    parts = call.info.path.strip("/").split("/")
    if call.request.method not in ("GET", "HEAD"):
        raise method_not_allowed_error() if parts[0] in PATHS else unknown_path_error()
    if parts[:2] == ["openapi", "v3"]:
        return openapi_v3
    if parts == ["openapi", "v2"]:
        return openapi_v2
    if parts[0] in PATHS and (parts[0] in ("api", "apis", "healthz", "livez", "readyz") or len(parts) == 1):
        return PATHS[parts[0]]
    raise unknown_path_error()


def _name_in_path(call: Call) -> str:
    """The name of a list by field selector is RBAC's alone."""
    return "" if call.info.verb in ("list", "watch", "deletecollection") else call.info.name


def _is_misplaced(call: Call) -> bool:
    """A part that the kind has not, a namespace where it has none, or none where an object has one."""
    info, resource = call.info, call.resource
    if info.rest or (info.subresource and info.subresource not in resource.subresources):
        return True
    if not resource.is_namespaced:
        return bool(info.namespace) and info.resource != "namespaces"
    return bool(_name_in_path(call)) and not info.namespace
