"""Secret value view: reveals one value on request, if team role and Kubernetes both allow it."""

from __future__ import annotations

import base64
import codecs

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from clusters.gateway.connect import ClusterSession, connect
from dashboard.address import kubectl
from dashboard.address.paths import Address, parse
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import label_of
from dashboard.kinds.masking import value_of
from dashboard.kinds.table import find_slug, kind_of
from people.decorators import person, require_sign_in

MAX_BYTES = 64 * 1024  # bytes of a value that are shown


@require_POST
@never_cache
@require_sign_in
@handle_cluster_errors
def secret_value(request: HttpRequest, /, **path: str) -> HttpResponse:
    """The value of the posted `key`: a part for htmx, a page without it. Each is recorded before it is read."""
    address = parse(path, request.GET)
    cluster_session = connect(person(request), address.cluster)
    if not find_slug(address.resource).value_fields:
        raise Http404(_("Only Secrets have hidden values."))
    key = request.POST.get("key", "")
    value = _value(cluster_session, address, key)
    is_part = request.headers.get("HX-Request") == "true"
    template = "objects/secret_value.html" if is_part else "objects/secret_value_page.html"
    frame_context = {} if is_part else _frame_context(cluster_session, address)
    response = render(
        request,
        template,
        {**_value_context(value), **frame_context, "key": key, "command": kubectl.secret_value(address, key)},
    )
    response["Cache-Control"] = "no-store"
    return response


def _value(cluster_session: ClusterSession, address: Address, key: str) -> bytes:
    found = cluster_session.reveal(address.namespace, address.name, key)
    value = value_of(found, key) if kind_of(found).value_fields else None
    if value is None:
        raise Http404(_("This Secret has no such key."))
    return value


def _value_context(value: bytes) -> dict[str, object]:
    """As text where it is text, as base64 where it is not; at most `MAX_BYTES` of it."""
    cut, is_whole = value[:MAX_BYTES], len(value) <= MAX_BYTES
    try:  # a character that the cut splits is left out
        written = codecs.getincrementaldecoder("utf-8")().decode(cut, final=is_whole)
        is_text = "\x00" not in written
    except UnicodeDecodeError:
        written, is_text = "", False
    return {
        "value": written if is_text else base64.b64encode(cut).decode(),
        "is_text": is_text,
        "is_cut": not is_whole,
        "size": len(value),
    }


def _frame_context(cluster_session: ClusterSession, address: Address) -> dict[str, object]:
    resource = cluster_session.find(address.resource)
    return {
        **build_frame_context(address, [cluster_session]),
        "name": address.name,
        "resource": resource,
        "kinds": label_of(resource) if resource else address.resource,
        "list_url": address.listing().path(),
        "object_url": address.path(),
    }
