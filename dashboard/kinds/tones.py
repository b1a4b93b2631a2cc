"""Status tones: how good the words of a status are, from ok to error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["ok", "progress", "warning", "error", "unknown", "done"]
Polarity = Literal["good", "bad", "neutral"]

# The titles of the columns, in lower case, whose cells are a status.
COLUMNS = frozenset(
    {"status", "phase", "ready", "condition", "type", "available", "state", "health", "sync status"}
)


def _split_words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# The words of a condition type in CamelCase, in lower case, and what they say of it when it is True. Bad goes before
# neutral, and neutral before good: NodeResizeError is bad.
_BAD_WORDS = _split_words(
    "blocked conflict corrupt deadlock degraded denied error exceeded failed failing failure fallback frequent invalid",
    "lost misconfigured missing overloaded pressure problem readonly rejected stalled unavailable unhealthy",
    "unreachable unschedulable",
)
_NEUTRAL_WORDS = _split_words(
    "deleting disrupted draining migrating paused pending progressing reconciling remediating resizing rolling scaling",
    "suspended terminating updating upgrading",
)
_GOOD_WORDS = _split_words(
    "able accepted approved attached available bound complete completed conformant connected deployed established",
    "healthy initialized installed issued programmed provisioned ready reconciled released resolved running scheduled",
    "succeeded success synced valid verified",
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
LONGEST_TYPE = 316  # characters of a condition type, as the API reference has it
_PART = re.compile(r"^(\d+)/(\d+)$")


@dataclass(frozen=True)
class StatusTones:
    """How good the words of a status are.

    `words` are those of the status columns that kubectl prints, in lower case; `phases` those of `status.phase`.
    `conditions` names the condition types that are good, bad, or neither, when they are True; of others the words that
    they are made of decide (`find_polarity`).
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


_WORST_FIRST: tuple[Level, ...] = ("error", "warning", "unknown", "progress", "done", "ok")
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
        "Progressing": "good",  # of workloads: False is a rollout that has stopped
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
    polarity = tones.conditions.get(kind) or find_polarity(kind)
    if polarity == "neutral":
        return "progress" if status == "True" else "done"
    if status not in ("True", "False"):
        return "unknown"
    if polarity is None:
        return "unknown"
    if polarity == "bad":
        return "error" if status == "True" else "ok"
    if status == "True":
        return "ok"
    return "done" if reason == "PodCompleted" else "warning"


def find_polarity(kind: str) -> Polarity | None:
    """What a condition type that no table has says by its words when it is True; None where nobody can know."""
    words = {word.lower() for word in _WORD.findall(kind[:LONGEST_TYPE])}
    if words & _BAD_WORDS:
        return "bad"
    if words & _NEUTRAL_WORDS:
        return "neutral"
    return "good" if words & _GOOD_WORDS else None


def _classify_word(word: str, tones: StatusTones, *, is_ready: bool) -> Level | Literal[""]:
    if word.startswith("init:") and not any(bad in word for bad in ("error", "crash", "backoff")):
        return "progress"
    if found := tones.words.get(word):
        return found
    parts = [tones.words[part] for part in word.split(",") if part in tones.words]
    if parts:  # NotReady,SchedulingDisabled: the worst of them
        return min(parts, key=_WORST_FIRST.index)
    if any(bad in word for bad in ("backoff", "error", "failed")):
        return "error"
    return "warning" if is_ready and word.startswith("notready") else ""
