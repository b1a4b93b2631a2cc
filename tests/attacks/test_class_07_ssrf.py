"""SSRF: this server connects to no forbidden address, whatever a form, name or page says (class 7).

Private and loopback addresses are an administrator's to name. Link-local, multicast and unspecified ones are nobody's,
however they are written and whatever a name server says at the second look. Each address by itself, by both clients,
is tested in tests/clusters/api/test_addresses.py; here it is every page that leads there.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from channels.db import database_sync_to_async

from clusters.models import Cluster, ClusterRequest
from tests.attacks.installation import Installation, build_installation, move_clusters, roll_back
from tests.attacks.network_log import NetworkLog, record_network
from tests.attacks.recorder import RecordingServer
from tests.attacks.routes import list_routes
from tests.attacks.sockets import handshake, knock, list_socket_paths
from tests.cleanup import stop_background_work
from tests.clusters.api.faults import AUTHORITY, respond_with
from tests.clusters.api.test_addresses import DISGUISED, FORBIDDEN, fake_resolver
from tests.clusters.credentials import kubeconfigs

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


def build_url(host: str, port: int = 6443) -> str:
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def build_form(server: str, **more: str) -> dict[str, str]:
    """A new cluster as the form sends it."""
    return {"name": "New", "slug": "new", "server": server, "color": "red", "verify_tls": "on", **more}


def visit_everything(installation: Installation, who: str) -> None:
    """Every page, and every form without fields and with those that lead to a cluster."""
    browser = installation.browser(who)
    for route in list_routes():
        path = installation.address(route)
        with roll_back():
            browser.get(path)
        for fields in (
            {"key": "a", "namespace": "shop"},
            {"way": "token", "token": "t", "namespace": "shop"},
        ):
            if "POST" in installation.methods(route) and not route.name.startswith("accounts:"):
                with roll_back():
                    browser.post(path, fields)


@pytest.fixture
def trap() -> Iterator[RecordingServer]:
    """What must not be found: something that listens on this machine."""
    with RecordingServer(respond_with(200)) as server:
        yield server


@pytest.mark.parametrize("save_anyway", ["", "yes"])
def test_no_form_takes_an_address_that_is_nobodys(
    offline_installation: Installation, save_anyway: str
) -> None:
    """Not even to save it without trying."""
    browser, taken = offline_installation.browser("ada"), []
    with record_network() as network:
        for host in [*FORBIDDEN, *DISGUISED]:
            for path, fields in (
                ("/clusters/add/", build_form(build_url(host))),
                (
                    "/clusters/harbour/edit/",
                    build_form("https://127.0.0.1:9", proxy_url=f"http{build_url(host, 3128)[5:]}"),
                ),
            ):
                with roll_back():
                    if browser.post(path, {**fields, "save_anyway": save_anyway}).status_code != 422:
                        taken.append(f"{path}: {fields}")
    assert not taken, "\n".join(taken)
    assert network.hosts() <= {"127.0.0.1"}


@pytest.mark.parametrize("save_anyway", ["", "yes"])
def test_no_form_takes_what_parsers_may_read_differently(
    offline_installation: Installation, trap: RecordingServer, save_anyway: str
) -> None:
    browser, taken = offline_installation.browser("ada"), []
    with record_network() as network:
        for url in URLS:
            server = url.format(port=trap.port)
            for path in ("/clusters/add/", "/clusters/harbour/edit/"):
                with roll_back():
                    found = browser.post(path, build_form(server, save_anyway=save_anyway))
                    stored = set(Cluster.objects.values_list("server", flat=True))
                if found.status_code != 422 and stored & {server, server.strip()} != {server.strip()}:
                    taken.append(f"{path}: {server} as {stored}")
                elif found.status_code != 422 and server.strip() != f"https://127.0.0.1:{trap.port}":
                    taken.append(f"{path}: {server}")
    assert not taken, "\n".join(taken)
    assert network.hosts() <= {"127.0.0.1"}  # an address with a blank behind it is what it is without


def test_an_administrator_may_name_loopback(
    offline_installation: Installation, trap: RecordingServer
) -> None:
    """So that the refusals above are for the address and for nothing else."""
    with trap.record() as seen:
        offline_installation.browser("ada").post(
            "/clusters/add/", build_form(trap.url.replace("localhost", "127.0.0.1"), ca=trap.ca)
        )
    assert seen.connections == 1


@pytest.mark.parametrize("host", NEVER[::3])
def test_no_page_of_a_cluster_leads_to_an_address_that_is_nobodys(
    offline_installation: Installation, host: str
) -> None:
    """Though a row says so: an old backup, a form that forgot."""
    move_clusters(server=build_url(host))
    with record_network() as network:
        visit_everything(offline_installation, "dana")
    assert network.connections == []


def test_no_page_leads_to_a_proxy_that_is_nobodys(offline_installation: Installation) -> None:
    move_clusters(server="https://10.0.0.1:6443", proxy_url="http://169.254.169.254:3128")
    with record_network() as network:
        visit_everything(offline_installation, "dana")
    assert network.connections == []


async def test_no_socket_leads_there(committed_installation: Installation) -> None:
    await database_sync_to_async(move_clusters)(server="https://169.254.169.254:6443")
    with record_network() as network:
        for path in list_socket_paths():
            for page in ("/c/harbour/shop/secrets", "/c/harbour/shop/secrets/web", "/"):
                await handshake(knock(path, session=committed_installation.sessions["dana"], page=page))
    assert "169.254.169.254" not in network.hosts()


def test_a_name_that_resolves_elsewhere_the_second_time_is_not_followed(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: every other answer of the name server is the metadata service."""
    good, bad = ["127.0.0.1"], ["169.254.169.254"]
    lookups = fake_resolver(monkeypatch, *[good, bad] * 200)
    with RecordingServer(respond_with(200), pair=AUTHORITY.server(["api.example"], [])) as server:
        server.url = f"https://api.example:{server.port}"
        installation = build_installation(None, server)
        with record_network() as network:
            visit_everything(installation, "dana")
            installation.browser("ada").post("/clusters/add/", build_form(server.url, ca=server.ca))
        stop_background_work()
    assert network.hosts() == {"127.0.0.1"}
    assert len(lookups) > 2, "the name was looked up again and again"


