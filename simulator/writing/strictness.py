"""Field validation: unknown and duplicate fields rejected, warned about or ignored."""

from __future__ import annotations

from simulator.requests.call import Call
from simulator.requests.statuses import bad_request_error
from simulator.schemas.resources import Object, split_api_version
from simulator.writing.bodies import Duplicates
from simulator.writing.decoding import cannot_be_handled_error, decode
from simulator.writing.options import WriteOptions


def accept_object(call: Call, thing: Object, duplicates: Duplicates, options: WriteOptions) -> Object:
    """The object of a POST or PUT as it is taken in; raises the 400 of Strict."""
    check_kind(call, thing, duplicates.raw_text)
    decoded = decode(thing, call.cluster.types.get_type(call.resource), call.resource)
    complaints = strict_complaints(duplicates, decoded.unknown)
    if complaints and options.validation == "Strict":
        raise cannot_be_handled_error(call.resource, f"strict decoding error: {', '.join(complaints)}")
    if complaints and options.validation == "Warn":
        options.warnings.extend(complaints)
    return decoded.thing


def strict_complaints(duplicates: Duplicates, unknown: list[str]) -> list[str]:
    return [f'duplicate field "{path}"' for path in duplicates] + [
        f'unknown field "{path}"' for path in unknown
    ]


def check_kind(call: Call, thing: Object, raw_text: str) -> None:
    """A body of another kind than the path's; `shown` is how it begins."""
    resource = call.resource
    api_version = thing.get("apiVersion") or resource.api_version
    kind = thing.get("kind") or resource.kind
    if not isinstance(api_version, str) or not isinstance(kind, str):
        raise bad_request_error("Object 'Kind' is missing")
    if (api_version, kind) == (resource.api_version, resource.kind):
        return
    if api_version.count("/") > 1:
        message = f"unexpected GroupVersion string: {api_version} ({raw_text})"
        raise bad_request_error(
            f"the object provided is unrecognized (must be of type {resource.kind}): {message}"
        )
    if resource.definition is not None:
        raise _other_custom(call, api_version, kind)
    group, version = split_api_version(api_version)
    if call.cluster.catalog.find_kind(group, version, kind) is not None and group == resource.group:
        internal = (group or "core").partition(".")[0]
        why = f"converting ({version}.{kind}) to ({internal}.{resource.kind}): unknown conversion"
        raise bad_request_error(
            f'{kind} in version "{version}" cannot be handled as a {resource.kind}: {why}'
        )
    why = f'no kind "{kind}" is registered for version "{api_version}" in scheme "pkg/runtime/scheme.go:111"'
    raise bad_request_error(f'{kind} in version "{version}" cannot be handled as a {resource.kind}: {why}')


def _other_custom(call: Call, api_version: str, kind: str) -> Exception:
    resource = call.resource
    group, version = split_api_version(api_version)
    return bad_request_error(
        f"the object provided is unrecognized (must be of type {resource.kind}): "
        f'no kind "{kind}" is registered for version "{group}/{version}"'
    )
