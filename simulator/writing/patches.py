"""PATCH requests: JSON Patch, merge patch and strategic merge patch (apply is in applies.py)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from simulator.requests.call import Call
from simulator.requests.responses import encode_json
from simulator.requests.statuses import Cause, StatusError, bad_request_error, unsupported_media_type_error
from simulator.schemas.resources import Object
from simulator.schemas.types import Type
from simulator.writing import registry
from simulator.writing.bodies import JSON as JSON_BODY
from simulator.writing.bodies import Duplicates, content_type, parse_body
from simulator.writing.decoding import decode
from simulator.writing.json_patch import LARGEST, PatchError, apply_json_patch
from simulator.writing.merge_patch import apply_merge_patch
from simulator.writing.options import WriteOptions
from simulator.writing.strategic import StrategicPatchError, apply_strategic_patch, go_map
from simulator.writing.strictness import strict_complaints

JSON_PATCH, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
ORDER = (JSON_PATCH, MERGE, STRATEGIC, APPLY)
REJECTED = "the server rejected our request due to an error in our request"


@dataclass
class Patch:
    """A patch that was read, for objects of a type."""

    call: Call
    options: WriteOptions
    media: str
    body: Any
    duplicates: Duplicates
    type: Type

    def apply_to(self, old: Object) -> Object:
        """The new object, read as strictly as requested; raises 400 and 422."""
        new = self._patch(old)
        if not isinstance(new, dict):
            raise bad_request_error("the patch does not answer an object")
        try:
            decoded = decode(new, self.type, self.call.resource)
        except StatusError as error:
            why = error.message.partition(": ")[2]
            if self.media == STRATEGIC:
                why = _convert_message(why)
            raise self._rejection_error(new, why) from None
        complaints = strict_complaints(self.duplicates, decoded.unknown)
        if complaints and self.options.validation == "Strict":
            raise self._rejection_error(new, f"strict decoding error: {', '.join(complaints)}")
        if complaints and self.options.validation == "Warn":
            self.options.warnings.extend(complaints)
        return decoded.thing

    def _patch(self, old: Object) -> Any:
        try:
            if self.media == JSON_PATCH:
                return apply_json_patch(old, self.body)
            if self.media == MERGE:
                return apply_merge_patch(old, self.body)
            return apply_strategic_patch(old, self.body, self.type)
        except PatchError:
            raise StatusError(422, REJECTED, "Invalid", {}) from None
        except StrategicPatchError as fault:
            raise StatusError(500, str(fault)) from None

    def _rejection_error(self, new: Object, why: str) -> StatusError:
        """The API server quotes the whole object, or of a strategic patch the patch."""
        quoted = go_map(self.body) if self.media == STRATEGIC else encode_json(_sort_keys(new)).decode()
        shown = json.dumps(quoted, ensure_ascii=False)
        cause = Cause("FieldValueInvalid", f"Invalid value: {shown}: {why}", "patch")
        return StatusError(
            422, f' "" is invalid: patch: {cause.message}', "Invalid", {"causes": [cause.json()]}
        )


def _convert_message(why: str) -> str:
    """A strategic patch is read by another of Go's converters, which has other words."""
    match = re.fullmatch(r"json: cannot unmarshal (\w+)[^ ]* into Go struct field \S+ of type (\S+)", why)
    if match is None:
        return why
    given = {"number": "int64", "object": "map", "array": "slice"}.get(match[1], match[1])
    target = match[2]
    return (
        f"cannot restore map from {given}"
        if target.startswith("map[")
        else f"cannot convert {given} to {target}"
    )


def list_media_types(call: Call) -> tuple[str, ...]:
    return tuple(one for one in ORDER if one != STRATEGIC or call.resource.definition is None)


async def read_patch(call: Call, options: WriteOptions) -> Patch:
    """Raises 400, 413 and 415. The type is that of the resource's objects."""
    media = content_type(call)
    raw = await call.body()
    if media == JSON_BODY or media not in list_media_types(call):
        raise _unsupported_error(call)
    prefix = "" if media == STRATEGIC else "error decoding patch: "
    body, duplicates = parse_body(raw, JSON_BODY, lambda why: bad_request_error(f"{prefix}{why}"))
    if media == JSON_PATCH:
        _check_operations(body)
    elif not isinstance(body, dict):
        kind = {list: "array", str: "string", bool: "bool"}.get(type(body), "number")
        raise bad_request_error(
            f"{prefix}json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        )
    return Patch(call, options, media, body, duplicates, call.cluster.types.get_type(call.resource))


def apply_patch(patch: Patch) -> Object:
    """The new object as it is stored."""
    call, info = patch.call, patch.call.info
    return registry.update(
        call.cluster, call.resource, call.namespace, info.name, patch.apply_to, patch.options
    )


def _unsupported_error(call: Call) -> StatusError:
    if call.resource.definition is not None:
        return unsupported_media_type_error(list_media_types(call))
    return StatusError(415, "415: Unsupported Media Type", "UnsupportedMediaType", {})


def _check_operations(body: Any) -> None:
    if not isinstance(body, list):
        kind = {dict: "object", str: "string", bool: "bool"}.get(type(body), "number")
        why = f"json: cannot unmarshal {kind} into Go value of type []handlers.jsonPatchOp"
        raise bad_request_error(f"error decoding patch: {why}")
    if len(body) > LARGEST:
        message = f"The allowed maximum operations in a JSON patch is {LARGEST}, got {len(body)}"
        raise StatusError(413, message, "RequestEntityTooLarge")


def _sort_keys(thing: Object) -> Object:
    return {key: thing[key] for key in sorted(thing)}
