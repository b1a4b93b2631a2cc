"""Status errors of the API server: codes, reasons and messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.schemas.resources import Resource

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


@dataclass(frozen=True)
class Cause:
    """One of `details.causes`; for a validation fault the field and what is wrong with it."""

    reason: str
    message: str
    field: str = ""

    def json(self) -> dict[str, str]:
        found = {"reason": self.reason, "message": self.message}
        return found | {"field": self.field} if self.field else found


@dataclass
class StatusError(Exception):
    """An answer that is no success. With `text` it is text/plain instead of a Status."""

    code: int
    message: str
    reason: str = ""
    details: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    is_pretty: bool = False

    def status(self) -> dict[str, Any]:
        """The Status object, in the API server's order of fields."""
        found: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": dict(self.metadata),
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            found["reason"] = self.reason
        if self.details is not None:
            found["details"] = dict(self.details)
        return found | {"code": self.code}


def status_error(code: int, message: str, details: Mapping[str, Any] | None = None) -> StatusError:
    """With the reason that goes with the code."""
    return StatusError(code, message, REASONS.get(code, ""), details)


def error_details(resource: Resource | None, name: str = "", *, by_kind: bool = False) -> dict[str, Any]:
    """`details` of an answer about an object; `kind` is the plural resource save in validation."""
    found: dict[str, Any] = {"name": name} if name else {}
    if resource is not None:
        if resource.group:
            found["group"] = resource.group
        found["kind"] = resource.kind if by_kind else resource.plural
    return found


def unauthorized_error() -> StatusError:
    return status_error(401, "Unauthorized")


def bad_request_error(message: str) -> StatusError:
    return status_error(400, message)


def not_found_error(resource: Resource, name: str) -> StatusError:
    return status_error(404, f'{resource.qualified_name} "{name}" not found', error_details(resource, name))


def unknown_resource_error() -> StatusError:
    return status_error(404, "the server could not find the requested resource", {})


def unknown_path_error() -> StatusError:
    return StatusError(404, "", text="404 page not found\n")


def method_not_allowed_error() -> StatusError:
    return status_error(405, "the server does not allow this method on the requested resource", {})


def already_exists_error(resource: Resource, name: str, *, is_going: bool = False) -> StatusError:
    message = f'{resource.qualified_name} "{name}" already exists'
    if is_going:
        message = f"object is being deleted: {message}"
    return StatusError(409, message, "AlreadyExists", error_details(resource, name))


def conflict_error(resource: Resource, name: str, why: str) -> StatusError:
    message = f'Operation cannot be fulfilled on {resource.qualified_name} "{name}": {why}'
    return status_error(409, message, error_details(resource, name))


def modified_error(resource: Resource, name: str) -> StatusError:
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict_error(resource, name, why)


def invalid_error(resource: Resource, name: str, causes: Sequence[Cause]) -> StatusError:
    """422: `causes` have the API server's reasons (FieldValueRequired, ...) and messages."""
    parts = [f"{one.field}: {one.message}" if one.field else one.message for one in causes]
    text = parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"
    details = error_details(resource, name, by_kind=True) | {"causes": [one.json() for one in causes]}
    return status_error(422, f'{resource.qualified_kind} "{name}" is invalid: {text}', details)


def forbidden_error(resource: Resource, name: str, why: str) -> StatusError:
    """403 by admission or by validation of rights; RBAC's own words are in rbac_texts.py."""
    subject = f'{resource.qualified_name} "{name}"' if name else resource.qualified_name
    return status_error(403, f"{subject} is forbidden: {why}", error_details(resource, name))


def expired_error(message: str, token: str = "") -> StatusError:
    """410; with a token that goes on inconsistently, where one can be given."""
    metadata = {"continue": token} if token else {}
    return StatusError(410, message, "Expired", metadata=metadata)


def unsupported_media_type_error(accepted: Sequence[str]) -> StatusError:
    known = ", ".join(accepted)
    message = f"the body of the request was in an unknown format - accepted media types include: {known}"
    return status_error(415, message)


def not_acceptable_error(available: Sequence[str]) -> StatusError:
    message = f"406: Not Acceptable\n\nAvailable representations: {', '.join(available)}"
    return StatusError(406, message, "NotAcceptable", {}, is_pretty=True)
