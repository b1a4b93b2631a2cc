"""Scale subresource of workloads and custom resources."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from simulator.printing.custom import find_values
from simulator.reading.objects import get_existing
from simulator.requests.call import Call
from simulator.requests.negotiation import negotiate
from simulator.requests.responses import respond
from simulator.requests.statuses import Cause, bad_request_error, invalid_error, modified_error
from simulator.schemas.resources import Object, Resource
from simulator.schemas.types import Type
from simulator.writing import registry
from simulator.writing.applies import check_patch_options, is_apply
from simulator.writing.bodies import read_object
from simulator.writing.decoding import decode
from simulator.writing.options import WriteOptions, write_options
from simulator.writing.patches import Patch, read_patch
from simulator.writing.selectors import selector_text

SCALE = Resource("autoscaling", "v1", "scales", "scale", "Scale", True, ())
PATHS = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}


async def get_scale(call: Call) -> web.StreamResponse:
    media = negotiate(call.headers.get("Accept", "")).media
    return await respond(call, build_scale(get_existing(call), call.resource), media=media)


async def update_scale(call: Call) -> web.StreamResponse:
    options = write_options(call, "UpdateOptions")
    thing, _ = await read_object(call)
    desired = decode(thing, _type(call), SCALE).thing
    if not (desired.get("metadata") or {}).get("name"):
        name = call.info.name
        raise bad_request_error(
            f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )
    if desired["metadata"]["name"] != call.info.name:
        given = desired["metadata"]["name"]
        raise bad_request_error(
            f"the name of the object ({given}) does not match the name on the URL ({call.info.name})"
        )
    return await _update_scale(call, options, lambda old: desired)


async def patch_scale(call: Call) -> web.StreamResponse:
    options = write_options(call, "PatchOptions")
    check_patch_options(call)
    if is_apply(call):
        raise bad_request_error("apply of scale is not served")
    patch: Patch = await read_patch(call, options)
    patch.type = _type(call)
    return await _update_scale(call, options, patch.apply_to)


def build_scale(thing: Object, resource: Resource) -> Object:
    """The Scale of an object."""
    paths = _paths(resource)
    metadata = thing["metadata"]
    own = {
        name: metadata[name] for name in ("name", "namespace", "uid", "resourceVersion") if name in metadata
    }
    own["creationTimestamp"] = metadata.get("creationTimestamp")
    desired, has = (_number(path, thing) for path in (paths["specReplicasPath"], paths["statusReplicasPath"]))
    status: dict[str, Any] = {"replicas": has}
    text = _selector(thing, paths)
    if text:
        status["selector"] = text
    spec = {"replicas": desired} if desired else {}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": own, "spec": spec, "status": status}


async def _update_scale(
    call: Call, options: WriteOptions, change: Callable[[Object], Object]
) -> web.StreamResponse:
    info, resource = call.info, call.resource
    if resource.definition is not None:
        options = replace(options, operation="Scale")

    def changed(old: Object) -> Object:
        before = build_scale(old, resource)
        after = change(copy.deepcopy(before))
        _check(before, after, resource)
        return _set_number(
            old, _paths(resource)["specReplicasPath"], (after.get("spec") or {}).get("replicas", 0)
        )

    made = registry.update(call.cluster, resource, call.namespace, info.name, changed, options)
    media = negotiate(call.headers.get("Accept", "")).media
    return await respond(call, build_scale(made, resource), media=media)


def _check(before: Object, after: Object, resource: Resource) -> None:
    name = before["metadata"]["name"]
    given = (after.get("metadata") or {}).get("resourceVersion")
    if given and given != before["metadata"]["resourceVersion"]:
        raise modified_error(resource, name)
    count = (after.get("spec") or {}).get("replicas", 0)
    if count < 0 and resource.definition is None:
        message = f"Invalid value: {count}: must be greater than or equal to 0"
        raise invalid_error(SCALE, name, [Cause("FieldValueInvalid", message, "spec.replicas")])


def _type(call: Call) -> Type:
    return call.cluster.types.get_kind_type("autoscaling", "v1", "Scale")


def _paths(resource: Resource) -> dict[str, str]:
    found = (resource.custom_version.get("subresources") or {}).get("scale")
    return PATHS if found is None else found


def _number(path: str, thing: Object) -> int:
    values = find_values(path, thing)
    return values[0] if values and isinstance(values[0], int) else 0


def _selector(thing: Object, paths: dict[str, str]) -> str:
    if paths is PATHS:
        return selector_text((thing.get("spec") or {}).get("selector"))
    values = find_values(paths.get("labelSelectorPath", ""), thing) if paths.get("labelSelectorPath") else []
    return values[0] if values and isinstance(values[0], str) else ""


def _set_number(thing: Object, path: str, count: int) -> Object:
    parts = path.strip(".").split(".")
    found = dict(thing)
    holder = found
    for part in parts[:-1]:
        holder[part] = dict(holder.get(part) or {})
        holder = holder[part]
    holder[parts[-1]] = count
    return found
