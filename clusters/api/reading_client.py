"""Read-only client: permits reads and the user's own reviews; everything else must be audited."""

from __future__ import annotations

from clusters.api.client import Client
from clusters.api.resource_attributes import INTERACTIVE_SUBRESOURCES, parse_attributes

# Reviews of oneself; they change nothing, and pages send them by the dozen.
REVIEWS = frozenset(
    {
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        "/apis/authentication.k8s.io/v1beta1/selfsubjectreviews",
        "/apis/authentication.k8s.io/v1alpha1/selfsubjectreviews",
    }
)
_RECORDED_SUBRESOURCES = INTERACTIVE_SUBRESOURCES | {"log"}
_WITHOUT_VALUES = "application/json;as="  # a Table, or metadata only


class MustBeRecorded(RuntimeError):
    """A mistake of ours: this goes through `write`, `open` or `reveal` of a ClusterSession, which record it."""


class ReadingClient(Client):
    """A client that can change nothing, so that no page can forget the audit trail."""

    def check_request(self, method: str, path: str, accept: str) -> None:
        """MustBeRecorded, and nothing is sent, for whatever is not plain reading."""
        if not is_audit_exempt(method, path, accept):
            raise MustBeRecorded(f"{method} {path}")


def is_audit_exempt(method: str, path: str, accept: str = "") -> bool:
    """Whether it may be sent without a row in the audit trail."""
    if method == "POST":
        return path in REVIEWS
    attributes = parse_attributes(method, path)
    if method not in ("GET", "HEAD") or attributes.subresource in _RECORDED_SUBRESOURCES:
        return False
    is_secret = (attributes.group, attributes.resource) == ("", "secrets")
    return accept.startswith(_WITHOUT_VALUES) or not is_secret
