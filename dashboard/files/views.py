"""Files page views: a folder or a file of a container, an upload, and downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from clusters.api.errors import BadRequest, Forbidden, TimedOut
from clusters.debugging.containers import list_container_names
from clusters.exec.request import ExecRequest
from clusters.files.access import MAX_UPLOAD, MAX_VIEW, SECONDS, FileAccess, FilesUnavailable
from clusters.files.archives import BadArchive
from clusters.files.downloads import download_service
from clusters.files.listing import BadPath, Entry, Folder, clean_name, clean_path
from clusters.gateway.connect import ClusterSession, connect
from dashboard.address import kubectl
from dashboard.address.paths import MAX_NAME, Address, BadAddress, parse
from dashboard.files.messages import describe_unavailable
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.kinds.table import find_slug
from dashboard.kinds.tabs import FILES
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.views import build_object_frame
from dashboard.pieces.notice import Notice
from people.decorators import person, require_sign_in


class UploadForm(forms.Form):
    """A file for the folder that is shown. What is there already stays, unless `replace` is chosen."""

    upload = forms.FileField(max_length=255, allow_empty_file=True)
    replace = forms.BooleanField(required=False)


@dataclass(frozen=True)
class Row:
    """An entry with its links; `url` is empty of what can be neither opened nor read."""

    entry: Entry
    url: str
    download_url: str


@dataclass(frozen=True)
class Location:
    """A path in a container of an open pod. `containers` are the pod's at the beginning: it can go meanwhile."""

    opened: OpenObject
    access: FileAccess
    path: str
    containers: Sequence[str]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@require_sign_in
@handle_cluster_errors
def files_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """A folder, or with `?view=1` a file; a POST puts a file into the folder."""
    address = parse(path, request.GET)
    _require_permission(connect(person(request), address.cluster), address)
    opened = open_object(person(request), address, with_related=False)
    try:
        location = _read_query(opened, request.GET)
        if request.method == "POST":
            return _upload(request, location)
        if request.GET.get("view"):
            return _show_file(request, location)
        return _show_folder(request, location)
    finally:
        opened.close()


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def download(request: HttpRequest, /, **path: str) -> HttpResponseBase:
    """One file as it is, or with `?folder=1` a folder as a tar archive; written while it is read."""
    address = parse(path, request.GET)
    _require_permission(connect(person(request), address.cluster), address)
    opened = open_object(person(request), address, with_related=False)
    try:
        location = _read_query(opened, request.GET)
        is_folder = bool(request.GET.get("folder"))
        read = location.access.download_folder if is_folder else location.access.download_file
        try:
            found = download_service.open(read(location.path), seconds=SECONDS)
        except FilesUnavailable as failure:
            notice = describe_unavailable(failure, "sh, tar" if is_folder else "sh, cat")
            return _show_folder(
                request, replace(location, path=_find_folder(location.path)), notice, status=422
            )
        except BadArchive:
            notice = Notice(_("This container's tar does not write an archive."), severity="error")
            return _show_folder(
                request, replace(location, path=_find_folder(location.path)), notice, status=422
            )
        except TimeoutError:
            raise TimedOut from None
    finally:
        opened.close()
    name = location.path.rpartition("/")[2] or address.name
    response = StreamingHttpResponse(found.read(), content_type="application/octet-stream")
    response._resource_closers.append(found.close)  # type: ignore[attr-defined]  # where nobody reads it at all
    response["Content-Disposition"] = _attach(name + (".tar" if is_folder else ""))
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _find_folder(path: str) -> str:
    """The folder that a path is in."""
    return path.rpartition("/")[0] or "/"


