"""Forms of typed text: what the edit page and the apply and patch page have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError, BadRequest
from clusters.api.resource_attributes import ResourceAttributes
from clusters.changes.objects import Version
from clusters.changes.patches import Method
from clusters.changes.undoing import Undoer
from clusters.gateway.connect import ClusterSession
from dashboard.address.paths import Address
from dashboard.edit import drafts
from dashboard.edit.drafts import DraftPage
from dashboard.frame.context import build_frame_context
from dashboard.kinds.invisible import escape_invisible
from dashboard.kinds.table import find_slug
from dashboard.objects.opening import OpenObject
from dashboard.pieces.notice import Detail, Notice
from dashboard.shell.cluster_errors import describe_error, status_of
from people.decorators import is_signed_in, sign_in_url


class TypedForm(Protocol):
    """What a form holds beside its text."""

    @property
    def text(self) -> str: ...
    @property
    def version(self) -> Version: ...
    @property
    def started(self) -> str: ...
    @property
    def base(self) -> str: ...
    @property
    def draft(self) -> UUID: ...
    @property
    def digest(self) -> str: ...


def show_typed_text(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 401 with what was typed where the session ended meanwhile, in place of a redirect that would lose it."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, **path: str) -> HttpResponseBase:
        typed = request.POST.get("text", "") if request.method == "POST" and not is_signed_in(request) else ""
        if not typed:
            return view(request, **path)
        context = {"typed": typed, "sign_in": sign_in_url(request.path)}
        return render(request, "edit/signed_out.html", context, status=401)

    return wrapper


def refuse_role(session: ClusterSession, address: Address, verb: str) -> None:
    """Raises DeniedByRole where the role only reads, before anything is sent to the cluster, discovery included."""
    kind = find_slug(address.resource)
    session.require_role(
        ResourceAttributes(
            verb, kind.group, resource=kind.plural, namespace=address.namespace, name=address.name
        )
    )


def check_editable(opened: OpenObject) -> None:
    """Raises BadRequest for what cannot be changed by its text."""
    if opened.is_cut:
        message = _("This object is nested too deeply to be edited here. Use kubectl edit.")
        raise BadRequest(message, status=400)
    if opened.is_deleted:
        raise BadRequest(_("This object has been deleted."), status=404)


def build_form_context(page: DraftPage, address: Address, form: TypedForm) -> dict[str, Any]:
    """What the form itself needs."""
    return {
        "form_url": page.url,
        "object_url": address.path(),
        "schema_url": reverse("resources:schema", args=[address.cluster]),
        "text": form.text,
        "rows": min(40, max(12, form.text.count("\n") + 2)),
        "version": form.version,
        "digest": form.digest,
        "started": form.started,
        "base": drafts.pack_base(form.base),
        **build_draft_context(page, form.draft),
    }


def build_draft_context(page: DraftPage, draft: UUID) -> dict[str, Any]:
    """What the script needs that keeps the text while it is typed."""
    path, _sign, query = page.url.partition("?")
    return {
        "draft": draft,
        "draft_url": f"{path}/draft{f'?{query}' if query else ''}",
        "draft_interval": settings.TIMINGS.edit.draft,
    }


def render_kept_text(
    request: HttpRequest, session: ClusterSession, address: Address, form: dict[str, Any], error: ApiError
) -> HttpResponse:
    """The form alone, where the object cannot be shown: the cluster does not answer, or it was deleted."""
    context = {
        **build_frame_context(address, [session]),
        **form,
        "name": address.name,
        "kinds": address.resource,
        "list_url": address.listing().path(),
        "is_secret": bool(find_slug(address.resource).value_fields),
        "notices": [describe_error(error)],
    }
    return render(request, "edit/kept.html", context, status=status_of(error))


def announce_saved(request: HttpRequest, name: str, warnings: Sequence[str]) -> None:
    """Messages of the next page."""
    messages.success(request, _("Saved %(name)s.") % {"name": name})
    for warning in warnings:
        messages.warning(request, warning)


def list_methods(address: Address, *, is_secret: bool) -> Sequence[tuple[str, str, str]]:
    """Each way in which an object is changed by a text: its key, its name and its page."""
    named: list[tuple[Method, str]] = [
        ("apply", _("Server-side apply")),
        ("strategic", _("Strategic merge patch")),
        ("merge", _("Merge patch")),
        ("json", _("JSON patch")),
    ]
    if not is_secret:  # it would have to hold every value: its edit page keeps those that are hidden
        named.append(("replace", _("Replace (PUT)")))
    patches = [(method, name, f"{address.path('patch')}?method={method}") for method, name in named]
    return [("edit", _("Edit"), address.path("edit")), *patches]


def describe_undoers(undoers: Sequence[Undoer]) -> Notice | None:
    """Who will write over the change, where somebody is known."""
    if not undoers:
        return None
    details = tuple(Detail(f"{escape_invisible(one.name)}: {one.advice}") for one in undoers)
    return Notice(_("This change can be undone"), severity="warning", details=details)


def describe_warnings(warnings: Sequence[str]) -> Sequence[Notice]:
    """Warnings of the API server, as it wrote them."""
    details = tuple(Detail(warning) for warning in warnings)
    return [Notice(_("The API server warns"), severity="warning", details=details)] if details else []
