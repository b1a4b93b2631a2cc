"""Does this server connect to where an address of somebody's leads, when it must not? (Class 7, and design section 4.)

Private and loopback addresses are an administrator's to name. Link-local, multicast and unspecified ones are nobody's,
however they are written and whatever a name server says at the second look. Each address by itself, by both clients,
is tested in tests/clusters/api/test_addresses.py; here it is every page that leads there.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from clusters.models import Cluster, ClusterRequest
from tests.attacks import house as houses
from tests.attacks.connects import Network, connects
from tests.attacks.house import House, undone
from tests.attacks.routes import routes
from tests.attacks.sockets import answer, knock, socket_paths
from tests.attacks.upstream import Watched
from tests.clusters.api.faults import AUTHORITY, says
from tests.clusters.api.test_addresses import DISGUISED, FORBIDDEN, lookups
from tests.clusters.credentials import kubeconfigs
from tests.quiet import quiet

URLS = [
    "http://127.0.0.1:{port}",
    "HTTP://127.0.0.1:{port}",
    "unix:///run/docker.sock",
    "file:///etc/passwd",
    "ftp://127.0.0.1:{port}",
    "gopher://127.0.0.1:{port}",
    "127.0.0.1:{port}",
    "//127.0.0.1:{port}",
    "https://user@127.0.0.1:{port}",
    "https://user:pass@127.0.0.1:{port}",
    "https://example.com@127.0.0.1:{port}",
    "https://127.0.0.1:{port}@example.com",
    "https://127.0.0.1:{port}\\@example.com",
    "https://127.0.0.1:{port}#@example.com",
    "https://127.0.0.1:{port}?x=@example.com",
    "https://127.0.0.1:{port}/../x",
    "https://127.0.0.1:{port}/%2e%2e/x",
    "https://127.0.0.1:0",
    "https://127.0.0.1:99999",
    "https://127.0.0.1:{port} ",
    "https://127.0.0.1:{port}\r\nX: y",
    "https://127.1:{port}",
    "https://2130706433:{port}",
    "https://0177.0.0.1:{port}",
    "https://0x7f.0.0.1:{port}",
    "https://0x7f000001:{port}",
    "https://[::ffff:127.0.0.1]:{port}",
    "https://[::ffff:7f00:1]:{port}",
    "https://①②⑦.⓪.⓪.①:{port}",
]
NEVER = (
    "169.254.169.254",
    "0.0.0.0",
    "224.0.0.1",
    "::",
    "fe80::1",
    "ff02::1",
    "64:ff9b::a9fe:a9fe",
    "2852039166",
)


def url_of(host: str, port: int = 6443) -> str:
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def form(server: str, **more: str) -> dict[str, str]:
    """A new cluster as the form sends it."""
    return {"name": "New", "slug": "new", "server": server, "colour": "red", "verify_tls": "on", **more}


def visit_everything(house: House, who: str) -> None:
    """Every page, and every form without fields and with those that lead to a cluster."""
    browser = house.browser(who)
    for route in routes():
        path = house.address(route)
        with undone():
            browser.get(path)
        for fields in (
            {"key": "a", "namespace": "shop"},
            {"way": "token", "token": "t", "namespace": "shop"},
        ):
            if "POST" in house.methods(route) and not route.name.startswith("people:"):
                with undone():
                    browser.post(path, fields)


@pytest.fixture
def trap() -> Iterator[Watched]:
    """What must not be found: something that listens on this machine."""
    with Watched(says(200)) as server:
        yield server


@pytest.mark.parametrize("save_anyway", ["", "yes"])
def test_no_form_takes_an_address_that_is_nobodys(dark_house: House, save_anyway: str) -> None:
    """Not even to save it without trying."""
    browser, taken = dark_house.browser("ada"), []
    with connects() as network:
        for host in [*FORBIDDEN, *DISGUISED]:
            for path, fields in (
                ("/clusters/add/", form(url_of(host))),
                (
                    "/clusters/harbour/edit/",
                    form("https://127.0.0.1:9", proxy_url=f"http{url_of(host, 3128)[5:]}"),
                ),
            ):
                with undone():
                    if browser.post(path, {**fields, "save_anyway": save_anyway}).status_code != 422:
                        taken.append(f"{path}: {fields}")
    assert not taken, "\n".join(taken)
    assert network.hosts() <= {"127.0.0.1"}


@pytest.mark.parametrize("save_anyway", ["", "yes"])
def test_no_form_takes_what_parsers_may_read_differently(
    dark_house: House, trap: Watched, save_anyway: str
) -> None:
    browser, taken = dark_house.browser("ada"), []
    with connects() as network:
        for url in URLS:
            server = url.format(port=trap.port)
            for path in ("/clusters/add/", "/clusters/harbour/edit/"):
                with undone():
                    found = browser.post(path, form(server, save_anyway=save_anyway))
                    stored = set(Cluster.objects.values_list("server", flat=True))
                if found.status_code != 422 and stored & {server, server.strip()} != {server.strip()}:
                    taken.append(f"{path}: {server} as {stored}")
                elif found.status_code != 422 and server.strip() != f"https://127.0.0.1:{trap.port}":
                    taken.append(f"{path}: {server}")
    assert not taken, "\n".join(taken)
    assert network.hosts() <= {"127.0.0.1"}  # an address with a blank behind it is what it is without


def test_an_administrator_may_name_loopback(dark_house: House, trap: Watched) -> None:
    """So that the refusals above are for the address and for nothing else."""
    with trap.watched() as seen:
        dark_house.browser("ada").post(
            "/clusters/add/", form(trap.url.replace("localhost", "127.0.0.1"), ca=trap.ca)
        )
    assert seen.connections == 1


@pytest.mark.parametrize("host", NEVER[::3])
def test_no_page_of_a_cluster_leads_to_an_address_that_is_nobodys(dark_house: House, host: str) -> None:
    """Though a row says so: an old backup, a form that forgot."""
    Cluster.objects.update(server=url_of(host))
    with connects() as network:
        visit_everything(dark_house, "dana")
    assert network.connected == []


def test_no_page_leads_to_a_proxy_that_is_nobodys(dark_house: House) -> None:
    Cluster.objects.update(server="https://10.0.0.1:6443", proxy_url="http://169.254.169.254:3128")
    with connects() as network:
        visit_everything(dark_house, "dana")
    assert network.connected == []


async def test_no_socket_leads_there(open_house: House) -> None:
    await Cluster.objects.aupdate(server="https://169.254.169.254:6443")
    with connects() as network:
        for path in socket_paths():
            for page in ("/c/harbour/shop/secrets", "/c/harbour/shop/secrets/web", "/"):
                await answer(knock(path, session=open_house.sessions["dana"], page=page))
    assert "169.254.169.254" not in network.hosts()


def test_a_name_that_leads_elsewhere_at_the_second_look_is_not_followed(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: every other answer of the name server is the metadata service."""
    good, bad = ["127.0.0.1"], ["169.254.169.254"]
    asked = lookups(monkeypatch, *[good, bad] * 200)
    with Watched(says(200), pair=AUTHORITY.server(["api.example"], [])) as server:
        server.url = f"https://api.example:{server.port}"
        house = houses.build(None, server)
        with connects() as network:
            visit_everything(house, "dana")
            house.browser("ada").post("/clusters/add/", form(server.url, ca=server.ca))
        quiet()
    assert network.hosts() == {"127.0.0.1"}
    assert len(asked) > 2, "the name was looked up again and again"


