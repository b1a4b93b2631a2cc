"""Pictures of every page for reviewing by eye: three widths, light and dark (`make all-pages`).

They go to a folder outside the documentation, with an `index.html` that shows them beside each other.
"""

from __future__ import annotations

import argparse
import html
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urljoin

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from demo.screenshots import IDLE_SCRIPT, ROOT, THEMES, TIMEOUT, launch, running_demo, sign_in

FOLDER = ROOT / "shots"
WIDTHS = (1440, 768, 360)
HEIGHT = 900
TALLEST = 4_000  # pixels of a picture; what is below repeats what is above
POD = "/c/production-eu/shop/pods?q=reviews"
ROW_LINK = "#list-rows th a"


@dataclass(frozen=True)
class Shot:
    """A page: who opens it and where. `follow` are links that are followed one after the other from there, to a page
    of the URL pattern `route`."""

    name: str
    person: str
    path: str
    follow: tuple[str, ...] = ()
    route: str = ""


PAGES = (
    Shot("sign-in", "", "/people/sign-in/"),
    Shot("overview", "olga", "/"),
    Shot("overview-noah", "noah", "/"),
    Shot("account", "dana", "/people/me/"),
    Shot("sessions", "dana", "/people/sessions/"),
    Shot("tokens", "dana", "/tokens/"),
    Shot("all-tokens", "alice", "/tokens/all/"),
    Shot("people", "alice", "/people/"),
    Shot("invite", "alice", "/people/invite/"),
    Shot("person", "alice", "/people/", ("main table a[href^='/people/']",), "accounts:person"),
    Shot("teams", "alice", "/people/teams/"),
    Shot("team", "alice", "/people/teams/platform/"),
    Shot("audit", "ada", "/people/audit/"),
    Shot("audit-own", "dana", "/people/audit/"),
    Shot("audit-bad-query", "ada", "/people/audit/?from=yesterdayish"),
    Shot("audit-export", "ada", "/people/audit/export/"),
    Shot("clusters", "alice", "/clusters/"),
    Shot("clusters-member", "dana", "/clusters/"),
    Shot("add-cluster", "alice", "/clusters/add/"),
    Shot("import-kubeconfig", "alice", "/clusters/import/"),
    Shot("cluster-requests", "alice", "/clusters/requests/"),
    Shot("credentials", "dana", "/clusters/credentials/"),
    Shot("credential", "dana", "/clusters/production-eu/credential/"),
    Shot("edit-cluster", "alice", "/clusters/production-eu/edit/"),
    Shot("delete-cluster", "alice", "/clusters/production-eu/delete/"),
    Shot("cluster-teams", "alice", "/clusters/production-eu/teams/"),
    Shot("team-credential", "alice", "/clusters/production-eu/teams/shop/credential/"),
    Shot("clusters-landing", "olga", "/c/"),
    Shot("cluster-home", "olga", "/c/production-eu/"),
    Shot("kinds", "olga", "/c/production-eu/_all/_kinds"),
    Shot("api-groups", "olga", "/c/production-eu/_api"),
    Shot("api-version", "olga", "/c/production-eu/_api/apps/v1"),
    Shot("explain", "olga", "/c/production-eu/_explain"),
    Shot("explain-kind", "olga", "/c/production-eu/_explain/deployments.apps?field=spec"),
    Shot("raw-get", "dana", "/c/production-eu/_raw?path=/api/v1/namespaces/shop/pods?limit=1"),
    Shot("create", "dana", "/c/production-eu/shop/_create"),
    Shot("create-namespace", "alice", "/c/production-eu/_all/_create/namespace"),
    Shot("create-tls-secret", "dana", "/c/production-eu/shop/_create/tls-secret"),
    Shot("create-example", "dana", "/c/production-eu/shop/_create?example=deployments.apps"),
    Shot("copy", "dana", "/c/production-eu/shop/deployments.apps/web/copy"),
    Shot("list", "olga", "/c/production-eu/shop/pods"),
    Shot("list-all-clusters", "olga", "/c/_all/_all/pods?sort=-restarts"),
    Shot("list-empty", "dana", "/c/production-eu/shop/pods?q=there-is-no-such-pod"),
    Shot("list-denied", "noah", "/c/staging/shop/secrets"),
    Shot("list-bad-selector", "dana", "/c/production-eu/shop/pods?selector=%21%21"),
    Shot("list-unknown-kind", "dana", "/c/production-eu/shop/gadgets"),
    Shot("events", "olga", "/c/production-eu/_all/events"),
    Shot("nodes", "olga", "/c/production-eu/_all/nodes"),
    Shot("pod", "dana", POD, (ROW_LINK,), "resources:object"),
    Shot("pod-yaml", "dana", POD, (ROW_LINK, ".tabs a[href$='/yaml']"), "resources:object_yaml"),
    Shot("pod-logs", "dana", POD, (ROW_LINK, ".tabs a[href$='/logs']"), "resources:object_logs"),
    Shot("pod-terminal", "dana", POD, (ROW_LINK, ".tabs a[href$='/terminal']"), "resources:terminal"),
    Shot("terminals", "dana", "/terminal/"),
    Shot("deployment-logs", "dana", "/c/production-eu/shop/deployments.apps/web/logs"),
    Shot("selected-logs", "olga", "/c/production-eu,production-us/shop/_logs?selector=app%3Dweb"),
    Shot("deployment", "dana", "/c/production-eu/shop/deployments.apps/web"),
    Shot("deployment-edit", "dana", "/c/production-eu/shop/deployments.apps/web/edit"),
    Shot("deployment-patch", "dana", "/c/production-eu/shop/deployments.apps/web/patch"),
    Shot("drafts", "dana", "/c/_drafts"),
    Shot("deployment-rollout", "dana", "/c/production-eu/shop/deployments.apps/reviews/rollout"),
    Shot("deployment-history", "dana", "/c/production-eu/shop/deployments.apps/web/history"),
    Shot("deployment-scale", "dana", "/c/production-eu/shop/deployments.apps/web/scale"),
    Shot("deployment-delete", "dana", "/c/production-eu/shop/deployments.apps/web/delete"),
    Shot("service", "dana", "/c/production-eu/shop/services", (ROW_LINK,), "resources:object"),
    Shot("config-map", "dana", "/c/production-eu/shop/configmaps", (ROW_LINK,), "resources:object"),
    Shot("node", "olga", "/c/production-eu/_all/nodes", (ROW_LINK,), "resources:object"),
    Shot(
        "drain-plan",
        "olga",
        "/c/production-eu/_all/nodes",
        (ROW_LINK, "a[href$='/drain']"),
        "resources:drain_plan",
    ),
    Shot(
        "node-drains",
        "olga",
        "/c/production-eu/_all/nodes",
        (ROW_LINK, ".tabs a[href$='/drains']"),
        "resources:node_drains",
    ),
    Shot("drains", "olga", "/c/production-eu/_drains"),
    Shot("secret", "alice", "/c/production-eu/shop/secrets", (ROW_LINK,), "resources:object"),
    Shot("object-missing", "dana", "/c/production-eu/shop/pods/there-is-no-such-pod"),
    Shot("cluster-missing", "dana", "/c/there-is-no-such-cluster/"),
    Shot("bulk-runs", "dana", "/bulk/"),
    Shot("page-missing", "dana", "/there/is/no/such/page/"),
    Shot("forbidden", "dana", "/people/invite/"),
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make all-pages", description="Take a picture of every page.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(one.name for one in PAGES)}")
    options = parser.parse_args(arguments)
    pages = [one for one in PAGES if not options.names or one.name in options.names]
    options.folder.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with running_demo() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        for one in pages:
            try:
                for name, png in capture(browser, url, one):
                    (options.folder / name).write_bytes(png)
                print(one.name, flush=True)
            except BrowserError as error:
                wrong.append(f"{one.name}: {error.message.splitlines()[0]}")
        browser.close()
    (options.folder / "index.html").write_text(index(pages))
    print(f"{len(pages) - len(wrong)} pages are in {options.folder}/index.html")
    print("\n".join(wrong))
    return 1 if wrong else 0


