"""If a cluster says "go there instead", is nothing asked there, and is no credential taken along? (Class 8.)"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from channels.db import database_sync_to_async

from clusters.models import Cluster
from tests.attacks import house as houses
from tests.attacks.sockets import answer, knock, socket_paths
from tests.attacks.test_class_07_ssrf import form, visit_everything
from tests.attacks.upstream import Watched
from tests.clusters.api.faults import FaultServer, Wire, redirects, says, until
from tests.quiet import quiet

CODES = (301, 302, 303, 307, 308)
LIVE = ("/c/harbour/shop/secrets", "/c/harbour/shop/secrets/web", "/c/harbour/shop/secrets/web/yaml")
RESOURCES = {
    "kind": "APIResourceList",
    "groupVersion": "v1",
    "resources": [
        {
            "name": name,
            "kind": kind,
            "singularName": "",
            "namespaced": True,
            "verbs": ["get", "list", "watch"],
        }
        for name, kind in (("secrets", "Secret"), ("pods", "Pod"))
    ],
}
DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": []},
    "/api/v1": RESOURCES,
}


@pytest.fixture
def elsewhere() -> Iterator[Watched]:
    """The host that the cluster names; it would be trusted, and would answer."""
    with Watched(says(200)) as server:
        yield server


def leads_to(where: str, code: int, *, has_discovery: bool) -> FaultServer:
    """A cluster that leads elsewhere: at once, or only once lists, watches and objects are asked for."""

    def behaviour(wire: Wire) -> None:
        known = DISCOVERY.get(wire.request.target) if has_discovery else None
        if known is not None:
            wire.answer(200, json.dumps(known).encode())
        else:
            redirects(f"{where}{wire.request.target}", code)(wire)

    return FaultServer(behaviour)


def paths(cluster: FaultServer) -> set[str]:
    return {one.target.partition("?")[0] for one in list(cluster.requests)}


@pytest.mark.parametrize(
    ("code", "has_discovery"), [(301, True), (302, False), (303, True), (307, False), (308, True)]
)
def test_no_page_follows(db: None, elsewhere: Watched, code: int, has_discovery: bool) -> None:
    with leads_to(elsewhere.url, code, has_discovery=has_discovery) as cluster, elsewhere.watched() as seen:
        house = houses.build(None, cluster)
        visit_everything(house, "dana")
        house.browser("ada").post("/clusters/add/", form(cluster.url, ca=cluster.ca))
        if has_discovery:  # by a feed, which need not have come to it while the page was made
            until(lambda: "/api/v1/namespaces/shop/secrets" in paths(cluster))
        quiet()
        asked = paths(cluster)
    assert "/apis/authentication.k8s.io/v1/selfsubjectreviews" in asked, "a credential was tried"
    assert "/version" in asked, "a new cluster was tried"
    assert seen.is_nothing, seen


@pytest.mark.parametrize("code", CODES)
def test_no_page_follows_on_the_same_host_or_hands_the_redirect_on(db: None, code: int) -> None:
    """To no other path there either, which could be another's; and the browser is sent nowhere."""
    with FaultServer(redirects("/evil?token=1", code)) as cluster:
        house = houses.build(None, cluster)
        for path in ("/c/harbour/shop/secrets", "/c/harbour/shop/secrets/web", "/c/harbour/"):
            page = house.browser("dana").get(path)
            assert "evil" not in page.get("Location", "")
            assert "Refresh" not in page
        quiet()
        assert cluster.requests
        assert [one.target for one in cluster.requests if "evil" in one.target] == []


async def test_no_stream_follows(transactional_db: None, elsewhere: Watched) -> None:
    """Of every live page: its list, its watch, its object."""
    with leads_to(elsewhere.url, 307, has_discovery=True) as cluster, elsewhere.watched() as seen:
        house = await database_sync_to_async(houses.build)(None, cluster)
        for path in socket_paths():
            for page in (*LIVE, "/"):
                await answer(knock(path, session=house.sessions["dana"], page=page))
        quiet()
        assert "/api/v1/namespaces/shop/secrets" in {one.target.partition("?")[0] for one in cluster.requests}
    assert seen.is_nothing, seen


def test_a_proxy_is_told_no_credential_and_not_followed(db: None, elsewhere: Watched) -> None:
    """The administrator's HTTP proxy answers CONNECT with a redirect."""
    with FaultServer(redirects(elsewhere.url, 302), tls=False) as proxy, elsewhere.watched() as seen:
        house = houses.build(None, None)
        Cluster.objects.update(server="https://10.0.0.1:6443", proxy_url=f"http://127.0.0.1:{proxy.port}")
        visit_everything(house, "dana")
        quiet()
        assert proxy.requests
        for one in proxy.requests:
            assert one.method == "CONNECT"
            assert "authorization" not in one.headers
            assert "token-of" not in repr(one)
    assert seen.is_nothing, seen