def test_a_name_with_one_forbidden_address_among_good_ones_is_not_followed(
    dark_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups(monkeypatch, ["127.0.0.1", "169.254.169.254"])
    Cluster.objects.update(server="https://api.example:6443")
    with connects() as network:
        visit_everything(dark_house, "dana")
    assert network.connected == []


@pytest.mark.parametrize("who", ["dana", "rene", "aude", "stan"])
def test_nobody_else_names_an_address_at_all(dark_house: House, trap: Watched, who: str) -> None:
    """A port scan needs an answer: there is no connection and no look-up, whatever a member's kubeconfig names."""
    config = kubeconfigs.config(
        cluster={
            "server": trap.url,
            "proxy-url": f"http://127.0.0.1:{trap.port}",
            "tls-server-name": "localhost",
            "insecure-skip-tls-verify": True,
        }
    )
    plain = kubeconfigs.config(cluster={"server": trap.url})
    browser, texts = dark_house.browser(who), [kubeconfigs.text(config), kubeconfigs.text(plain)]
    with connects() as network, trap.watched() as seen:
        for text in texts:
            chosen = {"kubeconfig": text, "carry-out": "yes", "context-chosen": "0:shop"}
            for path in ("/clusters/import/", "/clusters/add/", "/clusters/harbour/edit/"):
                for fields in ({"kubeconfig": text}, chosen, form(trap.url, ca=trap.ca, save_anyway="yes")):
                    with undone():
                        browser.post(path, fields)
            with undone():
                browser.post("/clusters/harbour/credential/", {"way": "kubeconfig", "kubeconfig": text})
    assert seen.is_nothing
    assert network.connected == [] or network.hosts() == _of_harbour(network)
    assert "localhost" not in network.looked_up


def test_a_members_wish_is_written_down_and_not_tried(dark_house: House, trap: Watched) -> None:
    text = kubeconfigs.text(kubeconfigs.config(cluster={"server": trap.url}))
    chosen = {"kubeconfig": text, "carry-out": "yes", "context-chosen": "0:shop"}
    with connects() as network:
        dark_house.browser("stan").post("/clusters/import/", chosen)
    assert ClusterRequest.objects.filter(server=trap.url).exists()
    assert network == Network()


def test_a_members_wish_for_an_address_that_is_nobodys_is_refused(dark_house: House) -> None:
    for host in NEVER:
        text = kubeconfigs.text(kubeconfigs.config(cluster={"server": url_of(host)}))
        chosen = {"kubeconfig": text, "carry-out": "yes", "context-chosen": "0:shop"}
        assert dark_house.browser("stan").post("/clusters/import/", chosen).status_code == 422
    assert ClusterRequest.objects.filter(user=dark_house.users["stan"]).count() == 1


def _of_harbour(network: Network) -> set[str]:
    """The one address that the administrator named: 127.0.0.1:9."""
    return {"127.0.0.1"} if {port for _host, port in network.connected} <= {9} else set()


def test_the_resolver_of_the_tests_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """`lookups` stands in for a name server outside, and for nothing of ours."""
    asked = lookups(monkeypatch, ["127.0.0.1"])
    socket.getaddrinfo("api.example", 1)
    assert asked == ["api.example"]
