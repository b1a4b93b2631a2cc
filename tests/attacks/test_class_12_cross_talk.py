"""Cross-talk: two users of one connection pool never get each other's responses (class 12)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import requests

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for

THREADS = 8
PEOPLE = ("dana", "rene")  # dana sees shop alone, rene shop and pay
NAMESPACES = {"dana": ("shop",), "rene": ("shop", "pay")}
ROW = re.compile(r'<th scope="row"[^>]*><a href="/c/harbour/([^/]+)/([^/"]+)/([^"]+)">')
MARK = "cross-talk"
MADE_UP = ({"If-None-Match": "*"}, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, {})


def read_rows(answer: requests.Response) -> str:
    """(namespace, name) of every row of the list."""
    body = answer.text.partition('id="list-rows"')[2].partition("</tbody>")[0]
    return repr(sorted((namespace, name) for namespace, _, name in ROW.findall(body)))


def read_presence(answer: requests.Response) -> str:
    """Whether the page says what is in the object, and with which status."""
    return f"{answer.status_code} {'with' if 'of-the-first-state' in answer.text else 'without'}"


@dataclass(frozen=True)
class Page:
    """One address that two people open; `says` is what of the answer depends on who asks."""

    path: str
    times: int
    read: Callable[[requests.Response], str]


PAGES = (
    Page("/c/harbour/shop,pay/configmaps", 400, read_rows),
    Page(f"/c/harbour/pay/configmaps/{MARK}", 300, read_presence),
    Page(f"/c/harbour/pay/configmaps/{MARK}?download=yaml", 300, read_presence),
)


def ask_kubectl(plane: ControlPlane, name: str, page: Page) -> str:
    """What kubectl prints for this person; called once for each state of the cluster."""
    if page.read is read_rows:
        seen = []
        for namespace in NAMESPACES[name]:
            found = plane.kubectl("get", "configmaps", "-n", namespace, "-o", "name", person=name)
            seen += [(namespace, one.removeprefix("configmap/")) for one in found.split()]
        return repr(sorted(seen))
    may = plane.kubectl("auth", "can-i", "get", "configmaps", "-n", "pay", person=name, check=False).strip()
    return "200 with" if may == "yes" else "403 without"


@pytest.fixture
def marked_configmap(controlplane: ControlPlane) -> Iterator[None]:
    controlplane.kubectl("create", "configmap", MARK, "-n", "pay", "--from-literal=a=of-the-first-state")
    yield
    controlplane.kubectl("delete", "configmap", MARK, f"{MARK}-2", "-n", "pay", "--ignore-not-found")


class Alternating:
    """Loads pages as one person and the other in turn, from many threads, with what the last answer was tagged by."""

    def __init__(self, served: DashboardServer) -> None:
        self.served = served
        self.cookies = {name: served.client(name).cookies for name in PEOPLE}
        self.tags: dict[str, dict[str, str]] = {}
        self.local = threading.local()

    def load(self, page: Page, number: int) -> tuple[str, str]:
        name = PEOPLE[number % 2]
        clients = self.local.__dict__.setdefault("clients", {})
        if name not in clients:
            clients[name] = self.served.client()
            clients[name].cookies.update(self.cookies[name])
        headers = self.tags.get(page.path) or MADE_UP[number % 3]
        answer = clients[name].get(self.served.url + page.path, headers=headers)
        self._remember(page, answer)
        return name, page.read(answer)

    def _remember(self, page: Page, answer: requests.Response) -> None:
        """The next, who is the other, asks whether the page is still this one's."""
        kept = {
            "If-None-Match": answer.headers.get("ETag"),
            "If-Modified-Since": answer.headers.get("Last-Modified"),
        }
        if any(kept.values()):
            self.tags[page.path] = {name: value for name, value in kept.items() if value}


def test_a_thousand_alternating_loads_in_parallel_never_mix(
    controlplane: ControlPlane, dashboard_server: DashboardServer, marked_configmap: None
) -> None:
    """In two states of the cluster: in the second, rene sees one object more."""
    alternating = Alternating(dashboard_server)
    for state in ("first", "second"):
        if state == "second":
            controlplane.kubectl("create", "configmap", f"{MARK}-2", "-n", "pay")
        expected = {
            (page.path, name): ask_kubectl(controlplane, name, page) for page in PAGES for name in PEOPLE
        }
        assert len({expected[page.path, name] for page in PAGES for name in PEOPLE}) == 4, (
            "each sees something else"
        )
        wait_for(lambda: alternating.load(PAGES[0], 1)[1] == expected[PAGES[0].path, "rene"])  # noqa: B023
        jobs = [(page, number) for page in PAGES for number in range(page.times // 2)]
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            for (page, _number), (name, found) in zip(
                jobs, pool.map(lambda job: alternating.load(*job), jobs), strict=True
            ):
                assert found == expected[page.path, name], (state, page.path, name)


def test_no_answer_may_be_kept_by_a_cache_in_between(dashboard_server: DashboardServer) -> None:
    for page in PAGES:
        for name in PEOPLE:
            answer = dashboard_server.client(name).get(dashboard_server.url + page.path)
            assert "no-store" in answer.headers["Cache-Control"], page.path
            assert "public" not in answer.headers["Cache-Control"], page.path
