"""Object page views of any kind: overview, YAML and download."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.api.json_limits import OBJECT_LEVELS
from dashboard.address import kubectl
from dashboard.address.paths import Address, parse
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import label_of, navigation
from dashboard.frame.permissions import review_permissions
from dashboard.frame.switcher import switcher
from dashboard.objects import pieces, yaml_lines, yaml_view
from dashboard.objects.kind_pages import build_actions, build_tabs
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.rollout_summary import build_badge
from dashboard.pieces.differ import digest
from people.decorators import person, require_sign_in


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def object_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """The object now; what changes comes live. `?download=yaml` gives the masked object as a file."""
    address = parse(path, request.GET)
    download = request.GET.get("download", "")
    opened = open_object(person(request), address, with_related=not download)
    try:
        if download:
            return _download(opened, download, request.GET.get("at", ""))
        return render(request, "objects/object.html", _context(opened))
    finally:
        opened.close()


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def object_yaml(request: HttpRequest, /, **path: str) -> HttpResponse:
    """The object's YAML, line by line; `?page=` for long ones."""
    address = parse(path, request.GET)
    opened = open_object(person(request), address, with_related=False)
    try:
        return render(request, "objects/yaml.html", _yaml_context(opened, request.GET.get("page", "")))
    finally:
        opened.close()


def build_object_frame(opened: OpenObject) -> dict[str, Any]:
    """What is around every page of an object."""
    address, cluster_session = opened.address, opened.cluster_session
    return {
        **build_frame_context(address, [cluster_session]),
        "navigation": navigation(cluster_session, address),
        "switcher": switcher(cluster_session, address),
        "resource": opened.resource,
        "kinds": label_of(opened.resource),
        "name": address.name,
        "list_url": address.listing().path(),
        **_build_tab_urls(opened),
        "feed_state": opened.feed.state,
        "notice": pieces.render_notice(opened, address.url()),
    }


def render_tabs(opened: OpenObject, tab: str) -> SafeString:
    """The links of the object's pages; `tab` is the present one."""
    return render_to_string("objects/tab_links.html", {**_build_tab_urls(opened), "tab": tab})


def _build_tab_urls(opened: OpenObject) -> dict[str, Any]:
    address = opened.address
    return {
        "object_url": address.path(),
        "yaml_url": address.path("yaml"),
        "edit_url": address.path("edit") if "update" in opened.resource.verbs else "",
        "tabs": build_tabs(opened.kind, address, build_badge(opened)),
    }


def yaml_document(opened: OpenObject, page: str) -> SafeString:
    """The HTML of the part of the YAML page that changes."""
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    found = opened.found or {}
    context = {
        "document": yaml_view.document(found, page=number, download=opened.address.path()),
        "yaml_url": opened.address.path("yaml"),
        "is_deleted": opened.is_deleted,
        "cut_notice": pieces.build_cut_notice(opened),
    }
    return render_to_string("objects/yaml.html#document", context)


def _context(opened: OpenObject) -> dict[str, Any]:
    address = opened.address
    # their reviews come before the navigation's: they share one budget
    actions = build_actions(opened.kind, opened)
    permissions = review_permissions(opened.cluster_session, opened.resource, address.namespace, address.name)
    context = pieces.build_context(opened, opened.found or {})
    rendered_pieces = pieces.render_pieces(context)
    return {
        **build_object_frame(opened),
        "kind": context["kind"],
        "values": context["values"],
        "can_show_values": context["can_show_values"],
        "reveal_url": address.path("secret-value"),
        "pieces": {
            **rendered_pieces,
            "state": pieces.render_piece("state", {"feed_state": opened.feed.state}),
        },
        "window": pieces.window_digest(rendered_pieces),
        "permissions": permissions,
        "actions": actions,
        "tab": "overview",
        "commands": [kubectl.describe_command(address), kubectl.get_command(address, "-o", "yaml")],
    }


def _yaml_context(opened: OpenObject, page: str) -> dict[str, Any]:
    document = yaml_document(opened, page)
    return {
        **build_object_frame(opened),
        "page": opened.address.url("yaml"),
        "tab": "yaml",
        "commands": [kubectl.get_command(opened.address, "-o", "yaml", "--show-managed-fields")],
        "download_url": f"{opened.address.path()}?download=yaml",
        "document": document,
        "window": digest(document),
    }


def _download(opened: OpenObject, what: str, pointer: str) -> HttpResponse:
    """The masked object, or one value of it by its JSON pointer, as a file that no browser runs."""
    found = opened.found or {}
    if what == "yaml":
        return _file(
            _cut_comment(opened) + yaml_lines.text(found), _file_name(opened.address), "application/yaml"
        )
    if what == "raw" and not opened.is_secret:
        return _file(_fetch_raw(opened), _file_name(opened.address, ending=".json"), "application/json")
    value = yaml_view.value_at(found, pointer[:2000]) if what == "value" else None
    if value is None:
        raise Http404(_("No such value to download."))
    return _file(value, _file_name(opened.address, part=pointer.rpartition("/")[2] or "value"), "text/plain")


def _cut_comment(opened: OpenObject) -> str:
    """What a file says of itself where a part of the object is left out of it."""
    return f"# Incomplete: nested deeper than {OBJECT_LEVELS} levels.\n" if opened.is_cut else ""


def _fetch_raw(opened: OpenObject) -> bytes:
    """The object as the API server sends it now. Not for Secrets: nothing in it is masked."""
    path = opened.resource.object_path(opened.address.namespace, opened.address.name)
    return opened.cluster_session.client.request("GET", path).body


def _file(content: str | bytes, name: str, content_type: str) -> HttpResponse:
    encoded = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    response = HttpResponse(encoded, content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _file_name(address: Address, *, part: str = "", ending: str = ".yaml") -> str:
    """Letters, digits, dots and hyphens alone: names come from the cluster."""
    whole = "-".join(word for word in (address.resource.partition(".")[0], address.name, part) if word)
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-._") else "-" for sign in whole)
    return plain[:150] + (".txt" if part else ending)
