"""Server-side apply over HTTP: the PATCH request with a manager's whole configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.requests.call import Call
from simulator.requests.rbac_messages import rbac_forbidden_error
from simulator.requests.statuses import Cause, StatusError, bad_request_error, invalid_error
from simulator.schemas.resources import Object, Resource, split_api_version
from simulator.schemas.types import QUANTITY, Type
from simulator.writing import registry
from simulator.writing.apply import apply
from simulator.writing.bodies import YAML, content_type, parse_body
from simulator.writing.options import WriteOptions
from simulator.writing.patches import APPLY

_OPTIONS = Resource("meta.k8s.io", "v1", "", "", "PatchOptions", False, ())


def is_apply(call: Call) -> bool:
    return content_type(call) == APPLY


def check_patch_options(call: Call) -> None:
    """Apply wants a manager; only apply may be forced."""
    if is_apply(call) and not call.query.get("fieldManager"):
        cause = Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
        raise invalid_error(_OPTIONS, "", [cause])
    if not is_apply(call) and call.query.has("force"):
        cause = Cause("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force")
        raise invalid_error(_OPTIONS, "", [cause])


async def apply_object(call: Call, options: WriteOptions) -> tuple[Object, bool]:
    """The object as it is stored, and whether it was created."""
    config = _config(call, await call.body())
    options = replace(options, operation="Apply")
    info, resource, cluster = call.info, call.resource, call.cluster
    _check(call, config)

    def changed(old: Object) -> Object:
        return apply(cluster, resource, old, config, options).thing

    if cluster.store.get(resource.storage, call.namespace, info.name) is not None or info.subresource:
        return registry.update(cluster, resource, call.namespace, info.name, changed, options), False
    _check_creation(call, config)
    made = registry.create(cluster, resource, call.namespace, changed({"metadata": {}}), options)
    return made, True


def _config(call: Call, raw: bytes) -> Object:
    body, _ = parse_body(raw, YAML, lambda why: bad_request_error(f"error decoding YAML: {why}"))
    if not isinstance(body, dict):
        kind = {list: "array", str: "string", bool: "bool"}.get(type(body), "number")
        why = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        raise bad_request_error(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {why}")
    return body


def _check(call: Call, config: Object) -> None:
    """Identity first, then the types: those are a 500 without a reason, as the API server has it."""
    resource = call.resource
    metadata = config.setdefault("metadata", {})
    if (config.get("apiVersion"), config.get("kind")) != (resource.api_version, resource.kind):
        group, version = split_api_version(str(config.get("apiVersion") or ""))
        raise bad_request_error(
            f"invalid object type: {group}/{version}, Kind={config.get('kind') or ''}".replace("//", "/")
        )
    name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
    if name and name != call.info.name:
        raise bad_request_error(
            f"the name of the object ({name}) does not match the name on the URL ({call.info.name})"
        )
    if namespace and namespace != call.namespace:
        raise bad_request_error(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if metadata.get("managedFields") is not None:
        raise bad_request_error("metadata.managedFields must be nil")
    problem = _find_type_error(config, call.cluster.types.get_type(resource), "")
    if problem:
        group = f"{resource.group}/{resource.version}" if resource.group else f"/{resource.version}"
        about = f"{namespace}/{name}; {group}, Kind={resource.kind}"
        raise StatusError(500, f"failed to create typed patch object ({about}): {problem}")


def _check_creation(call: Call, config: Object) -> None:
    """The right to create is checked besides the right to patch."""
    attributes = call.attributes("create")
    decision = call.cluster.rbac.decide(call.user, attributes)
    if not decision.is_allowed:
        raise rbac_forbidden_error(call.user, attributes, decision.reason)
    metadata = config["metadata"]
    if not metadata.get("name"):
        if call.resource.definition is not None:
            raise _no_name_error(call.info.name)
        metadata["name"] = call.info.name
    if metadata.get("uid"):
        message = f"uid mismatch: the provided object specified uid {metadata['uid']}, and no existing object was found"
        details = {"name": call.info.name, "kind": call.resource.plural}
        text = (
            f'Operation cannot be fulfilled on {call.resource.qualified_name} "{call.info.name}": {message}'
        )
        raise StatusError(409, text, "Conflict", details)


def _no_name_error(name: str) -> StatusError:
    return bad_request_error(
        f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
    )


def _find_type_error(value: Any, type_: Type, path: str) -> str:
    """The first field that the type has not, or whose value is of another type."""
    if value is None or type_.category == "any":
        return ""
    if type_.category == "struct":
        return _find_struct_error(value, type_, path)
    if type_.category == "map" and isinstance(value, dict):
        pairs = ((one, f"{path}.{key}") for key, one in value.items())
        return next((found for one, inner in pairs if (found := _element(one, type_, inner))), "")
    if type_.category == "list":
        if not isinstance(value, list):
            return f"{path}: expected list, got {_go(value)}"
        return next((found for one in value if (found := _element(one, type_, f"{path}[]"))), "")
    return _find_scalar_error(value, type_, path)


def _element(value: Any, type_: Type, path: str) -> str:
    return _find_type_error(value, type_.element, path) if type_.element is not None else ""


def _find_struct_error(value: Any, type_: Type, path: str) -> str:
    if not isinstance(value, dict):
        return f"{path}: expected map, got {_go(value)}"
    for key, one in value.items():
        known = type_.fields.get(key)
        if known is not None:
            found = _find_type_error(one, known.type, f"{path}.{key}")
            if found:
                return found
        elif type_.fields and not type_.preserves_unknown:
            return f"{path}.{key}: field not declared in schema"
    return ""


def _find_scalar_error(value: Any, type_: Type, path: str) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if type_.category == "string" and not isinstance(value, str):
        return f"{path}: expected string, got {_go(value)}"
    if type_.category in ("integer", "number") and not is_number:
        shown = "string" if isinstance(value, str) else _go(value)
        return f"{path}: expected numeric (int or float), got {shown}"
    if type_.category == "boolean" and not isinstance(value, bool):
        return f"{path}: expected boolean, got {_go(value)}"
    if type_.name == QUANTITY and isinstance(value, dict | list | bool):
        return f"{path}: expected string, got {_go(value)}"
    return ""


def _go(value: Any) -> str:
    shown = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else None
    if isinstance(value, str):
        shown = f'"{value}"'
    if isinstance(value, dict):
        shown = f"map[string]interface {{}}{{{', '.join(f'{key!r}' for key in value)}}}"
    return f"&value.valueUnstructured{{Value:{shown if shown is not None else value}}}"
