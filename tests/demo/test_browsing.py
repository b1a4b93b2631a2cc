"""Browser launch: the demo opens a browser only on a desktop."""

from __future__ import annotations

import pytest

from demo.browsing import can_open_browser


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
        ({}, "linux", False),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "192.0.2.7 1 192.0.2.8 22"}, "linux", False),
        ({"DISPLAY": ":0", "QUARTERDECK_DEMO_OPEN": "no"}, "linux", False),
        ({"QUARTERDECK_DEMO_OPEN": " No "}, "darwin", False),
        ({"QUARTERDECK_DEMO_OPEN": "yes"}, "darwin", True),
    ],
)
def test_it_opens_a_browser_only_on_a_desktop(
    environment: dict[str, str], platform: str, expected: bool
) -> None:
    assert can_open_browser(environment, platform) is expected