def _attach(name: str) -> str:
    """A name of ASCII for old browsers, and the real one."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-._") else "-" for sign in name)[
        :150
    ]
    whole = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain or 'file'}\"; filename*=UTF-8''{whole}"


def _require_permission(session: ClusterSession, address: Address) -> None:
    """Before anything is read or run. Raises DeniedByRole, Forbidden, or BadAddress of a kind without files."""
    if FILES not in find_slug(address.resource).tabs:
        raise BadAddress("resource", _("Objects of this kind have no files."))
    checks = ExecRequest(address.namespace, address.name).checks
    session.require_role(checks[0])
    results = session.review_access(list(checks))
    for check in checks:
        if results[check].state == "denied":
            message = _("Kubernetes does not grant you “%(verb)s” on “pods/exec” in namespace %(namespace)s.")
            words = {"verb": check.verb, "namespace": address.namespace}
            raise Forbidden(message % words, status=403)


def _read_query(opened: OpenObject, query: QueryDict) -> Location:
    """Raises BadAddress, which names the field."""
    found = opened.found
    if found is None:
        raise BadRequest(_("The pod is gone."), status=404)
    names = list_container_names(found)
    container = query.get("container", "") or (names[0] if names else "")
    if container not in names:
        raise BadAddress("container", _("This pod has no container of that name."))
    try:
        path = clean_path(query.get("path", "/"))
    except BadPath as wrong:
        raise BadAddress("path", str(wrong)) from None
    address = opened.address
    access = FileAccess(opened.cluster_session, address.namespace, address.name, container)
    return Location(opened, access, path, names)


def _show_folder(
    request: HttpRequest, location: Location, *notices: Notice, status: int = 200
) -> HttpResponse:
    folder, shown = None, list(notices)
    try:
        folder = async_to_sync(location.access.list_folder)(location.path)
    except FilesUnavailable as failure:
        shown.append(describe_unavailable(failure, "sh, ls"))
        status = 422 if status == 200 else status
    context = {
        **_build_context(location, shown),
        "rows": _build_rows(location, folder) if folder else None,
        "is_cut": folder is not None and folder.is_cut,
    }
    return render(request, "files/files.html", context, status=status)


def _show_file(request: HttpRequest, location: Location) -> HttpResponse:
    notices: list[Notice] = []
    content, is_cut, status = b"", False, 200
    try:
        content, is_cut = async_to_sync(location.access.read_file)(location.path)
    except FilesUnavailable as failure:
        notices.append(describe_unavailable(failure, "sh, cat"))
        status = 422
    is_binary = b"\0" in content
    context = {
        **_build_context(location, notices),
        "is_file": True,
        "is_binary": is_binary,
        "text": "" if is_binary else content.decode("utf-8", "replace"),
        "size": len(content),
        "is_cut": is_cut,
        "most": MAX_VIEW,
        "download_url": _build_url(location, location.path, "download"),
        "folder_url": _build_url(location, _find_folder(location.path)),
    }
    return render(request, "files/files.html", context, status=status)


def _upload(request: HttpRequest, location: Location) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    upload = form.files.get("upload")
    if not form.is_valid() or upload is None:
        notice = Notice(_("Choose a file to upload."), severity="error", is_announced=True)
        return _show_folder(request, location, notice, status=422)
    content = upload.read()
    if len(content) > MAX_UPLOAD:
        words = {"most": MAX_UPLOAD // 1024**2, "command": "kubectl cp"}
        notice = Notice(
            _("This file has more than %(most)d MiB. Use %(command)s for it.") % words, severity="error"
        )
        return _show_folder(request, location, notice, status=413)
    try:
        name = clean_name(upload.name or "")
        async_to_sync(location.access.write_file)(
            location.path, name, content, replace=form.cleaned_data["replace"]
        )
    except BadPath as wrong:
        return _show_folder(request, location, Notice(str(wrong), severity="error"), status=422)
    except FilesUnavailable as failure:
        notice = describe_unavailable(failure, "sh, cat, wc, mv")
        return _show_folder(request, location, notice, status=409)
    messages.success(request, _("%(name)s is in the container.") % {"name": name})
    return redirect(_build_url(location, location.path))


def _build_context(location: Location, notices: Sequence[Notice]) -> dict[str, Any]:
    address, container = location.opened.address, location.access.container
    copy = kubectl.command(
        address.cluster, address.namespace, "cp", f"{address.name}:{location.path}", "./copy", "-c", container
    )
    return {
        **build_object_frame(location.opened),
        "tab": FILES.page,
        "page": address.url(FILES.page),
        "files_url": address.path(FILES.page),
        "container": container,
        "container_names": location.containers,
        "path": location.path,
        "parts": _build_parts(location),
        "notices": notices,
        "archive_url": _build_url(location, location.path, "download", folder="1"),
        "max_name": MAX_NAME,
        "max_upload": MAX_UPLOAD // 1024**2,
        "commands": [copy],
    }


def _build_rows(location: Location, folder: Folder) -> Sequence[Row]:
    rows = []
    for one in folder.entries:
        path = f"{folder.path.rstrip('/')}/{one.name}"
        if one.is_folder:
            url = _build_url(location, path)
            download_url = _build_url(location, path, "download", folder="1")
        elif one.is_file:
            url = _build_url(location, path, view="1")
            download_url = _build_url(location, path, "download")
        else:
            url = download_url = ""
        rows.append(Row(one, url, download_url))
    return rows


def _build_parts(location: Location) -> Sequence[tuple[str, str]]:
    """Each folder on the way to the path, with its link."""
    names = [name for name in location.path.split("/") if name]
    return [
        ("/", _build_url(location, "/")),
        *(
            (name, _build_url(location, "/" + "/".join(names[: index + 1])))
            for index, name in enumerate(names)
        ),
    ]


def _build_url(location: Location, path: str, page: str = "", **query: str) -> str:
    """A name that is no UTF-8 keeps its bytes."""
    base = location.opened.address.path(FILES.page) + (f"/{page}" if page else "")
    pairs = {"container": location.access.container, "path": path.encode("utf-8", "surrogateescape"), **query}
    return f"{base}?{urlencode(pairs)}"
