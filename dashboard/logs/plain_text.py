"""Plain text of log lines: without the colors of ANSI escapes, and with every other control character visible."""

from __future__ import annotations

import re

from dashboard.kinds.invisible import escape_invisible

_COLOR = re.compile(r"\x1b\[[0-9;:]{0,64}m")


def make_plain(text: str) -> str:
    """One line that does nothing, wherever it is printed."""
    return escape_invisible(_COLOR.sub("", text) if "\x1b" in text else text).replace("\n", "\\n")
