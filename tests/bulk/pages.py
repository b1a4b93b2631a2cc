"""Bulk pages as plain forms: what a browser without JavaScript sends."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import requests

from tests.actions.pages import read_text
from tests.dashboard_server import DashboardServer, wait_for

ITEM = re.compile(r'name="item" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
RESULT = re.compile(
    r"<tr><td>([^<]+)</td><th[^>]*><a[^>]*>([^<]+)</a></th><td>[^<]*</td><td>"
    r'<span class="status[^"]*">([^<]+)</span>(.*?)</td></tr>'
)
PLANNED = re.compile(r'<tr( class="is-left-out")?>.*?<a href="[^"]*">([^<]+)</a>.*?</tr>', re.DOTALL)


class BulkPage:
    """One person's selection in a list, its confirm page and its run."""

    def __init__(self, served: DashboardServer, name: str, listing: str) -> None:
        self.client: requests.Session = served.client(name)
        self.served, self.listing = served, listing
        self.headers = {"Referer": served.url}
        self.fields: dict[str, str] = {}
        self.items: Sequence[str] = ()
        self.run = ""

    def confirm(self, action: str, **fields: str) -> requests.Response:
        """The confirm page for all that the list matches, or for the `items` that are set."""
        listing = self.client.get(self.served.url + self.listing)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', listing.text)
        assert token is not None, read_text(listing)
        sent = {"csrfmiddlewaretoken": token[1], "list": self.listing, "action": action, **fields}
        chosen = {"item": self.items} if self.items else {"everything": "1"}
        page = self._post(sent | chosen)
        self.fields = {key: html.unescape(value) for key, value in HIDDEN.findall(page.text) if key != "item"}
        self.items = [html.unescape(one) for one in ITEM.findall(page.text)]
        return page

    def start(self, **fields: str) -> requests.Response:
        """Send the confirm page's form; the run's URL is kept."""
        answer = self._post({**self.fields, "item": self.items, "start": "1", **fields})
        self.run = answer.headers.get("Location", "")
        return answer

    def _post(self, values: dict[str, object]) -> requests.Response:
        url = f"{self.served.url}/bulk/confirm/"
        return self.client.post(url, data=values, headers=self.headers, allow_redirects=False, timeout=60)

    def send(self, page: str) -> requests.Response:
        """A button of the run's page."""
        values = {"csrfmiddlewaretoken": self.fields["csrfmiddlewaretoken"]}
        url = f"{self.served.url}{self.run}{page}/"
        return self.client.post(url, data=values, headers=self.headers, allow_redirects=False, timeout=60)

    def read_run(self) -> requests.Response:
        return self.client.get(self.served.url + self.run)

    def wait(self) -> dict[tuple[str, str], tuple[str, str]]:
        """The results when the run is over: (cluster, name) -> state, message."""
        wait_for(lambda: "hx-trigger" not in self.read_run().text, 120)
        return self.read_results()

    def read_results(self) -> dict[tuple[str, str], tuple[str, str]]:
        found = RESULT.findall(self.read_run().text)
        return {(cluster, name): (state, html.unescape(rest)) for cluster, name, state, rest in found}


def read_plan(page: requests.Response) -> tuple[set[str], set[str]]:
    """The names that will be changed, and those that are left out."""
    rows = PLANNED.findall(page.text.partition("<tbody>")[2])
    return {name for left_out, name in rows if not left_out}, {name for left_out, name in rows if left_out}
