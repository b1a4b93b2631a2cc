"""Terminations: how a container ended, in words: its limit of memory where it was OOMKilled, and how long it ran."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, mappings, number, text

OOM_KILLED = "OOMKilled"


def find_memory_limit(pod: KubernetesObject, name: str) -> str:
    """The memory limit of one container as its spec has it, or empty."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for one in mappings(pod, "spec", field):
            if text(one, "name") == name:
                return text(one, "resources", "limits", "memory")
    return ""


def describe_memory_limit(pod: KubernetesObject, name: str, ended: KubernetesObject) -> str:
    """Of a container that was OOMKilled: its limit; empty for any other end."""
    if text(ended, "reason") != OOM_KILLED:
        return ""
    limit = find_memory_limit(pod, name)
    return _("memory limit %(limit)s") % {"limit": limit} if limit else _("no memory limit of its own")


def describe_run(ended: KubernetesObject) -> str:
    """How long a container ran, such as `3s` or `1h 5m`; empty where its times do not say."""
    started, finished = (_parse(text(ended, name)) for name in ("startedAt", "finishedAt"))
    if started is None or finished is None or finished < started:
        return ""
    seconds = (finished - started) // timedelta(seconds=1)
    units = (
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "m"),
        (seconds % 60, "s"),
    )
    words = [f"{count}{unit}" for count, unit in units if count]
    return " ".join(words[:2]) or "0s"


def describe_end(ended: KubernetesObject) -> str:
    """`OOMKilled, exit code 137, signal 9`: how a container ended."""
    words = [text(ended, "reason"), _("exit code %(code)s") % {"code": text(ended, "exitCode") or "–"}]
    if number(ended, "signal"):
        words.append(_("signal %(signal)s") % {"signal": text(ended, "signal")})
    return ", ".join(word for word in words if word)


def _parse(written: str) -> datetime | None:
    try:
        found = parse_datetime(written)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
