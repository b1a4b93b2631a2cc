"""Pages of drains as plain forms: what a browser without JavaScript opens, fills in and sends."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import requests

from tests.actions.pages import ConfirmPage, read_text
from tests.dashboard_server import DashboardServer


class DrainPages:
    """One person's pages of drains, as plain forms."""

    def __init__(self, served: DashboardServer, name: str, cluster: str = "harbour") -> None:
        self.served, self.name, self.cluster = served, name, cluster
        self.client = served.client(name)

    def plan(self, node: str, **options: str) -> ConfirmPage:
        """The opened plan page with these options."""
        query = urlencode(options)
        page = ConfirmPage(self.served, self.name, f"/c/{self.cluster}/_cluster/nodes/{node}/drain")
        page.client, page.url = self.client, f"{page.url}?{query}"
        page.open()
        return page

    def start(self, node: str, **options: str) -> str:
        """The URL of the drain that was started."""
        answer = self.plan(node, **options).send()
        assert answer.status_code == 302, answer.text
        return self.served.url + answer.headers["Location"]

    def read(self, url: str) -> str:
        """The words of a drain's page."""
        return read_text(self.client.get(url))

    def wait_for_text(self, url: str, text: str, seconds: float = 40.0) -> str:
        """The words of the page, once they contain this."""
        began = time.monotonic()
        while text not in (words := self.read(url)):
            assert time.monotonic() - began < seconds, f"{text!r} is not in {words}"
            time.sleep(0.1)  # between looks at a condition
        return words

    def post(self, url: str, segment: str) -> requests.Response:
        """Stop or resume."""
        page = ConfirmPage(self.served, self.name, "")
        page.client, page.url = self.client, url
        page.open()
        page.url = f"{url}/{segment}"
        return page.send()
