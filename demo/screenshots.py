"""Documentation screenshots: taken from the running demo with Chromium (`make screenshots`).

The demo runs with the same seed each time. Ages and addresses differ from one run to the next, and little else does.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from demo.users import USERS_BY_NAME

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
SEED = "7"
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
COLORS = 256
LARGEST = 150_000  # bytes of a picture
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
ADDRESS_PATTERN = re.compile(r"(http://127\.0\.0\.1:\d+)/demo/")
TIMEOUT = 30_000  # milliseconds


def do_nothing(_page: Page) -> None:
    """The page is as it is when it was opened."""


def open_first_object(page: Page) -> None:
    """From a list to the page of its first object."""
    page.locator("#list-rows").get_by_role("rowheader").first.get_by_role("link").click()
    page.locator(".tabs").wait_for()


def review_more_replicas(page: Page) -> None:
    """On an edit page: what a dry run says of ten times as many."""
    text = page.locator("#edit-text").input_value()
    _type(page, text.replace("\n  replicas: ", "\n  replicas: 1", 1))
    page.locator(".diff").wait_for()


def apply_what_others_own(page: Page) -> None:
    """On the page of a server-side apply: the conflicts."""
    text = page.locator("#edit-text").input_value()
    _type(page, f"{text}spec:\n  replicas: 5\n  revisionHistoryLimit: 3\n")
    page.locator(".conflict").wait_for()


def _type(page: Page, text: str) -> None:
    """In place of what is in the editor; then it is reviewed."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    page.get_by_role("button", name="Review changes").click()


@dataclass(frozen=True)
class Picture:
    """A page as one person sees it; `until` is what must be there before the picture is taken."""

    name: str
    person: str
    path: str
    ready_selector: str
    size: tuple[int, int] = (1280, 800)
    prepare: Callable[[Page], None] = do_nothing


LIVE = "[data-state=live]"
# Nothing is lit, fades or is being asked any more.
IDLE_SCRIPT = """() => !document.querySelector(".is-lit, .is-fading") && !document.getAnimations().length
  && !document.querySelector("main").innerText.includes("Loading…")"""
WEB = "/c/production-eu/shop/deployments.apps/web"
PICTURES = (
    Picture("people", "", "/demo/", ".demo-people"),
    Picture("overview", "olga", "/", ".overview"),
    Picture("list", "olga", "/c/_all/_all/pods?sort=-restarts", f"#live-state {LIVE}"),
    Picture("list-narrow", "dana", "/c/production-eu/shop/pods", f"#live-state {LIVE}", (390, 800)),
    Picture("object", "dana", "/c/production-eu/shop/pods?q=reviews", LIVE, prepare=open_first_object),
    Picture("yaml", "dana", f"{WEB}/yaml", ".yaml"),
    Picture("edit", "dana", f"{WEB}/edit", ".cm-content", prepare=review_more_replicas),
    Picture("apply", "dana", f"{WEB}/patch?method=apply", ".cm-content", prepare=apply_what_others_own),
    Picture("audit", "ada", "/people/audit/", LIVE, (1440, 760)),
    Picture("clusters", "alice", "/clusters/", "table", (1280, 460)),
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="make screenshots", description="Take the documentation's pictures."
    )
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(one.name for one in PICTURES)}")
    options = parser.parse_args(arguments)
    pictures = [one for one in PICTURES if not options.names or one.name in options.names]
    with running_demo() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        for one in pictures:
            for theme, png in capture(browser, url, one):
                compressed = compress(png)
                print(f"{one.name}-{theme}.png: {len(compressed) / 1000:.0f} kB", flush=True)
                if len(compressed) > LARGEST:
                    raise SystemExit(
                        f"{one.name} is larger than {LARGEST // 1000} kB: choose a smaller size."
                    )
                (options.folder / f"{one.name}-{theme}.png").write_bytes(compressed)
        browser.close()
    return 0


def launch(playwright: Playwright) -> Browser:
    """Chromium as it is installed here, or as QUARTERDECK_CHROMIUM names it."""
    program = os.environ.get("QUARTERDECK_CHROMIUM") or shutil.which("chromium")
    return playwright.chromium.launch(executable_path=program, args=CHROMIUM)


def sign_in(page: Page, person: str) -> None:
    """Picks a demo user on the page of users, and waits for the page behind it."""
    page.get_by_role("button", name=f"Sign in as {USERS_BY_NAME[person].full_name}").click()
    page.wait_for_url(lambda url: "/demo/" not in url)


@contextmanager
def running_demo() -> Iterator[str]:
    """Its address."""
    environment = {
        **os.environ,
        "QUARTERDECK_LISTEN": "127.0.0.1:0",
        "QUARTERDECK_DEMO_OPEN": "no",
        "QUARTERDECK_DEMO_SEED": SEED,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "demo"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        for line in process.stdout:
            if found := ADDRESS_PATTERN.search(line):
                yield found[1]
                return
        raise SystemExit("The demo did not start.")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def capture(browser: Browser, url: str, picture: Picture) -> Iterator[tuple[str, bytes]]:
    """A PNG of each theme, of a browser that has never been there before."""
    width, height = picture.size
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    page.goto(url + (picture.path if not picture.person else f"/demo/?next={quote(picture.path)}"))
    if picture.person:
        sign_in(page, picture.person)
    page.locator(picture.ready_selector).first.wait_for()
    picture.prepare(page)
    page.wait_for_load_state("networkidle")
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(IDLE_SCRIPT)
        yield theme, page.screenshot()
    context.close()


def compress(png: bytes) -> bytes:
    """The same picture with a palette: a third of the bytes, and nobody sees the difference."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    fewer = picture.quantize(COLORS, method=Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE)
    written = io.BytesIO()
    fewer.save(written, "PNG", optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
