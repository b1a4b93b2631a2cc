"""Restrictions: what read-only access permits of an API, and what a token for some namespaces reaches.

An allowlist: what is not known to read only is refused, also where Kubernetes would take it for a read. A GET of
`exec`, `attach`, `portforward` or `proxy` runs or reaches into something, and a dry run asks webhooks.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote

from clusters.api.resource_attributes import ResourceAttributes

READ_VERBS = frozenset(("get", "list", "watch"))
READ_SUBRESOURCES = frozenset(("", "status", "scale", "log"))
# One's own permissions: these are created and nothing is kept of them.
SELF_REVIEWS = frozenset(
    (
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
        ("authentication.k8s.io", "selfsubjectreviews"),
    )
)
SECRETS = ("", "secrets")
# Paths without a resource that only say what is there. Not /logs and not /debug: files of the control plane.
_INFORMATION = re.compile(
    r"/|/(?:api|apis)(?:/[^/]+){0,2}/?|/openapi(?:/.*)?|/version/?|/(?:healthz|livez|readyz)(?:/.*)?"
    r"|/\.well-known/openid-configuration/?|/openid/v1/jwks/?|/metrics(?:/slis)?/?"
)
_LEGACY_PROXY = "proxy"  # /api/v1/proxy/...: not served since Kubernetes 1.10, and never a read


def is_resource(attributes: ResourceAttributes) -> bool:
    """Whether they are of a resource, and not of a path such as /version."""
    return bool(attributes.resource)


def is_self_review(attributes: ResourceAttributes) -> bool:
    return attributes.verb == "create" and (attributes.group, attributes.resource) in SELF_REVIEWS


def is_information(method: str, path: str) -> bool:
    """Whether a path without a resource only says what the cluster serves and how it is."""
    return method in ("GET", "HEAD", "OPTIONS") and _INFORMATION.fullmatch(path) is not None


def is_read(method: str, attributes: ResourceAttributes, path: str) -> bool:
    """Whether a request is known to change and to run nothing."""
    if not is_resource(attributes):
        return is_information(method, path)
    if is_self_review(attributes):
        return not attributes.subresource and not attributes.name
    return (
        method in ("GET", "HEAD")
        and attributes.verb in READ_VERBS
        and attributes.subresource in READ_SUBRESOURCES
        and attributes.resource != _LEGACY_PROXY
        and not _is_deeper(path, attributes)
    )


def reads_secrets(attributes: ResourceAttributes) -> bool:
    """Whether values of Secrets can be in the response: of any read, since its annotations may repeat them."""
    return (attributes.group, attributes.resource) == SECRETS and attributes.verb in READ_VERBS


def is_in_namespaces(method: str, attributes: ResourceAttributes, path: str, names: Collection[str]) -> bool:
    """Whether a request stays within these namespaces: what is not about one of them is not."""
    if not is_resource(attributes):
        return is_information(method, path)
    if is_self_review(attributes):
        return True
    if attributes.is_of_namespaces:
        return attributes.verb == "get" and attributes.name in names and not attributes.subresource
    return attributes.namespace in names


def _is_deeper(path: str, attributes: ResourceAttributes) -> bool:
    """Whether the path goes on behind the subresource, which only those of proxies do."""
    segments = [one for one in unquote(path).split("/") if one]
    named = [attributes.resource, attributes.name, attributes.subresource]
    return bool(attributes.subresource) and segments[-3:] != named
