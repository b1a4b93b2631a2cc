"""Forbidden messages of the RBAC authorizer."""

from simulator.requests.authentication import User
from simulator.requests.rbac import Attributes
from simulator.requests.statuses import StatusError


def rbac_forbidden_error(user: User, attributes: Attributes, reason: str) -> StatusError:
    """403; `details.kind` is the plural resource without its subresource."""
    sentence = f'User "{user.name}" cannot {attributes.verb} {_object(attributes)}'
    if reason:
        sentence = f"{sentence}: {reason}"
    if attributes.path:
        return StatusError(403, f"forbidden: {sentence}", "Forbidden", {}, headers=_HEADERS)
    details = {key: value for key, value in (("name", attributes.name), ("group", attributes.group)) if value}
    details["kind"] = attributes.resource
    qualified = f"{attributes.resource}.{attributes.group}" if attributes.group else attributes.resource
    subject = f'{qualified} "{attributes.name}"' if attributes.name else qualified
    return StatusError(403, f"{subject} is forbidden: {sentence}", "Forbidden", details, headers=_HEADERS)


_HEADERS = {"X-Content-Type-Options": "nosniff"}


def _object(attributes: Attributes) -> str:
    if attributes.path:
        return f'path "{attributes.path}"'
    where = f'in the namespace "{attributes.namespace}"' if attributes.namespace else "at the cluster scope"
    return f'resource "{attributes.resource_path}" in API group "{attributes.group}" {where}'
