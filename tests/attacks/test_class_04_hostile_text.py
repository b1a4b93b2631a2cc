"""Cross-site scripting: hostile text stays text in every field of every page, in a real browser (class 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.architecture.architecture_map import ROOT
from tests.attacks.hostile_server import hostile_api
from tests.attacks.routes import list_routes
from tests.browser import list_console_errors
from tests.clusters.api.faults import FaultServer
from tests.clusters.credentials.kubeconfigs import build_config, to_yaml
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.hostile import ALL, LINE, TEXTS
from tests.controlplane.world import NODES
from tests.dashboard_server import DashboardServer
from tests.live.pages import expect_state

MARK = "alert(1)"
NAMES = f"{TEXTS['script']} {TEXTS['image']} {TEXTS['attribute']}"[:100]
ROW = re.compile(r'<th scope="row"[^>]*><a href="(/c/[^"]+)"')
TAG = re.compile(r"<([a-z][a-z0-9-]*)[\s>/]")
OURS = {tag for path in (ROOT / "templates").rglob("*.html") for tag in TAG.findall(path.read_text())}
OURS |= {"textarea"}  # by Django, for a field of a form

# What of a page is not ours: each a sentence. `tags` are those that our templates hold; the editor adds style elements
# with the nonce of the answer.
INSPECT = """(tags) => {
  const wrong = [];
  const nonce = document.querySelector("textarea[data-nonce]")?.dataset.nonce || "none";
  if (window.attacked) wrong.push("it ran: " + window.attacked);
  for (const one of document.querySelectorAll("*")) {
    const tag = one.localName;
    const isOfEditor = tag === "style" && one.parentElement === document.head && one.nonce === nonce;
    if (!tags.includes(tag) && !isOfEditor) wrong.push("an element of nobody's: " + one.outerHTML.slice(0, 200));
    if (tag === "script" && !one.src.startsWith(location.origin + "/static/")) wrong.push("a script: " + one.outerHTML);
    for (const {name, value} of one.attributes) {
      const bare = value.replace(/[\\u0000-\\u0020]/g, "").toLowerCase();
      if (name.startsWith("on")) wrong.push("a handler: " + one.outerHTML.slice(0, 200));
      if (["href", "src", "action", "formaction", "xlink:href", "data", "srcdoc", "ping"].includes(name)
          && /^(javascript|vbscript|data:text|https?:\\/\\/evil)/.test(bare)) wrong.push("a link: " + value);
      if (/^(hx-|data-hx-|data-swap|data-target|data-oob|sse-|ws-)/.test(name)
          && /alert\\(|innerHTML:body|^\\/x$/.test(value)) wrong.push("an instruction: " + name + "=" + value);
      if (name === "style" && /alert|expression|url/.test(bare)) wrong.push("a style: " + value);
    }
  }
  return wrong;
}"""
INIT_SCRIPT = """
addEventListener("securitypolicyviolation", (event) => { window.attacked = "CSP " + event.violatedDirective; });
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => { window.attacked = name; };
"""


@pytest.fixture(scope="module")
def hostile_server() -> Iterator[FaultServer]:
    with FaultServer(hostile_api) as server:
        yield server


@pytest.fixture(scope="module")
def hostile_dashboard(
    controlplane: ControlPlane, hostile_server: FaultServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardServer]:
    """A dashboard in which whatever has a name has a hostile one, over a good cluster and a hostile one."""
    dashboard = DashboardServer(tmp_path_factory.mktemp("hostile")).start()
    try:
        dashboard.add_cluster(controlplane)
        dashboard.run_command("cluster", slug="liar", server=hostile_server.url, ca=hostile_server.ca)
        dashboard.run_command("credential", name="ada", slug="liar", keys={"token": "said-to-a-liar"})
        dashboard.run_command("hostile_names", text=NAMES, long=ALL)
        for name in (NAMES, LINE[:150], TEXTS["htmx"]):
            dashboard.client().post(
                f"{dashboard.url}/people/sign-in/", data={"username": name, "password": "x"}
            )
        yield dashboard
    finally:
        dashboard.stop()


@pytest.fixture
def visit(hostile_dashboard: DashboardServer, new_page: Callable[..., Page]) -> Callable[[str], Page]:
    """Opens a page as ada in one browser, and fails where anything of it is not ours."""
    page = new_page()
    page.add_init_script(INIT_SCRIPT)
    page.on("dialog", lambda dialog: (page.evaluate("window.attacked = 'dialog'"), dialog.dismiss()))
    hostile_dashboard.sign_in(page.context, "ada")

    def open_one(path: str) -> Page:
        page.goto(hostile_dashboard.url + path, wait_until="load")
        check(page, path)
        return page

    return open_one


def check(page: Page, path: str) -> None:
    wrong = page.evaluate(INSPECT, sorted(OURS))
    assert wrong == [], f"{path}: {wrong[:5]}"
    told = [
        line
        for line in list_console_errors(page)
        if "WebSocket" not in line and "Failed to load resource" not in line
    ]
    assert told == [], f"{path}: {told[:5]}"


def list_own_pages(served: DashboardServer) -> list[str]:
    """Every route that shows a page, with what is there; from the URL map."""
    client = served.client("ada")
    people = client.get(served.url + "/people/").text
    known = {
        "pk": re.findall(r'href="/people/(\d+)/"', people)[0],
        "user_id": re.findall(r'href="/people/(\d+)/"', people)[0],
        "slug": "shop",
        "team": "shop",
        "cluster": "harbour",
        "clusters": "harbour,liar",
        "namespaces": "hostile",
        "resource": "configmaps",
        "group": "apps",
        "version": "v1",
        "name": "texts",
        "secret": "x" * 43,
        "session_id": "0" * 32,
        "action": "delete",
        "draft": uuid4(),  # each is a page that says that there is none
        "run_id": uuid4(),
        "terminal_id": uuid4().hex,
        "form": "configmap",
        "number": re.findall(r"/_drains/(\d+)\"", client.get(served.url + "/c/harbour/_drains").text)[0],
    }
    found = []
    for route in list_routes():
        own = known | ({"slug": "liar"} if route.name.startswith("clusters:") else {})
        own |= {"clusters": "harbour"} if "name" in route.arguments else {}
        if route.name in ("resources:drain_plan", "resources:node_drains"):
            own |= {"namespaces": "_cluster", "resource": "nodes", "name": NODES[-1]}
        path = route.address({name: own[name] for name in route.arguments})
        answer = client.get(served.url + path) if route.name != "accounts:sign_out" else None
        if (
            answer is not None
            and answer.status_code in (200, 404, 410)
            and "text/html" in str(answer.headers)
        ):
            found.append(path)
    return found


def test_no_page_of_ours_does_more_than_show_it(
    hostile_dashboard: DashboardServer, visit: Callable[[str], Page]
) -> None:
    paths = list_own_pages(hostile_dashboard)
    assert len(paths) > 25
    seen = [path for path in paths if MARK in visit(path).locator("body").inner_text()]
    assert len(seen) > 12, "names of people, teams and clusters are on most of them"


def list_kinds(served: DashboardServer) -> list[str]:
    """Every kind that the cluster's page of all kinds links to in the hostile namespace."""
    page = served.client("ada").get(f"{served.url}/c/harbour/hostile/_kinds").text
    found = {part.partition('"')[0] for part in page.split('href="/c/harbour/hostile/')[1:]}
    return sorted(kind for kind in found if kind and "/" not in kind and not kind.startswith("_"))


def list_objects(served: DashboardServer) -> tuple[list[str], list[str]]:
    """The lists of the hostile namespace, and the page of every object in it (YAML of the first of each kind)."""
    client, lists, pages = served.client("ada"), [], []
    for kind in list_kinds(served):
        path = f"/c/harbour/hostile/{kind}?wide=1&label=app"
        found = ROW.findall(client.get(served.url + path).text)
        lists += [path] if found else []
        pages += [*found, *(f"{path}/yaml" for path in found[:1])]
    pages += [
        "/c/harbour/_cluster/customresourcedefinitions.apiextensions.k8s.io/oddities.hostile.example.com"
    ]
    return lists, pages


def test_no_page_of_an_object_does_more_than_show_it(
    hostile_dashboard: DashboardServer, visit: Callable[[str], Page]
) -> None:
    lists, pages = list_objects(hostile_dashboard)
    assert len(lists) > 12
    assert len(pages) > 60
    seen = [path for path in lists + pages if MARK in visit(path).locator("main").inner_text()]
    assert len(seen) > 40, "it stands there as text"


def test_nothing_that_comes_over_a_socket_does_more_either(
    controlplane: ControlPlane, hostile_dashboard: DashboardServer, visit: Callable[[str], Page]
) -> None:
    for path in ("/c/harbour/hostile/oddities.hostile.example.com?wide=1", "/c/harbour/hostile/pods/hostile"):
        page = visit(path)
        expect_state(page, "live")
        kind, name = ("oddity", "image") if "oddities" in path else ("pod", "hostile")
        for number, told in enumerate((TEXTS["script"], TEXTS["socket"], TEXTS["htmx"])):
            change = f"hostile.example/now={number} {told} of-the-socket-{number}"
            controlplane.kubectl("annotate", kind, name, "-n", "hostile", change, "--overwrite")
            if "oddities" not in path:
                expect(page.locator("main")).to_contain_text(f"of-the-socket-{number}")
        check(page, path)
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "hostile-live", "namespace": "hostile"},
        "involvedObject": {"kind": "Pod", "name": "hostile", "namespace": "hostile"},
        "type": TEXTS["htmx"],
        "reason": TEXTS["script"],
        "message": f"{ALL} arrived",
    }
    page = visit("/c/harbour/hostile/events?wide=1")
    expect_state(page, "live")
    controlplane.create([event | {"type": "Warning"}])
    expect(page.locator("#list-rows")).to_contain_text("arrived")
    check(page, "events")
    controlplane.kubectl("delete", "event", "hostile-live", "-n", "hostile")


