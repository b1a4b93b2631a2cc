"""Browser opening: only on a local display, and never if it is switched off."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Mapping
from contextlib import suppress

NO = ("no", "false", "0", "off")


def open_browser(address: str, environment: Mapping[str, str]) -> None:
    """Where none can be opened, the address that was printed does as well."""
    if can_open_browser(environment, sys.platform):
        with suppress(webbrowser.Error):
            webbrowser.open(address)


def can_open_browser(environment: Mapping[str, str], platform: str) -> bool:
    """Not in CI, not over SSH, not without a display, and not with QUARTERDECK_DEMO_OPEN=no."""
    if environment.get("QUARTERDECK_DEMO_OPEN", "").strip().lower() in NO or environment.get("CI"):
        return False
    if environment.get("SSH_CONNECTION"):
        return False
    return platform in ("darwin", "win32") or bool(
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    )
