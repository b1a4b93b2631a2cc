"""Pod notice: why a pod does not run, or how its containers ended, on top of its page and in text."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.kinds.fields import KubernetesObject, mapping, mappings, number, text
from dashboard.kinds.invisible import escape_invisible
from dashboard.kinds.pod_status import container_reason
from dashboard.kinds.rollouts.blockers import find_blocker
from dashboard.kinds.rollouts.parts import Objects
from dashboard.kinds.terminations import describe_end, describe_memory_limit, describe_run
from dashboard.objects.events import list_warnings
from dashboard.objects.opening import OpenObject
from dashboard.pieces.notice import Detail, Notice, Severity

MAX_DETAILS = 8
STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")


def build_pod_notice(opened: OpenObject, found: KubernetesObject) -> Notice | None:
    """None for a pod that runs and of which no container has failed, and for other kinds."""
    if text(found, "kind") != "Pod" or text(found, "status", "phase") == "Succeeded":
        return None
    warnings = list_warnings(opened.events) if opened.events else []
    blocker, ends = find_blocker(found, warnings), list(_describe_ends(found))
    if blocker is None and not ends:
        return None
    details = [*_describe_states(found), *ends, *_describe_warning(warnings)]
    severity: Severity = "info"
    if blocker is not None:
        title = f"{blocker.word}: {blocker.detail}" if blocker.detail else blocker.word
        severity = (
            "error" if blocker.level == "error" else "warning" if blocker.level == "warning" else "info"
        )
    else:
        restarts = sum(number(one, "restartCount") or 0 for one in _list_statuses(found))
        sentence = ngettext("It was restarted %(n)s time.", "It was restarted %(n)s times.", restarts)
        title = sentence % {"n": restarts} if restarts else _("A container of it has ended.")
    shown = [Detail(escape_invisible(one.text), escape_invisible(one.field)) for one in details[:MAX_DETAILS]]
    return Notice(escape_invisible(title), "", severity, details=tuple(shown))


def _list_statuses(found: KubernetesObject) -> Iterator[KubernetesObject]:
    for name in STATUSES:
        yield from mappings(found, "status", name)


def _describe_states(found: KubernetesObject) -> Iterator[Detail]:
    """Each container that waits, with reason and message."""
    for status in _list_statuses(found):
        message = text(status, "state", "waiting", "message")
        if message:
            yield Detail(f"{container_reason(status)}: {message}", _field(status, _("state")))


def _describe_ends(found: KubernetesObject) -> Iterator[Detail]:
    """How each container that failed ended last: reason, exit code or signal, limit, times, message."""
    for status in _list_statuses(found):
        ended = mapping(status, "state", "terminated") or mapping(status, "lastState", "terminated")
        if not ended or (number(ended, "exitCode") == 0 and not number(ended, "signal")):
            continue
        ran = describe_run(ended)
        parts = [
            describe_end(ended),
            describe_memory_limit(found, text(status, "name"), ended),
            _("started %(time)s") % {"time": text(ended, "startedAt")} if text(ended, "startedAt") else "",
            _("finished %(time)s") % {"time": text(ended, "finishedAt")} if text(ended, "finishedAt") else "",
            _("ran for %(length)s") % {"length": ran} if ran else "",
        ]
        words = ", ".join(part for part in parts if part)
        message = text(ended, "message").strip()
        yield Detail(f"{words}: {message}" if message else words, _field(status, _("last termination")))


def _describe_warning(warnings: Objects) -> Iterator[Detail]:
    """The newest warning event."""
    for event in warnings[:1]:
        yield Detail(f"{text(event, 'reason')}: {text(event, 'message')}", _("newest warning"))


def _field(status: KubernetesObject, word: str) -> str:
    return f"{text(status, 'name')}, {word}"
