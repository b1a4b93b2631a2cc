"""What does a PATCH ask for, in which of its four languages?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.requests.call import Call
from simulator.requests.statuses import Cause, Refusal, bad_request, invalid, unsupported_media_type
from simulator.schemas.resources import Object
from simulator.writing import registry
from simulator.writing.bodies import Duplicates, content_type, parsed
from simulator.writing.decoding import decode
from simulator.writing.json_patch import LARGEST, PatchFault, apply_json_patch
from simulator.writing.merge_patch import apply_merge_patch
from simulator.writing.options import WriteOptions
from simulator.writing.strategic import StrategicFault, apply_strategic_patch
from simulator.writing.strictness import strict_complaints

JSON_PATCH, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
ORDER = (JSON_PATCH, MERGE, STRATEGIC, APPLY)


@dataclass
class Patch:
    """A patch that was read, of one call."""

    call: Call
    options: WriteOptions
    media: str
    body: Any
    duplicates: Duplicates

    def apply(self) -> tuple[Object, bool]:
        """The new object, and whether it was created."""
        info = self.call.info
        made = registry.update(
            self.call.cluster, self.call.resource, info.namespace, info.name, self._changed, self.options
        )
        return made, False

    def _changed(self, old: Object) -> Object:
        new = self._patched(old)
        if not isinstance(new, dict):
            raise bad_request("the patch does not answer an object")
        decoded = decode(new, self.call.cluster.types.of(self.call.resource), self.call.resource)
        complaints = strict_complaints(self.duplicates, decoded.unknown)
        if complaints and self.options.validation == "Strict":
            message = f"strict decoding error: {', '.join(complaints)}"
            cause = Cause("FieldValueInvalid", f"Invalid value: {_shown(self.body)}: {message}", "patch")
            raise invalid(self.call.resource, self.call.info.name, [cause])
        if complaints and self.options.validation == "Warn":
            self.options.warnings.extend(complaints)
        return decoded.thing

    def _patched(self, old: Object) -> Any:
        try:
            if self.media == JSON_PATCH:
                return apply_json_patch(old, self.body)
            if self.media == MERGE:
                return apply_merge_patch(old, self.body)
            return apply_strategic_patch(old, self.body, self.call.cluster.types.of(self.call.resource))
        except PatchFault as fault:
            raise Refusal(
                422, "the server rejected our request due to an error in our request", "Invalid", {}
            ) from fault
        except StrategicFault as fault:
            raise bad_request(str(fault)) from None


def accepted_patches(call: Call) -> tuple[str, ...]:
    return tuple(one for one in ORDER if one != STRATEGIC or call.resource.definition is None)


async def read_patch(call: Call, options: WriteOptions) -> Patch:
    """Raises 400 and 415."""
    media = content_type(call)
    raw = await call.body()
    if media not in accepted_patches(call):
        raise unsupported_media_type(accepted_patches(call))
    body, duplicates = parsed(raw, media, lambda why: _unreadable(raw, why))
    if media == JSON_PATCH:
        _check_operations(body)
    elif not isinstance(body, dict):
        raise bad_request(f"error decoding patch: json: cannot unmarshal {type(body).__name__}")
    return Patch(call, options, media, body, duplicates)


def _check_operations(body: Any) -> None:
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
        raise bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if len(body) > LARGEST:
        message = f"The allowed maximum operations in a JSON patch is {LARGEST}, got {len(body)}"
        raise Refusal(413, message, "RequestEntityTooLarge")


def _unreadable(raw: bytes, why: str) -> Refusal:
    return bad_request(f"error decoding patch: {why}")


def _shown(body: Any) -> str:
    return str(body)
