"""One real page beside the hundred: a Chromium that notes whatever its list says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import ConsoleMessage, Page

from bench.product import chromium
from bench.replicas.installation import Installation
from bench.replicas.pages import LIST

PREFIX = "said: "
# Looked at ten times a second; what stands in the page from the beginning is noted too. It survives a reload.
NOTE = """
let before = "";
setInterval(() => {
  const found = [...document.querySelectorAll(".notice, #live-state, #banner")]
    .map((one) => one.innerText.replace(/\\s+/g, " ").trim()).filter(Boolean).join(" | ");
  if (found !== before) console.info("PREFIX" + found);
  before = found;
}, 100);
""".replace("PREFIX", PREFIX)
BROWSER_SECONDS = 60


class WatchedPage:
    """`texts` are what the page said, in order, each once."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.texts: list[str] = []
        page.on("console", self._note)

    def wait(self, seconds: float) -> None:
        """Let time pass; what the page says meanwhile is noted."""
        self.page.wait_for_timeout(seconds * 1000)

    def _note(self, message: ConsoleMessage) -> None:
        text = message.text
        if text.startswith(PREFIX):
            for one in text.removeprefix(PREFIX).split(" | "):
                if one not in self.texts:
                    self.texts.append(one)


@contextmanager
def open_watched_page(installation: Installation, session: str) -> Iterator[WatchedPage]:
    """A page with the list open and live."""
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(BROWSER_SECONDS * 1000)
        context.add_cookies([{"name": "quarterdeck-session", "value": session, "url": installation.url}])
        page = context.new_page()
        page.add_init_script(NOTE)
        watched = WatchedPage(page)
        page.goto(installation.url + LIST)
        page.wait_for_selector("#live-state [data-state=live]")
        yield watched