HOSTILE_PATHS = (
    "",
    "/shop/_kinds",
    "/_api",
    "/_raw?path=/api/v1/namespaces/shop/configmaps/hostile",
    "/shop/configmaps?wide=1",
    "/shop/configmaps/hostile",
    "/shop/configmaps/hostile/yaml",
)


@pytest.mark.parametrize(
    "path", [*HOSTILE_PATHS, "/shop/odd.hostile.example.com", "/shop/configmaps/nothing"]
)
def test_no_response_of_a_cluster_does_more_than_be_displayed(
    visit: Callable[[str], Page], path: str
) -> None:
    """Kinds, columns, cells, labels, causes, warnings and messages of an API server that means harm."""
    page = visit(f"/c/liar{path}" if path else "/c/liar/")
    if "_kinds" not in path and "_api" not in path:
        assert MARK in page.locator("body").inner_text()
    page.wait_for_timeout(500)  # what its socket sends, if it opens one
    check(page, path)


def test_names_in_a_kubeconfig_are_text(
    hostile_dashboard: DashboardServer, visit: Callable[[str], Page]
) -> None:
    value = build_config(user={"token": "a-token-of-nobody"}, cluster={"server": "https://127.0.0.1:9"})
    name = f"{TEXTS['image']} {TEXTS['script']} {TEXTS['htmx']}"[:250]
    value["clusters"][0]["name"] = value["users"][0]["name"] = value["contexts"][0]["name"] = name
    value["contexts"][0]["context"] |= {"cluster": name, "user": name}
    value["current-context"] = name
    for way in ("/clusters/import/", "/clusters/harbour/credential/?way=kubeconfig"):
        page = visit(way)
        page.locator("textarea[name=kubeconfig]").fill(to_yaml(value))
        page.locator("main form button[type=submit]").last.click()
        expect(page.locator("main")).to_contain_text(MARK)
        check(page, way)