def test_a_name_with_one_forbidden_address_among_good_ones_is_not_followed(
    offline_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_resolver(monkeypatch, ["127.0.0.1", "169.254.169.254"])
    move_clusters(server="https://api.example:6443")
    with record_network() as network:
        visit_everything(offline_installation, "dana")
    assert network.connections == []


@pytest.mark.parametrize("who", ["dana", "rene", "aude", "stan"])
def test_nobody_else_names_an_address_at_all(
    offline_installation: Installation, trap: RecordingServer, who: str
) -> None:
    """A port scan needs an answer: there is no connection and no look-up, whatever a member's kubeconfig names."""
    config = kubeconfigs.build_config(
        cluster={
            "server": trap.url,
            "proxy-url": f"http://127.0.0.1:{trap.port}",
            "tls-server-name": "localhost",
            "insecure-skip-tls-verify": True,
        }
    )
    plain = kubeconfigs.build_config(cluster={"server": trap.url})
    browser, texts = (
        offline_installation.browser(who),
        [kubeconfigs.to_yaml(config), kubeconfigs.to_yaml(plain)],
    )
    with record_network() as network, trap.record() as seen:
        for text in texts:
            chosen = {"kubeconfig": text, "carry-out": "yes", "context-chosen": "0:shop"}
            for path in ("/clusters/import/", "/clusters/add/", "/clusters/harbour/edit/"):
                for fields in (
                    {"kubeconfig": text},
                    chosen,
                    build_form(trap.url, ca=trap.ca, save_anyway="yes"),
                ):
                    with roll_back():
                        browser.post(path, fields)
            with roll_back():
                browser.post("/clusters/harbour/credential/", {"way": "kubeconfig", "kubeconfig": text})
    assert seen.is_empty
    assert network.connections == [] or network.hosts() == _list_harbour_hosts(network)
    assert "localhost" not in network.lookups


def test_a_members_request_is_stored_and_not_tried(
    offline_installation: Installation, trap: RecordingServer
) -> None:
    text = kubeconfigs.to_yaml(kubeconfigs.build_config(cluster={"server": trap.url}))
    chosen = {"kubeconfig": text, "carry-out": "yes", "context-chosen": "0:shop"}
    with record_network() as network:
        offline_installation.browser("stan").post("/clusters/import/", chosen)
    assert ClusterRequest.objects.filter(server=trap.url).exists()
    assert network == NetworkLog()


def test_a_members_request_for_a_forbidden_address_is_refused(offline_installation: Installation) -> None:
    for host in NEVER:
        text = kubeconfigs.to_yaml(kubeconfigs.build_config(cluster={"server": build_url(host)}))
        chosen = {"kubeconfig": text, "carry-out": "yes", "context-chosen": "0:shop"}
        assert offline_installation.browser("stan").post("/clusters/import/", chosen).status_code == 422
    assert ClusterRequest.objects.filter(user=offline_installation.users["stan"]).count() == 1


def _list_harbour_hosts(network: NetworkLog) -> set[str]:
    """The one address that the administrator named: 127.0.0.1:9."""
    return {"127.0.0.1"} if {port for _host, port in network.connections} <= {9} else set()


def test_the_resolver_of_the_tests_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """`lookups` stands in for a name server outside, and for nothing of ours."""
    lookups = fake_resolver(monkeypatch, ["127.0.0.1"])
    socket.getaddrinfo("api.example", 1)
    assert lookups == ["api.example"]