def capture(browser: Browser, url: str, shot: Shot) -> Iterator[tuple[str, bytes]]:
    """File name and PNG of each width and theme."""
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": HEIGHT}, reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    try:
        address = open_page(page, url, shot)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.goto(address)
            wait_until_idle(page)
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                page.wait_for_function(IDLE_SCRIPT)
                yield file_name(shot, width, theme), take(page, width)
    finally:
        context.close()


def open_page(page: Page, url: str, shot: Shot) -> str:
    """The address at which the links of `shot` end."""
    if not shot.person:
        return url + shot.path
    page.goto(f"{url}/demo/?next={quote(shot.path)}")
    sign_in(page, shot.person)
    for selector in shot.follow:
        wait_until_idle(page)
        link = page.locator(selector).first
        page.goto(urljoin(page.url, link.get_attribute("href") or ""))
    return page.url


def wait_until_idle(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_function(IDLE_SCRIPT)


def take(page: Page, width: int) -> bytes:
    tall = int(page.evaluate("() => document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": width, "height": max(HEIGHT, min(tall, TALLEST))}
    return page.screenshot(full_page=True, clip=clip)  # type: ignore[arg-type]


def file_name(shot: Shot, width: int, theme: str) -> str:
    return f"{shot.name}-{width}-{theme}.png"


def index(pages: list[Shot]) -> str:
    """An HTML page with a row of pictures for each page."""
    rows = []
    for one in pages:
        names = [file_name(one, width, theme) for width in WIDTHS for theme in THEMES]
        pictures = "".join(
            f'<a href="{name}"><img src="{name}" height="360" alt="{name}"></a>' for name in names
        )
        rows.append(f"<h2>{html.escape(one.name)} ({html.escape(one.path)})</h2>{pictures}")
    return f'<!doctype html><meta charset="utf-8"><title>All pages</title>{"".join(rows)}'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