REFLECTED = (
    "%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "'%20onmouseover='alert(1)",
    "javascript:alert(1)",
    "%3Cimg%20src=x%20onerror=alert(1)%3E",
)


@pytest.mark.parametrize("attack", REFLECTED)
def test_no_address_runs_what_it_holds(
    hostile_dashboard: DashboardServer, visit: Callable[[str], Page], attack: str
) -> None:
    for path in (
        f"/c/harbour/shop/pods?q={attack}&sort={attack}&columns={attack}&label={attack}&selector={attack}&x={attack}",
        f"/c/harbour/{attack}/pods",
        f"/c/{attack}/shop/pods",
        f"/c/harbour/shop/{attack}",
        f"/c/harbour/shop/pods/{attack}",
        f"/c/harbour/shop/_kinds?q={attack}",
        f"/c/harbour/_explain?q={attack}",
        f"/c/harbour/_explain/pods?field={attack}",
        f"/c/harbour/_raw?path=/{attack}",
        f"/people/sign-in/?next={attack}",
        f"/clusters/harbour/credential/?way=token&namespace={attack}&next={attack}",
        f"/people/audit/?person={attack}&name={attack}&from={attack}",
    ):
        answer = hostile_dashboard.client("ada").get(hostile_dashboard.url + path, allow_redirects=False)
        assert answer.status_code in (200, 302, 400, 404, 422), path
        assert "<script>alert" not in answer.text, path
        visit(path)
