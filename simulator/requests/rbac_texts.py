"""In which words does the API server refuse what RBAC does not allow?"""

from simulator.requests.authentication import User
from simulator.requests.rbac import Attributes
from simulator.requests.statuses import Refusal


def forbidden_by_rbac(user: User, asked: Attributes, reason: str) -> Refusal:
    """403; `details.kind` is the plural resource without its subresource."""
    sentence = f'User "{user.name}" cannot {asked.verb} {_object(asked)}'
    if reason:
        sentence = f"{sentence}: {reason}"
    if asked.path:
        return Refusal(403, f"forbidden: {sentence}", "Forbidden", {}, headers=_HEADERS)
    details = {key: value for key, value in (("name", asked.name), ("group", asked.group)) if value}
    details["kind"] = asked.resource
    qualified = f"{asked.resource}.{asked.group}" if asked.group else asked.resource
    subject = f'{qualified} "{asked.name}"' if asked.name else qualified
    return Refusal(403, f"{subject} is forbidden: {sentence}", "Forbidden", details, headers=_HEADERS)


_HEADERS = {"X-Content-Type-Options": "nosniff"}


def _object(asked: Attributes) -> str:
    if asked.path:
        return f'path "{asked.path}"'
    where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    return f'resource "{asked.combined}" in API group "{asked.group}" {where}'
