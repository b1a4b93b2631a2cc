"""Status tones: how good the words of a status are, from ok to error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["ok", "progress", "warning", "error", "unknown", "done"]
Polarity = Literal["bad", "neutral"]

# The titles of the columns, in lower case, whose cells are a status.
COLUMNS = frozenset(
    {"status", "phase", "ready", "condition", "type", "available", "state", "health", "sync status"}
)
_PART = re.compile(r"^(\d+)/(\d+)$")


@dataclass(frozen=True)
class StatusTones:
    """How good the words of a status are.

    `words` are those of the status columns that kubectl prints, in lower case; `phases` those of `status.phase`.
    `conditions` names the condition types that are bad, or neither good nor bad, when they are True; all others
    are good (api-conventions, "Typical status properties").
    """

    words: Mapping[str, Level] = field(default_factory=dict)
    phases: Mapping[str, Level] = field(default_factory=dict)
    conditions: Mapping[str, Polarity] = field(default_factory=dict)

    def extend(self, other: StatusTones) -> StatusTones:
        """These, and of `other` what these say nothing about."""
        return StatusTones(
            {**other.words, **self.words},
            {**other.phases, **self.phases},
            {**other.conditions, **self.conditions},
        )


NO_TONES = StatusTones()

# What words mean in kinds of any sort; the words of one kind stand in its own file (table/).
GENERAL = StatusTones(
    words={
        **dict.fromkeys(("running", "ready", "active", "available", "true"), "ok"),
        **dict.fromkeys(("healthy", "synced", "established"), "ok"),
        **dict.fromkeys(("completed", "succeeded"), "done"),
        **dict.fromkeys(("pending", "progressing", "terminating", "suspended", "unknown"), "progress"),
        **dict.fromkeys(("warning", "degraded", "outofsync"), "warning"),
        **dict.fromkeys(("error", "failed", "notready", "unhealthy", "false"), "error"),
    },
    phases={
        **dict.fromkeys(("Running", "Available", "Ready", "Healthy"), "ok"),
        **dict.fromkeys(("Succeeded", "Completed"), "done"),
        **dict.fromkeys(("Pending", "Progressing", "Terminating", "Provisioning"), "progress"),
        **dict.fromkeys(("Failed", "Error"), "error"),
        "Unknown": "unknown",
    },
    conditions={
        **dict.fromkeys(("Failed", "Stalled", "Degraded", "Error"), "bad"),
        **dict.fromkeys(("ConfigurationError", "Invalid", "Conflict"), "bad"),
        **dict.fromkeys(("Suspended", "Terminating"), "neutral"),
    },
)


def tone(column: str, text: str, tones: StatusTones) -> Level | Literal[""]:
    """How good a cell is; empty where the column is no status or the word says nothing."""
    name = column.lower()
    if name not in COLUMNS:
        return ""
    part = _PART.match(text)
    if part:
        return "" if part[1] == part[2] else "warning"
    return _classify_word(text.lower(), tones, is_ready=name == "ready")


def classify_condition(kind: str, status: str, reason: str, tones: StatusTones) -> Level:
    """How good a condition is by its type, its status (True, False or Unknown) and its reason."""
    polarity = tones.conditions.get(kind)
    if polarity == "neutral":
        return "progress" if status == "True" else "done"
    if status not in ("True", "False"):
        return "unknown"
    if polarity == "bad":
        return "error" if status == "True" else "ok"
    if status == "True":
        return "ok"
    return "done" if reason == "PodCompleted" else "warning"


def _classify_word(word: str, tones: StatusTones, *, is_ready: bool) -> Level | Literal[""]:
    if word.startswith("init:") and not any(bad in word for bad in ("error", "crash", "backoff")):
        return "progress"
    if found := tones.words.get(word):
        return found
    if any(bad in word for bad in ("backoff", "error", "failed")):
        return "error"
    return "warning" if is_ready and word.startswith("notready") else ""
