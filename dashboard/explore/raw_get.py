"""Raw GET page: the response to a GET of any path that only reads, with its headers, Secret values masked.

The path is checked on its bytes by the rules of the pass-through and sent as it was typed. What is not known to read
only is refused for everybody: a GET of `proxy`, `exec` or `portforward` reaches into something.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.api.client import RequestOptions, Response
from clusters.api.errors import ApiError, BadRequest, NotKubernetes
from clusters.api.json_limits import decode_object
from clusters.api.memory import MEBIBYTE
from clusters.api.resource_attributes import ResourceAttributes, parse_attributes
from clusters.api.token_redaction import redact_token
from clusters.gateway.connect import ClusterSession, connect
from clusters.passthrough.raw_paths import PREFIX, Target, parse_target
from clusters.passthrough.restrictions import is_read, reads_secrets
from dashboard.explore.frame import build_explore_frame
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.kinds.table import find_resource, mask
from people.decorators import person, require_sign_in

MAX_BODY = MEBIBYTE  # bytes that are read; more is an error that says so
MAX_SHOWN = 256 * 1024  # characters that are shown
MAX_HEADERS = 50
EXAMPLES = ("/version", "/apis", "/api/v1/namespaces?limit=5", "/readyz?verbose", "/openapi/v3")


@dataclass(frozen=True)
class RawResponse:
    """What is shown of a response."""

    status: int
    headers: list[tuple[str, str]]
    text: str
    size: int
    is_cut: bool
    is_masked: bool


@dataclass(frozen=True)
class ReadRequest:
    """A request that is known to only read; it is sent exactly so."""

    target: Target
    attributes: ResourceAttributes
    query: list[tuple[str, str]]


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def raw_page(request: HttpRequest, cluster: str) -> HttpResponse:
    """`?path=/api/v1/...` is sent with the person's own credential; a mistake in it is said at the field."""
    cluster_session = connect(person(request), cluster)
    typed = request.GET.get("path", "").strip()
    problem, response, error = "", None, None
    try:
        read_request = _parse(cluster, typed) if typed else None
    except BadRequest as wrong:
        read_request, problem = None, wrong.message
    if read_request is not None:
        try:
            response = _show(_send(cluster_session, read_request), cluster_session, read_request)
        except ApiError as failed:
            error = failed
    context = {
        **build_explore_frame(cluster_session, "raw"),
        "typed": typed,
        "problem": problem,
        "response": response,
        "error": error,
        "examples": EXAMPLES,
    }
    return render(request, "explore/raw.html", context, status=422 if problem else 200)


def _parse(cluster: str, typed: str) -> ReadRequest:
    """Raises BadRequest for what is no path, and for what is not known to only read and to end."""
    path, _question, query = typed.partition("?")
    if not path.startswith("/"):
        raise BadRequest(_("A path begins with a slash, such as /api/v1/pods."))
    encoded = PREFIX + cluster.encode() + path.encode("utf-8", "replace")
    target = parse_target(encoded, query.encode("utf-8", "replace"))
    pairs = parse_qsl(target.query, keep_blank_values=True)
    attributes = parse_attributes("GET", target.path, pairs)
    if not is_read("GET", attributes, target.path):
        raise BadRequest(
            _("This path is not known to only read, so it is not sent. Use kubectl with a personal token.")
        )
    lasts = any(name in ("watch", "follow") and value.lower() not in ("0", "false") for name, value in pairs)
    if attributes.verb == "watch" or lasts:
        raise BadRequest(_("This request would not end. Use kubectl, or a page, which is live."))
    return ReadRequest(target, attributes, pairs)


def _send(cluster_session: ClusterSession, read_request: ReadRequest) -> Response:
    """Recorded as a page's read: Secrets and logs each, denials, nothing else."""
    target, attributes = read_request.target, read_request.attributes
    options: RequestOptions = {
        "query": read_request.query,
        "accept": "application/json, */*",
        "limit": MAX_BODY,
    }
    if not (reads_secrets(attributes) or attributes.subresource == "log"):
        return cluster_session.client.request("GET", target.path, **options)
    detail = {"values": "hidden"} if reads_secrets(attributes) else {}
    with cluster_session.open(attributes, detail) as opened:
        response = opened.client.request("GET", target.path, **options)
        opened.record_response(response.status, response.headers.get("audit-id", ""))
    return response


def _show(response: Response, cluster_session: ClusterSession, read_request: ReadRequest) -> RawResponse:
    identity = cluster_session.connection.identity
    text, is_masked = _read_body(response, read_request)
    text = redact_token(text, identity)
    headers = [(name, redact_token(value, identity)) for name, value in sorted(response.headers.items())]
    return RawResponse(
        response.status,
        headers[:MAX_HEADERS],
        text[:MAX_SHOWN],
        len(response.body),
        len(text) > MAX_SHOWN,
        is_masked,
    )


def _read_body(response: Response, read_request: ReadRequest) -> tuple[str, bool]:
    """JSON is indented, with masked values of Secrets; anything else is shown as text, but nothing of Secrets."""
    attributes = read_request.attributes
    kind = find_resource(attributes.group, attributes.resource)
    is_secret = bool(kind.value_fields)
    if "json" in response.headers.get("content-type", ""):
        found, _was_cut = _decode(response)
        if isinstance(found, Mapping):
            masked = mask(found, kind if is_secret else None)
            text = json.dumps(masked, indent=2, ensure_ascii=False, default=str)
            return text, masked is not found
        if not is_secret:
            return json.dumps(found, indent=2, ensure_ascii=False), False
    if is_secret:
        raise NotKubernetes(_("The response is no JSON object, so that values in it cannot be masked."))
    return response.body.decode("utf-8", "replace"), False


def _decode(response: Response) -> tuple[Any, bool]:
    try:
        return decode_object(response.body)
    except ValueError as unreadable:  # msgspec.DecodeError
        raise NotKubernetes("The response is not JSON.", status=response.status) from unreadable
