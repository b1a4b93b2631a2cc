"""Redirects: a redirect of an API server is not followed, and no credential goes along (class 8)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from channels.db import database_sync_to_async

from tests.attacks.installation import build_installation, move_clusters
from tests.attacks.recorder import RecordingServer
from tests.attacks.sockets import handshake, knock, list_socket_paths
from tests.attacks.test_class_07_ssrf import build_form, visit_everything
from tests.cleanup import stop_background_work
from tests.clusters.api.faults import FaultServer, Wire, respond_redirect, respond_with, wait_until

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
def redirect_target() -> Iterator[RecordingServer]:
    """The host that the cluster names; it would be trusted, and would answer."""
    with RecordingServer(respond_with(200)) as server:
        yield server


def build_redirecting_server(where: str, code: int, *, has_discovery: bool) -> FaultServer:
    """A cluster that leads elsewhere: at once, or only once lists, watches and objects are requested."""

    def behaviour(wire: Wire) -> None:
        known = DISCOVERY.get(wire.request.target) if has_discovery else None
        if known is not None:
            wire.respond(200, json.dumps(known).encode())
        else:
            respond_redirect(f"{where}{wire.request.target}", code)(wire)

    return FaultServer(behaviour)


def list_paths(cluster: FaultServer) -> set[str]:
    return {one.target.partition("?")[0] for one in list(cluster.requests)}


@pytest.mark.parametrize(
    ("code", "has_discovery"), [(301, True), (302, False), (303, True), (307, False), (308, True)]
)
def test_no_page_follows(db: None, redirect_target: RecordingServer, code: int, has_discovery: bool) -> None:
    with (
        build_redirecting_server(redirect_target.url, code, has_discovery=has_discovery) as cluster,
        redirect_target.record() as seen,
    ):
        installation = build_installation(None, cluster)
        visit_everything(installation, "dana")
        installation.browser("ada").post("/clusters/add/", build_form(cluster.url, ca=cluster.ca))
        if has_discovery:  # by a feed, which need not have come to it while the page was made
            wait_until(lambda: "/api/v1/namespaces/shop/secrets" in list_paths(cluster))
        stop_background_work()
        requested = list_paths(cluster)
    assert "/apis/authentication.k8s.io/v1/selfsubjectreviews" in requested, "a credential was tried"
    assert "/version" in requested, "a new cluster was tried"
    assert seen.is_empty, seen


@pytest.mark.parametrize("code", CODES)
def test_no_page_follows_on_the_same_host_or_hands_the_redirect_on(db: None, code: int) -> None:
    """To no other path there either, which could be another's; and the browser is sent nowhere."""
    with FaultServer(respond_redirect("/evil?token=1", code)) as cluster:
        installation = build_installation(None, cluster)
        for path in ("/c/harbour/shop/secrets", "/c/harbour/shop/secrets/web", "/c/harbour/"):
            page = installation.browser("dana").get(path)
            assert "evil" not in page.get("Location", "")
            assert "Refresh" not in page
        stop_background_work()
        assert cluster.requests
        assert [one.target for one in cluster.requests if "evil" in one.target] == []


async def test_no_stream_follows(transactional_db: None, redirect_target: RecordingServer) -> None:
    """Of every live page: its list, its watch, its object."""
    with (
        build_redirecting_server(redirect_target.url, 307, has_discovery=True) as cluster,
        redirect_target.record() as seen,
    ):
        installation = await database_sync_to_async(build_installation)(None, cluster)
        for path in list_socket_paths():
            for page in (*LIVE, "/"):
                await handshake(knock(path, session=installation.sessions["dana"], page=page))
        stop_background_work()
        assert "/api/v1/namespaces/shop/secrets" in {one.target.partition("?")[0] for one in cluster.requests}
    assert seen.is_empty, seen


def test_a_proxy_gets_no_credential_and_is_not_followed(db: None, redirect_target: RecordingServer) -> None:
    """The administrator's HTTP proxy answers CONNECT with a redirect."""
    with (
        FaultServer(respond_redirect(redirect_target.url, 302), tls=False) as proxy,
        redirect_target.record() as seen,
    ):
        installation = build_installation(None, None)
        move_clusters(server="https://10.0.0.1:6443", proxy_url=f"http://127.0.0.1:{proxy.port}")
        visit_everything(installation, "dana")
        stop_background_work()
        assert proxy.requests
        for one in proxy.requests:
            assert one.method == "CONNECT"
            assert "authorization" not in one.headers
            assert "token-of" not in repr(one)
    assert seen.is_empty, seen
