"""Benchmark server: Quarterdeck in production mode, and a Chromium in front of it."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.cluster import PERSON
from tests.browser import ARGUMENTS
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer

SLUG = "harbour"


class Product(DashboardServer):
    """`manage.py serve` with QUARTERDECK_MODE=production; TLS is a proxy's in front of it, and not measured."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, DJANGO_SETTINGS_MODULE="dashboard.settings")
        self.environment |= {
            "QUARTERDECK_MODE": "production",
            "QUARTERDECK_PUBLIC_URL": self.url,
            "QUARTERDECK_LISTEN": f"127.0.0.1:{self.port}",
            "QUARTERDECK_LOG_LEVEL": "WARNING",
            "QUARTERDECK_SECRET_KEY": secrets.token_urlsafe(64),
            "QUARTERDECK_SEALING_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        self.people = 0
        self._keys: dict[str, str] = {}

    def open(self, plane: ControlPlane) -> None:
        """The control plane as a cluster; people come by `newcomer`."""
        self.run_command("create_users")
        self.run_command("cluster", slug=SLUG, server=plane.server, ca=plane.ca)
        self._keys = {"token": plane.token(PERSON)}

    def _plant_keys(self) -> None:
        """The keys are in the environment, and no test looks for them here."""

    def newcomer(self) -> str:
        """Somebody new with a credential of their own, so that no feed, page or review of theirs is kept."""
        self.people += 1
        name = f"newcomer-{self.people}"
        self.run_command("create_editor", name=name)
        self.run_command("credential", name=name, slug=SLUG, keys=self._keys)
        return name


@contextmanager
def chromium() -> Iterator[Browser]:
    """$QUARTERDECK_CHROMIUM, or the `chromium` on the PATH."""
    program = os.environ.get("QUARTERDECK_CHROMIUM") or shutil.which("chromium")
    assert program, "Install Chromium (apt install chromium), or name it in QUARTERDECK_CHROMIUM."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
