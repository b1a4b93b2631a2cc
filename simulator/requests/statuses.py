"""How does the API server say no? Its Status objects, with its own words."""

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
class Refusal(Exception):
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


def refusal(code: int, message: str, details: Mapping[str, Any] | None = None) -> Refusal:
    """With the reason that goes with the code."""
    return Refusal(code, message, REASONS.get(code, ""), details)


def named(resource: Resource | None, name: str = "", *, by_kind: bool = False) -> dict[str, Any]:
    """`details` of an answer about an object; `kind` is the plural resource save in validation."""
    found: dict[str, Any] = {"name": name} if name else {}
    if resource is not None:
        if resource.group:
            found["group"] = resource.group
        found["kind"] = resource.kind if by_kind else resource.plural
    return found


def unauthorized() -> Refusal:
    return refusal(401, "Unauthorized")


def bad_request(message: str) -> Refusal:
    return refusal(400, message)


def not_found(resource: Resource, name: str) -> Refusal:
    return refusal(404, f'{resource.qualified} "{name}" not found', named(resource, name))


def no_such_resource() -> Refusal:
    return refusal(404, "the server could not find the requested resource", {})


def no_such_page() -> Refusal:
    return Refusal(404, "", text="404 page not found\n")


def method_not_allowed() -> Refusal:
    return refusal(405, "the server does not allow this method on the requested resource", {})


def already_exists(resource: Resource, name: str, *, is_going: bool = False) -> Refusal:
    message = f'{resource.qualified} "{name}" already exists'
    if is_going:
        message = f"object is being deleted: {message}"
    return Refusal(409, message, "AlreadyExists", named(resource, name))


def conflict(resource: Resource, name: str, why: str) -> Refusal:
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}'
    return refusal(409, message, named(resource, name))


def modified(resource: Resource, name: str) -> Refusal:
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(resource, name, why)


def invalid(resource: Resource, name: str, causes: Sequence[Cause]) -> Refusal:
    """422: `causes` have the API server's reasons (FieldValueRequired, ...) and messages."""
    parts = [f"{one.field}: {one.message}" if one.field else one.message for one in causes]
    text = parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"
    details = named(resource, name, by_kind=True) | {"causes": [one.json() for one in causes]}
    return refusal(422, f'{resource.qualified_kind} "{name}" is invalid: {text}', details)


def forbidden(resource: Resource, name: str, why: str) -> Refusal:
    """403 by admission or by validation of rights; RBAC's own words are in rbac_texts.py."""
    subject = f'{resource.qualified} "{name}"' if name else resource.qualified
    return refusal(403, f"{subject} is forbidden: {why}", named(resource, name))


def expired(message: str, token: str = "") -> Refusal:
    """410; with a token that goes on inconsistently, where one can be given."""
    metadata = {"continue": token} if token else {}
    return Refusal(410, message, "Expired", metadata=metadata)


def unsupported_media_type(accepted: Sequence[str]) -> Refusal:
    known = ", ".join(accepted)
    message = f"the body of the request was in an unknown format - accepted media types include: {known}"
    return refusal(415, message)


def not_acceptable(available: Sequence[str]) -> Refusal:
    message = f"406: Not Acceptable\n\nAvailable representations: {', '.join(available)}"
    return Refusal(406, message, "NotAcceptable", {}, is_pretty=True)
