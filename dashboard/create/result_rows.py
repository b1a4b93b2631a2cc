"""Rows of the create page: each object's result in words, with its link and what the server adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from clusters.changes.objects import strip_server_fields
from clusters.creation.results import CreationResult
from clusters.discovery import Resource
from dashboard.address.paths import address
from dashboard.edit.authors import add_authors
from dashboard.edit.diff import Diff, compare
from dashboard.frame.permissions import explain_result
from dashboard.kinds.table import find_resource, mask
from dashboard.pieces.notice import Detail, Notice

MOST_DIFFS = 50  # of one page

TONES = {
    "accepted": "ok",
    "unchecked": "warning",
    "created": "ok",
    "existing": "warning",
    "refused": "error",
    "denied": "error",
    "unknown": "warning",
    "unsent": "neutral",
}


@dataclass(frozen=True)
class ResultRow:
    """One object. `diff` is what would be stored against what was typed, of a dry run alone."""

    kind: str
    name: str
    namespace: str
    line: int
    tone: str
    word: str
    url: str = ""
    notice: Notice | None = None
    diff: Diff | None = None


def build_rows(cluster: str, results: Sequence[CreationResult]) -> Sequence[ResultRow]:
    """In the order of creation."""
    return [_build_row(cluster, one, with_diff=index < MOST_DIFFS) for index, one in enumerate(results)]


def _build_row(cluster: str, result: CreationResult, *, with_diff: bool) -> ResultRow:
    new, resource = result.new, result.new.resource
    is_there = result.state in ("created", "existing") and bool(new.name)
    return ResultRow(
        kind=resource.kind,
        name=new.name or _("(no name)"),
        namespace=new.namespace if resource.namespaced else "",
        line=new.document.line,
        tone=TONES[result.state],
        word=_name_state(result),
        url=_build_url(cluster, resource, new.namespace, new.name) if is_there else "",
        notice=_describe(result),
        diff=_compare(result) if with_diff and result.state == "accepted" else None,
    )


def _build_url(cluster: str, resource: Resource, namespace: str, name: str) -> str:
    return address(
        cluster, resource.slug, namespace=namespace, namespaced=resource.namespaced, name=name
    ).path()


def _name_state(result: CreationResult) -> str:
    return {
        "accepted": _("Would be created"),
        "unchecked": _("Cannot be checked yet"),
        "created": _("Created"),
        "existing": _("Exists already"),
        "refused": _("Refused"),
        "denied": _("Not permitted"),
        "unknown": _("No answer"),
        "unsent": _("Not sent"),
    }[result.state]


def _describe(result: CreationResult) -> Notice | None:
    """What is to be said of it: our own sentence, the API server's words, and its warnings."""
    new, error = result.new, result.error
    advice = result.reason
    if result.review is not None:
        advice = explain_result(new.resource, "create", new.namespace, result.review)
    if result.state == "unknown":
        advice = _("It may have been created all the same. Create it again: it is never created twice.")
    details = tuple(Detail(one) for one in result.warnings)
    if not (advice or error or details):
        return None
    source = ""
    if error is not None and error.status:
        source = _("The API server returned %(status)s") % {"status": error.status}
    severity: Any = {"error": "error", "warning": "warning", "ok": "warning"}.get(TONES[result.state], "info")
    title = _("The API server warns") if details and not (advice or error) else ""
    message = str(error) if error is not None else ""
    return Notice(
        title or advice or str(_(error.title) if error else ""),
        "",
        severity,
        message=message,
        source=source,
        details=details,
    )


def _compare(result: CreationResult) -> Diff | None:
    """What was typed against what would be stored: whose each further line is follows from values, never a Secret's."""
    stored, new = result.stored, result.new
    if stored is None:
        return None
    kind = find_resource(new.resource.group, new.resource.plural)
    typed = strip_server_fields(mask(new.value, kind), new.resource)
    after = strip_server_fields(mask(stored, kind), new.resource)
    diff = compare(typed, after)
    if kind.value_fields:
        return diff
    return add_authors(diff, live={}, typed=new.value, stored=stored)
