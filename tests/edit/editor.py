"""The edit page as its form is used: fields as a browser sends them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import requests

from tests.dashboard_server import DashboardServer

HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"')
TEXT = re.compile(r"<textarea[^>]*name=\"text\"[^>]*>\n(.*?)</textarea>", re.DOTALL)


@dataclass
class EditPage:
    """One answer of the page, and what its form would send."""

    client: requests.Session
    url: str
    answer: requests.Response

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def html(self) -> str:
        return self.answer.text

    @property
    def text(self) -> str:
        found = TEXT.search(self.html)
        assert found, self.html
        return html.unescape(found[1])

    @property
    def fields(self) -> dict[str, str]:
        return dict(self.pairs)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The hidden fields; a name can be there several times."""
        start = self.html.index('<form id="edit"')
        form = self.html[start : self.html.index("</form>", start)]
        return [(name, html.unescape(value)) for name, value in HIDDEN.findall(form)]

    def review(self, text: str) -> EditPage:
        return self.send(text, step="review")

    def save(self, text: str = "") -> EditPage:
        return self.send(text or self.text, step="save")

    def send(self, text: str, **changed: str) -> EditPage:
        """Press a button: browsers send CR LF."""
        typed = {"text": text.replace("\n", "\r\n"), **changed}
        kept = [(name, value) for name, value in self.pairs if name not in typed]
        answer = self.client.post(
            self.url,
            files=[(name, (None, value)) for name, value in (*kept, *typed.items())],
            headers={"Referer": self.url},
            allow_redirects=False,
        )
        return EditPage(self.client, self.url, answer)


def open_editor(served: DashboardServer, name: str, path: str) -> EditPage:
    client = served.client(name)
    url = f"{served.url}{path}/edit"
    return EditPage(client, url, client.get(url))
