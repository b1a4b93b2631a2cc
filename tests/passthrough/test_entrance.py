"""Who is let in, and what of a request reaches a cluster: against an upstream that records every byte."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.attacks.recorder import RecordingServer
from tests.clusters.api.faults import Request, Wire
from tests.dashboard_server import DashboardServer, wait_for
from tests.passthrough.conftest import Passage, Passages

CREDENTIAL = "upstream-credential-of-{}"
POD = "/api/v1/namespaces/shop/pods/one"
# Every way that is known to write, to run or to reach into something.
WRITES = [
    ("POST", "/api/v1/namespaces/shop/pods"),
    ("POST", "/api/v1/namespaces/shop/pods?dryRun=All"),
    ("PUT", POD),
    ("PATCH", POD),
    ("DELETE", POD),
    ("DELETE", "/api/v1/namespaces/shop/pods"),
    ("GET", f"{POD}/exec?command=sh"),
    ("POST", f"{POD}/exec?command=sh"),
    ("GET", f"{POD}/attach"),
    ("GET", f"{POD}/portforward"),
    ("GET", f"{POD}/proxy/"),
    ("GET", f"{POD}/proxy/metrics"),
    ("GET", "/api/v1/namespaces/shop/services/web:80/proxy/"),
    ("GET", "/api/v1/nodes/n/proxy/run"),
    ("GET", "/api/v1/proxy/namespaces/shop/pods/one"),
    ("POST", f"{POD}/eviction"),
    ("POST", f"{POD}/binding"),
    ("PATCH", f"{POD}/ephemeralcontainers"),
    ("GET", f"{POD}/ephemeralcontainers"),
    ("PATCH", f"{POD}/resize"),
    ("POST", "/api/v1/namespaces/shop/serviceaccounts/default/token"),
    ("PUT", "/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval"),
    ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web/scale"),
    ("GET", "/apis/example.com/v1/namespaces/shop/things/x/unknown"),
    ("GET", f"{POD}/log/log"),
    ("GET", "/logs/kube-apiserver.log"),
    ("GET", "/debug/pprof/heap"),
    ("GET", "/unknown"),
    ("POST", "/version"),
    ("OPTIONS", POD),
]
READS = [
    "/version",
    "/api",
    "/apis/apps/v1",
    "/openapi/v3/apis/apps/v1?hash=A",
    "/readyz?verbose",
    "/api/v1/namespaces/shop/pods",
    f"{POD}/status",
    f"{POD}/log?tailLines=1",
    "/apis/apps/v1/namespaces/shop/deployments/web/scale",
    "/api/v1/watch/namespaces/shop/pods",
]
SECRETS = [
    "/api/v1/secrets",
    "/api/v1/namespaces/shop/secrets",
    "/api/v1/namespaces/shop/secrets/one",
    "/api/v1/watch/namespaces/shop/secrets",
    "/api/v1/namespaces/shop/secrets?watch=1",
]


@dataclass(frozen=True)
class Upstream:
    server: RecordingServer
    passages: Passages

    def open(self, name: str, **scope: Any) -> Passage:
        return self.passages.open(name, "recorder", **scope)


def answer(wire: Wire) -> None:
    """As an API server where it must, and otherwise with an empty object and headers that must not come through."""
    target = wire.request.target
    if "selfsubjectaccessreviews" in target:
        spec = json.loads(wire.request.body)["spec"]
        wire.respond(201, json.dumps({"spec": spec, "status": {"allowed": True}}).encode())
        return
    if "selfsubjectreviews" in target:
        status = {"userInfo": {"username": "somebody", "groups": ["system:authenticated"]}}
        wire.respond(201, json.dumps({"status": status}).encode())
        return
    wire.respond(
        200, b"{}", "application/json",
        "Set-Cookie: a=b", "Access-Control-Allow-Origin: *", "Strict-Transport-Security: max-age=1",
        "Warning: 299 - deprecated", "Audit-Id: 1234", "Content-Security-Policy: default-src *",
    )  # fmt: skip


@pytest.fixture(scope="module")
def upstream(dashboard_server: DashboardServer, passages: Passages) -> Iterator[Upstream]:
    with RecordingServer(answer) as server:
        dashboard_server.run_command("cluster", slug="recorder", server=server.url, ca=server.ca)
        for name in ("ada", "dana", "rita", "aude"):
            keys = {"token": CREDENTIAL.format(name)}
            dashboard_server.run_command("credential", name=name, slug="recorder", keys=keys)
        yield Upstream(server, passages)


def own_requests(found: list[Request]) -> list[Request]:
    """Without access reviews, which open requests set off."""
    return [one for one in found if "selfsubject" not in one.target]


def assert_status(response: requests.Response, code: int) -> dict[str, Any]:
    """A metav1.Status with this code."""
    assert response.status_code == code, response.text
    status: dict[str, Any] = response.json()
    assert (status["kind"], status["apiVersion"], status["code"]) == ("Status", "v1", code)
    return status


def test_nobody_gets_in_without_a_token(upstream: Upstream, dashboard_server: DashboardServer) -> None:
    passage = upstream.open("dana")
    url = f"{passage.url}/api/v1/pods"
    signed_in = dashboard_server.client("dana")
    wrong = passage.secret[:-1] + ("A" if passage.secret[-1] != "A" else "B")
    with upstream.server.record() as seen:
        for headers in (
            {},
            {"Authorization": "Bearer "},
            {"Authorization": "Bearer nothing"},
            {"Authorization": f"Bearer {wrong}"},
            {"Authorization": f"Basic {base64.b64encode(passage.secret.encode()).decode()}"},
            {"Authorization": f"Bearer {passage.secret}x"},
            {"Cookie": f"quarterdeck-session={dashboard_server.session('dana')}"},
        ):
            response = requests.get(url, headers=headers, timeout=10)
            assert assert_status(response, 401)["reason"] == "Unauthorized"
        assert_status(signed_in.get(url, timeout=10), 401)
        assert_status(signed_in.post(url, json={}, timeout=10), 401)
    assert seen.is_empty, str(seen)


def test_a_request_carries_the_credential_of_its_person_and_nothing_that_says_otherwise(
    upstream: Upstream,
) -> None:
    passage = upstream.open("dana")
    headers = {
        "Cookie": "quarterdeck-session=x",
        "X-Forwarded-For": "10.0.0.1",
        "X-Remote-User": "admin",
        "X-Remote-Group": "system:masters",
        "Forwarded": "for=10.0.0.1",
        "Origin": "https://evil.example",
        "Via": "1.1 evil",
        "Connection": "Authorization, X-Custom, Impersonate-User",
        "X-Custom": "named by Connection",
        "X-Kept": "kept",
        "User-Agent": "kubectl/v1.36",
    }
    with upstream.server.record() as seen:
        response = passage.request(
            "GET", "/api/v1/namespaces/shop/pods?labelSelector=a%3Db+c&x=%2F", headers=headers
        )
    assert response.status_code == 200
    (found,) = own_requests(seen.requests)
    assert found.target == "/api/v1/namespaces/shop/pods?labelSelector=a%3Db+c&x=%2F"
    assert found.headers["authorization"] == f"Bearer {CREDENTIAL.format('dana')}"
    assert found.headers["x-kept"] == "kept"
    assert found.headers["user-agent"] == "kubectl/v1.36"
    assert passage.secret not in "\n".join(found.lines)
    for name in (
        "cookie",
        "x-forwarded-for",
        "x-remote-user",
        "x-remote-group",
        "forwarded",
        "origin",
        "via",
        "x-custom",
    ):
        assert name not in found.headers
    for name in ("Set-Cookie", "Access-Control-Allow-Origin", "Strict-Transport-Security"):
        assert name not in response.headers
    assert response.headers["Warning"] == "299 - deprecated"
    assert response.headers["Audit-Id"] == "1234"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


# rita is a viewer of the team, aude an auditor; dana is an editor with a token that only reads.
@pytest.mark.parametrize("name", ["rita", "aude", "dana"])
def test_who_only_reads_cannot_write_in_any_way(upstream: Upstream, name: str) -> None:
    passage = upstream.open(name, read_only=name == "dana")
    with upstream.server.record() as seen:
        for method, path in WRITES:
            response = passage.request(method, path, data=b"{}" if method != "GET" else None)
            status = assert_status(response, 403)
            assert "forbidden: Quarterdeck:" in status["message"], (method, path)
    assert seen.is_empty, str(seen)
    with upstream.server.record() as seen:
        for path in READS:
            assert passage.request("GET", path).status_code == 200, path
        review = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        assert passage.request("POST", path, json=review).status_code == 201
    assert len(own_requests(seen.requests)) == len(READS)


@pytest.mark.parametrize("name", ["rita", "aude"])
def test_viewers_read_no_secret(upstream: Upstream, name: str) -> None:
    passage = upstream.open(name)
    with upstream.server.record() as seen:
        for path in SECRETS:
            assert_status(passage.request("GET", path), 403)
    assert seen.is_empty, str(seen)
    assert upstream.open("dana", read_only=True).request("GET", SECRETS[0]).status_code == 200


def test_an_unrestricted_editor_does_everything(upstream: Upstream) -> None:
    passage = upstream.open("dana")
    with upstream.server.record() as seen:
        for method, path in WRITES:
            response = passage.request(method, path, data=b"{}" if method != "GET" else None)
            assert response.status_code == 200, (method, path, response.text)
    assert [f"{one.method} {one.target}" for one in own_requests(seen.requests)] == [
        f"{method} {path}" for method, path in WRITES
    ]


def test_a_token_for_some_namespaces_stays_in_them(upstream: Upstream) -> None:
    passage = upstream.open("ada", namespaces=["shop"])
    refused = [
        ("GET", "/api/v1/pods"),
        ("GET", "/api/v1/namespaces/pay/pods"),
        ("GET", "/api/v1/namespaces/pay"),
        ("GET", "/api/v1/namespaces"),
        ("GET", "/api/v1/nodes"),
        ("DELETE", "/api/v1/namespaces/shop"),
        ("POST", "/api/v1/namespaces"),
        ("GET", "/api/v1/namespaces/pay/pods?fieldSelector=metadata.namespace=shop"),
        ("PUT", "/api/v1/namespaces/shop/finalize"),
    ]
    with upstream.server.record() as seen:
        for method, path in refused:
            assert_status(passage.request(method, path), 403)
        # and whoever could be somebody else in them would not stay
        assert_status(
            passage.request("GET", "/api/v1/namespaces/shop/pods", headers={"Impersonate-User": "x"}), 403
        )
    assert not own_requests(seen.requests), str(seen)
    for method, path in (("GET", POD), ("DELETE", POD), ("GET", "/api/v1/namespaces/shop"), ("GET", "/apis")):
        assert passage.request(method, path).status_code == 200, path


BAD_PATHS = [
    "/api/v1/namespaces/shop%2fsecrets",
    "/api/v1/namespaces/shop/pods/../secrets",
    "/api/v1/namespaces/shop/pods/%2e%2e/secrets",
    "/api/v1/namespaces/shop/pods/%252e%252e/secrets",
    "/api/v1//secrets",
    "//api/v1/secrets",
    "/api/v1/namespaces/shop/pods/a%5cb",
    "/api/v1/namespaces/shop/pods/a\\b",
    "/api/v1/namespaces/shop/pods/a%00b",
    "/api/v1/namespaces/shop/pods/a%0d%0aHost:x",
    "/api/v1/namespaces/shop/pods/%zz",
    "/api/v1/namespaces/shop/pods/%ff",
    "/api/v1/nodes/n/proxy/..%2f..%2fapi",
]


def test_a_path_that_two_could_read_differently_is_refused(
    upstream: Upstream, dashboard_server: DashboardServer
) -> None:
    passage = upstream.open("ada")
    with upstream.server.record() as seen:
        for path in BAD_PATHS:
            answered = send_raw(dashboard_server.port, "GET", f"/k8s/clusters/recorder{path}", passage.secret)
            assert answered.startswith(b"HTTP/1.1 400 "), (path, answered[:200])
            assert b'"kind": "Status"' in answered
        for target in ("/k8s/clusters/%2e%2e/api", "/k8s/clusters//api", "/k8s/clusters/RECORDER/api"):
            assert send_raw(dashboard_server.port, "GET", target, passage.secret).startswith(b"HTTP/1.1 400 ")
    assert seen.is_empty, str(seen)


def send_raw(port: int, method: str, target: str, secret: str, *lines: str, body: bytes = b"") -> bytes:
    """The first bytes of the answer to a request written by hand."""
    head = [
        f"{method} {target} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {secret}",
        "Connection: close",
        *lines,
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall("\r\n".join([*head, "", ""]).encode("latin1") + body)
        answered = b""
        while part := wire.recv(65536):
            answered += part
    return answered


def test_other_methods_hosts_and_doubled_identities_are_refused(
    upstream: Upstream, dashboard_server: DashboardServer
) -> None:
    passage, port, path = upstream.open("ada"), dashboard_server.port, "/k8s/clusters/recorder/version"
    with upstream.server.record() as seen:
        assert b" 405 " in send_raw(port, "TRACE", path, passage.secret)[:15]
        second = f"Authorization: Bearer {upstream.open('rita').secret}"
        assert b" 401 " in send_raw(port, "GET", path, passage.secret, second)[:15]
        encoded = base64.urlsafe_b64encode(passage.secret.encode()).decode().rstrip("=")
        protocol = f"Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.{encoded}"
        assert b" 401 " in send_raw(port, "GET", path, passage.secret, protocol)[:15]
        assert_status(passage.request("GET", "/version", headers={"Host": "evil.example"}), 400)
    assert seen.is_empty, str(seen)


def test_impersonation_is_refused_unless_the_credential_may(upstream: Upstream) -> None:
    for name, scope in (("rita", {}), ("aude", {}), ("dana", {"read_only": True})):
        with upstream.server.record() as seen:
            for header in (
                "Impersonate-User",
                "impersonate-group",
                "Impersonate-Extra-Scopes",
                "Impersonate-Uid",
            ):
                headers = {header: "system:admin"}
                assert_status(upstream.open(name, **scope).request("GET", "/version", headers=headers), 403)
        assert not own_requests(seen.requests)
    # ada's credential may, as the recorder says to every review
    headers = {"Impersonate-User": "jo", "Impersonate-Group": "devs", "Impersonate-Extra-scopes": "a"}
    with upstream.server.record() as seen:
        assert upstream.open("ada").request("GET", "/api/v1/pods", headers=headers).status_code == 200
    (found,) = own_requests(seen.requests)
    assert found.headers["impersonate-user"] == "jo"
    assert found.headers["authorization"] == f"Bearer {CREDENTIAL.format('ada')}"
    reviewed = [
        json.loads(one.body)["spec"]["resourceAttributes"] for one in seen.requests if "review" in one.target
    ]
    assert {one["resource"] for one in reviewed} == {"users", "groups", "userextras"}


def test_a_token_is_for_its_clusters_its_person_and_its_time(
    upstream: Upstream, dashboard_server: DashboardServer
) -> None:
    harbour_only = upstream.passages.open("ada", "harbour")
    headers = {"Authorization": f"Bearer {harbour_only.secret}"}
    for slug in ("recorder", "nowhere"):
        url = f"{dashboard_server.url}/k8s/clusters/{slug}/version"
        assert_status(requests.get(url, headers=headers, timeout=10), 403)
    with upstream.server.record() as seen:
        assert_status(upstream.open("stan").request("GET", "/version"), 404)  # in no team
        assert_status(upstream.open("ada", lifetime=-1).request("GET", "/version"), 401)
        revoked = upstream.open("ada")
        assert dashboard_server.run_command("revoke_token", pk=revoked.pk) is True
        assert_status(revoked.request("GET", "/version"), 401)
        assert_status(upstream.open("rene").request("GET", "/version"), 403)  # has no credential here
    assert seen.is_empty, str(seen)


def test_a_cluster_that_is_away_is_a_status(dashboard_server: DashboardServer, passages: Passages) -> None:
    with RecordingServer(answer) as server:
        dashboard_server.run_command("cluster", slug="gone", server=server.url, ca=server.ca)
        dashboard_server.run_command("credential", name="ada", slug="gone", keys={"token": "x-of-ada"})
    status = assert_status(passages.open("ada", "gone").request("GET", "/version"), 503)
    assert "could not be reached" in status["message"]


def test_writes_and_denials_are_in_the_audit_trail(
    upstream: Upstream, dashboard_server: DashboardServer
) -> None:
    passage = upstream.open("dana")
    body = {"metadata": {"name": "made-through"}}
    assert passage.request("POST", "/api/v1/namespaces/shop/configmaps", json=body).status_code == 200
    assert_status(
        upstream.open("rita").request("DELETE", "/api/v1/namespaces/shop/configmaps/kept-from-rita"), 403
    )
    client = dashboard_server.client("ada")

    def rows(name: str) -> list[dict[str, Any]]:
        exported = client.get(
            f"{dashboard_server.url}/people/audit/export/trail.jsonl?name={name}", timeout=20
        )
        return [json.loads(line) for line in exported.text.splitlines()]

    made = wait_for(lambda: [one for one in rows("made-through") if one.get("name") == "made-through"])
    assert made[0]["verb"] == "create"
    assert made[0]["token"].startswith("of a test (qdk_")
    denied = wait_for(lambda: [one for one in rows("kept-from-rita") if one.get("name") == "kept-from-rita"])
    assert denied[0]["result"] == "denied"
    assert denied[0]["person"] == "rita"
