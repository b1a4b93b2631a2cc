"""Status tones: maps words that kubectl prints to ok, done, progress, warning or error."""

from __future__ import annotations

import re

COLUMNS = frozenset(
    {"status", "phase", "ready", "condition", "type", "available", "state", "health", "sync status"}
)
OK = frozenset(
    {
        "running",
        "ready",
        "active",
        "bound",
        "available",
        "true",
        "healthy",
        "synced",
        "approved,issued",
        "established",
    }
)
DONE = frozenset({"completed", "succeeded", "complete", "normal", "released"})
PROGRESS = frozenset(
    {"pending", "containercreating", "podinitializing", "progressing", "terminating", "suspended", "unknown"}
)
WARNING = frozenset({"warning", "ready,schedulingdisabled", "degraded", "outofsync", "lost"})
ERROR = frozenset(
    {"error", "failed", "crashloopbackoff", "imagepullbackoff", "errimagepull", "oomkilled", "evicted", "notready",
     "createcontainerconfigerror", "invalidimagename", "containerstatusunknown", "unhealthy", "false"}
)  # fmt: skip
_PART = re.compile(r"^(\d+)/(\d+)$")


def tone(column: str, text: str) -> str:
    """ok, done, progress, warning, error, or nothing where the column or the word says nothing."""
    name = column.lower()
    if name not in COLUMNS:
        return ""
    part = _PART.match(text)
    if part:
        return "" if part[1] == part[2] else "warning"
    return _classify_word(text.lower(), is_ready=name == "ready")


def _classify_word(word: str, *, is_ready: bool) -> str:
    if word.startswith("init:") and not any(bad in word for bad in ("error", "crash", "backoff")):
        return "progress"
    for name, words in (
        ("ok", OK),
        ("done", DONE),
        ("progress", PROGRESS),
        ("warning", WARNING),
        ("error", ERROR),
    ):
        if word in words:
            return name
    if any(bad in word for bad in ("backoff", "error", "failed")):
        return "error"
    return "warning" if is_ready and word.startswith("notready") else ""
