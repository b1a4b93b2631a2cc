"""Exec ending: the Status on the error channel, read as an exit code or as an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_MESSAGE = 500
CUT_OFF = "The connection to the container was lost."


@dataclass(frozen=True)
class ExecEnding:
    """`exit_code` is None where the command did not run to its end, or nobody said how it ended; then `message` is why.

    `is_missing` where the container has no such program.
    """

    exit_code: int | None
    message: str = ""
    is_missing: bool = False

    @property
    def is_success(self) -> bool:
        return self.exit_code == 0


def read_ending(content: bytes) -> ExecEnding:
    """Of the frames of the error channel together; nothing in them is a connection that was cut off."""
    if not content.strip():
        return ExecEnding(None, CUT_OFF)
    try:
        status = json.loads(content)
    except (ValueError, RecursionError):
        status = None
    if not isinstance(status, dict):
        return _describe(content.decode("utf-8", "replace"))
    if status.get("status") == "Success":
        return ExecEnding(0)
    message = str(status.get("message") or "")
    if status.get("reason") == "NonZeroExitCode" and (code := _find_exit_code(status)) is not None:
        # As a shell says it: 126 and 127 of a runtime that could not start the program.
        return ExecEnding(code, "" if message.startswith("command terminated") else message[:MAX_MESSAGE])
    return _describe(message)


def _find_exit_code(status: Mapping[str, Any]) -> int | None:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict) and cause.get("reason") == "ExitCode":
            text = str(cause.get("message") or "")
            return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    return None


def _describe(message: str) -> ExecEnding:
    """Runtimes say in words alone that a program is not there; each has other words around these."""
    lower = message.lower()
    is_missing = "executable file not found" in lower or "no such file or directory" in lower
    return ExecEnding(None, message[:MAX_MESSAGE] or CUT_OFF, is_missing)
